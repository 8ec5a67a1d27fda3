/** The report of an analysis: one HTML file with everything in it, for the screen and for paper. Nothing is fetched, no script runs. */
import { KINDS } from '../understand/detect/kinds.ts';
import { plain } from '../understand/detect/process/explain.ts';
import { type Analysis, type AnalyzedFile, listed } from './analyze.ts';
import type { AnalyzedEpisode } from './analyze-episodes.ts';
import { spanText } from './analyze-text.ts';
import { overviewSvg, trendSvg } from './analyze-trend.ts';
import { type Html, html, tableOf } from './report/html.ts';

/** Episodes drawn one by one; the table lists more. */
const DRAWN_MAX = 40;
const ROWS_MAX = 500;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2329; --paper: #fff; --faint: #66717d; --rule: #d6dbe0; --alarm: #b3460f; --fill: #f3f5f7; --line: #1f5f99; --band: #cfe3d4; --second: #8a6d1f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7eb; --paper: #14181c; --faint: #98a3ae; --rule: #343c44; --alarm: #f0915a; --fill: #1e242a; --line: #7db7ea; --band: #1f3a28; --second: #d8bb66; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin: 1.6rem 0 0.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.6rem 0.25rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; } .right { text-align: right; } .note { color: var(--faint); font-size: 0.87rem; }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; } svg text { fill: var(--faint); } svg .frame { fill: var(--fill); }
svg .band { fill: var(--band); } svg .alarm { fill: var(--alarm); opacity: 0.18; } svg .line { fill: none; stroke: var(--line); stroke-width: 1.5; }
svg .second { fill: none; stroke: var(--second); stroke-width: 1; stroke-dasharray: 4 2; } svg .limit { stroke: var(--alarm); stroke-dasharray: 3 3; }
figure { margin: 0.4rem 0 0; } figcaption { color: var(--faint); font-size: 0.82rem; }
@media print { body { max-width: none; } h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } }`;

export function analyzeReport(analysis: Analysis): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Firedoor: process analysis</title><style>${raw(STYLE)}</style></head><body>
<h1>What the process data shows</h1>
${summary(analysis)}
<h2>What stands behind it</h2>
<p>${analysis.promise.sentence}</p>
<ul>${analysis.remarks.map((remark) => html`<li>${remark}</li>`)}</ul>
${analysis.files.map((file) => fileSection(analysis, file))}
<h2>Tags</h2>
${tags(analysis)}
</body></html>
`;
  return page.text;
}

function raw(css: string): Html {
  // Our own constant: nothing from outside is in it.
  return Object.assign(html``, { text: css });
}

function summary(analysis: Analysis): Html {
  const rows = analysis.files.map((file) => [
    file.table.file,
    file.table.rows - file.judgedFrom,
    file.episodes.length,
    spanText(
      analysis,
      file.verdicts.alarm.reduce((sum, alarm) => sum + alarm, 0),
    ),
    file.table.problems
      .map(({ kind, count, firstOffset }) => `${count} × ${kind} (first line ${firstOffset})`)
      .join('; '),
  ]);
  return tableOf(['File', 'Rows judged', 'Episodes', 'In alarm', 'Problems of the data'], rows, [1, 2]);
}

function fileSection(analysis: Analysis, file: AnalyzedFile): Html {
  const { table, verdicts, episodes, judgedFrom } = file;
  const drawn = episodes.slice(0, DRAWN_MAX);
  return html`<h2>${table.file}</h2>
<figure>${overviewSvg(verdicts, judgedFrom, labels(file))}<figcaption>Score over time; 1 is the limit. Shaded: in alarm.</figcaption></figure>
${episodes.length === 0 ? html`<p>No deviation from normal was found.</p>` : episodeTable(analysis, file)}
${drawn.map((episode, index) => episodeSection(analysis, file, episode, index + 1))}
${episodes.length > DRAWN_MAX ? html`<p class="note">${episodes.length - DRAWN_MAX} later episodes are not drawn.</p>` : html``}`;
}

/** First and last time of a file. */
function labels(file: AnalyzedFile): readonly [string, string] {
  const { inputTimes, inputRows } = file.table;
  return [inputTimes[0] ?? '', inputTimes[inputRows - 1] ?? ''];
}

/** Time of a row as the file writes it. */
function timeOf(file: AnalyzedFile, row: number): string {
  const { table } = file;
  const input = table.layout === 'wide' ? row : table.rowOf.indexOf(row);
  return table.inputTimes[input] ?? String(row);
}

function episodeTable(analysis: Analysis, file: AnalyzedFile): Html {
  const rows = file.episodes
    .slice(0, ROWS_MAX)
    .map((episode, index) => [
      index + 1,
      timeOf(file, episode.from),
      spanText(analysis, episode.to - episode.from + 1),
      KINDS[episode.kind].title,
      episode.tags[0] ?? '',
      Number(episode.score.toFixed(2)),
    ]);
  return tableOf(['', 'From', 'For', 'What', 'Tag', 'Score'], rows, [0, 5]);
}

function episodeSection(analysis: Analysis, file: AnalyzedFile, episode: AnalyzedEpisode, number: number): Html {
  const { finding } = episode;
  const beside = episode.tags.slice(1);
  return html`<h3>${number}. ${finding.sentence}</h3>
<p>From ${timeOf(file, episode.from)} to ${timeOf(file, episode.to)} (${spanText(analysis, episode.to - episode.from + 1)}).
${finding.expected === '' ? '' : `Expected: ${finding.expected}. `}${finding.seen === '' ? '' : `Seen: ${finding.seen}. `}${beside.length === 0 ? '' : `Also out of line: ${listed(beside)}.`}</p>
${trends(analysis, file, episode)}`;
}

function trends(analysis: Analysis, file: AnalyzedFile, episode: AnalyzedEpisode): Html {
  const [first, second] = episode.tags;
  if (first === undefined) return html``;
  const tag = analysis.learned.names.indexOf(first);
  const band = analysis.learned.watch.range.expected(tag, 0);
  return html`<figure>${trendSvg(file.table, file.verdicts.alarm, episode, first, second, band, (row) => timeOf(file, row))}
<figcaption>${first}, with the range of normal shaded${second === undefined ? '' : `; dashed: ${second}, on its own scale`}.</figcaption></figure>`;
}

function tags(analysis: Analysis): Html {
  const { watch, names } = analysis.learned;
  const { profiles } = watch;
  const rows = names
    .slice(0, ROWS_MAX)
    .map((name, tag) => [
      name,
      profiles.shape(tag),
      plain(profiles.get('low', tag)),
      plain(profiles.get('high', tag)),
      plain(profiles.get('mean', tag)),
      profiles.step(tag) === 0 ? '' : plain(profiles.step(tag)),
      profiles.get('bad', tag),
    ]);
  return tableOf(['Tag', 'In normal', 'Low', 'High', 'Mean', 'Step', 'Missing'], rows, [2, 3, 4, 5, 6]);
}
