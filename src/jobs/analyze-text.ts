/** An analysis as text for people and as plain data for programs. */
import { durationText } from '../base/duration.ts';
import type { Analysis, AnalyzedFile } from './analyze.ts';

/** Episodes listed in text; all are in the report and in JSON. */
const LISTED = 40;

/** Seconds or rows of an episode. */
export function spanText(analysis: Analysis, rows: number): string {
  return Number.isFinite(analysis.rowSeconds) && analysis.rowSeconds > 0
    ? durationText(rows * analysis.rowSeconds)
    : `${rows} rows`;
}

export function analyzeText(analysis: Analysis): string {
  const lines: string[] = [];
  for (const remark of analysis.remarks) lines.push(remark);
  lines.push(analysis.promise.sentence, '');
  for (const file of analysis.files) lines.push(...fileLines(analysis, file), '');
  return `${lines.join('\n').trimEnd()}\n`;
}

function fileLines(analysis: Analysis, file: AnalyzedFile): string[] {
  const { table, episodes, verdicts, judgedFrom } = file;
  const alarms = verdicts.alarm.reduce((sum, alarm) => sum + alarm, 0);
  const lines = [
    `${table.file}: ${table.rows - judgedFrom} rows judged, ${episodes.length} episode${episodes.length === 1 ? '' : 's'}, ${alarms} rows in alarm`,
  ];
  for (const { kind, count, firstOffset } of table.problems)
    lines.push(`  ${count} × ${kind}, first in line ${firstOffset}`);
  for (const episode of episodes.slice(0, LISTED)) {
    const time = table.inputTimes[table.rowOf.indexOf(episode.from)] ?? String(episode.from);
    const rows = episode.to - episode.from + 1;
    lines.push(
      `  ${time.padEnd(20)} ${spanText(analysis, rows).padEnd(10)} ${episode.kind.padEnd(12)} ${episode.finding.sentence}`,
    );
  }
  if (episodes.length > LISTED) lines.push(`  … and ${episodes.length - LISTED} more`);
  return lines;
}

/** The JSON document of `firedoor analyze --json`. */
export function analyzeJson(analysis: Analysis): unknown {
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const { promise, learned } = analysis;
  return {
    normal: {
      files: analysis.normals.map(({ file }) => file),
      rows: analysis.normalRows,
      rowSeconds: finite(analysis.rowSeconds),
      tags: learned.names,
      jointTags: learned.watch.joint?.model.outputs.length ?? 0,
    },
    promise: {
      sentence: promise.sentence,
      rowsPerFalseAlarm: promise.rowsPerFalseAlarm,
      promisedPerWeek: finite(promise.promisedPerWeek),
      provablePerWeek: finite(promise.provablePerWeek),
      observed: promise.observed,
      heldBackRows: promise.heldBackRows,
      observedPerWeek: { low: finite(promise.observedPerWeek.low), high: finite(promise.observedPerWeek.high) },
    },
    remarks: analysis.remarks,
    files: analysis.files.map((file) => ({
      file: file.table.file,
      layout: file.table.layout,
      rows: file.table.rows,
      inputRows: file.table.inputRows,
      judgedFrom: file.judgedFrom,
      rowsInAlarm: file.verdicts.alarm.reduce((sum, alarm) => sum + alarm, 0),
      problems: file.table.problems,
      episodes: file.episodes.map(({ from, to, fromUs, toUs, score, kind, tags, finding }) => ({
        fromRow: from,
        toRow: to,
        ...(file.table.timed
          ? { from: new Date(fromUs / 1000).toISOString(), to: new Date(toUs / 1000).toISOString() }
          : {}),
        score: Number(score.toFixed(3)),
        kind,
        tags,
        sentence: finding.sentence,
        expected: finding.expected,
        seen: finding.seen,
        numbers: finding.numbers,
      })),
    })),
  };
}
