/**
 * `npm run conformance -- FOLDER [--only KEY] [--capture TEXT] [--json] [--verbose]`: compares Firedoor with the truth files of a
 * corpus folder. A difference stands in a small reviewed list with its reason, or it is a mistake.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCaptureFile } from '../../src/sense/capture/reader.ts';
import type { MessageView } from '../../src/sense/protocols/message-view.ts';
import { Sensor } from '../../src/understand/observe/sensor.ts';
import { compareFacts, countFacts, type Difference, type Tally } from './compare.ts';
import type { FactCollector } from './facts/collector.ts';
import { COLLECTORS } from './facts/index.ts';
import { canonicalConversation, captureFacts, conversationFacts, hostFacts, linkFacts } from './facts/net.ts';

interface Truth {
  readonly [key: string]: unknown;
  readonly capture: Record<string, unknown>;
  readonly hosts: Record<string, unknown>;
  readonly conversations: { readonly list: Parameters<typeof canonicalConversation>[0][] };
  readonly ot?: Record<string, unknown>;
  readonly it?: Record<string, unknown>;
}

interface Reviewed {
  /** Text contained in the capture's path; empty for all. */
  readonly capture: string;
  /** Beginning of the fact's path. */
  readonly fact: string;
  /** Who is right, why, and the clause. */
  readonly reason: string;
}

export interface ConformanceResult {
  agreed: number;
  differs: number;
  unsupported: number;
  captures: number;
  failed: number;
  byProtocol: Record<string, Tally>;
  differences: Difference[];
  failures: { capture: string; error: string }[];
}

export interface ConformanceOptions {
  readonly only?: string;
  readonly capture?: string;
}

const REVIEWED_FOLDER = join(import.meta.dirname, 'reviewed');

/** Runs every capture of `folder` and compares. Throws only where the folder is no corpus. */
export function runConformance(folder: string, options: ConformanceOptions = {}): ConformanceResult {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
    files: { path: string; truth_path: string }[];
  };
  const result: ConformanceResult = {
    agreed: 0,
    differs: 0,
    unsupported: 0,
    captures: 0,
    failed: 0,
    byProtocol: {},
    differences: [],
    failures: [],
  };
  for (const file of manifest.files) {
    if (options.capture !== undefined && !file.path.includes(options.capture)) continue;
    const truth = JSON.parse(readFileSync(join(folder, file.truth_path), 'utf8')) as Truth;
    if (options.only !== undefined && !(options.only in (truth.ot ?? {})) && !(options.only in truth)) continue;
    result.captures++;
    try {
      runCapture(join(folder, file.path), file.path, truth, options, result);
    } catch (error) {
      result.failed++;
      result.failures.push({ capture: file.path, error: error instanceof Error ? (error.stack ?? '') : String(error) });
    }
  }
  for (const tally of Object.values(result.byProtocol)) {
    result.agreed += tally.agreed;
    result.differs += tally.differs;
    result.unsupported += tally.unsupported;
  }
  explain(result.differences);
  return result;
}

function runCapture(
  path: string,
  name: string,
  truth: Truth,
  options: ConformanceOptions,
  result: ConformanceResult,
): void {
  const collectors = new Map<string, FactCollector>();
  const byProtocol = new Map<string, FactCollector[]>();
  const seen = new Map<FactCollector, number>();
  for (const [key, make] of Object.entries(COLLECTORS)) {
    const collector = make();
    collectors.set(key, collector);
    for (const protocol of collector.protocols) {
      byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), collector]);
    }
  }
  const sensor = new Sensor({
    message(view: MessageView) {
      for (const collector of byProtocol.get(view.protocol!.name) ?? []) {
        collector.message(view, sensor.ends(view.conversation));
        seen.set(collector, (seen.get(collector) ?? 0) + 1);
      }
    },
    part(view: MessageView) {
      for (const collector of byProtocol.get(view.protocol!.name) ?? []) {
        collector.part?.(view, sensor.ends(view.conversation));
      }
    },
  });
  let firstUs = Number.POSITIVE_INFINITY;
  let lastUs = Number.NEGATIVE_INFINITY;
  const summary = readCaptureFile(path, {
    frame(bytes, offset, captured, original, timeUs, linkType) {
      if (timeUs < firstUs) firstUs = timeUs;
      if (timeUs > lastUs) lastUs = timeUs;
      sensor.frame(bytes, offset, captured, original, timeUs, linkType);
    },
  });
  sensor.finish();
  const compare = (key: string, fact: string, expected: unknown, mine: unknown) => {
    if (options.only !== undefined && options.only !== key) return;
    result.byProtocol[key] ??= { agreed: 0, differs: 0, unsupported: 0 };
    result.differences.push(...compareFacts(name, fact, expected, mine, result.byProtocol[key]));
  };
  compare('capture', 'capture', truth.capture, captureFacts(summary, lastUs - firstUs));
  compare('hosts', 'hosts', truth.hosts, hostFacts(sensor));
  const conversations = { ...truth.conversations, list: truth.conversations.list.map(canonicalConversation) };
  compare('conversations', 'conversations', conversations, conversationFacts(sensor));
  const link = linkFacts(sensor);
  for (const key of Object.keys(link)) compare('link', key, truth[key], link[key]);
  for (const [key, expected] of Object.entries(truth.ot ?? {})) {
    const collector = collectors.get(key);
    if (collector === undefined) unsupported(key, expected, options, result);
    else compare(key, `ot.${key}`, expected, collector.facts());
  }
  for (const [key, expected] of Object.entries(truth.it ?? {})) {
    const collector = collectors.get(`it.${key}`);
    if (collector === undefined) unsupported(`it.${key}`, expected, options, result);
    else compare(`it.${key}`, `it.${key}`, expected, collector.facts());
  }
  // Messages of a protocol the truth does not see at all: claimed wrongly, or the truth is blind. Either way it is said.
  for (const [key, collector] of collectors) {
    const count = seen.get(collector) ?? 0;
    if (count === 0 || key in (truth.ot ?? {}) || key.startsWith('it.')) continue;
    if (options.only !== undefined && options.only !== key) continue;
    result.byProtocol[key] ??= { agreed: 0, differs: 0, unsupported: 0 };
    result.byProtocol[key].differs++;
    result.differences.push({
      capture: name,
      fact: `ot.${key}`,
      expected: 'not this protocol',
      seen: `${count} messages`,
    });
  }
}

function unsupported(key: string, expected: unknown, options: ConformanceOptions, result: ConformanceResult): void {
  if (options.only !== undefined && options.only !== key) return;
  result.byProtocol[key] ??= { agreed: 0, differs: 0, unsupported: 0 };
  result.byProtocol[key].unsupported += countFacts(expected);
}

/** Puts the reviewed reason beside each difference that has one. */
function explain(differences: Difference[]): void {
  const reviewed: Reviewed[] = [];
  if (existsSync(REVIEWED_FOLDER)) {
    for (const file of readdirSync(REVIEWED_FOLDER).sort()) {
      if (!file.endsWith('.json')) continue;
      reviewed.push(...(JSON.parse(readFileSync(join(REVIEWED_FOLDER, file), 'utf8')) as Reviewed[]));
    }
  }
  for (const difference of differences) {
    const entry = reviewed.find((r) => difference.capture.includes(r.capture) && difference.fact.startsWith(r.fact));
    if (entry !== undefined) difference.reason = entry.reason;
  }
}

function percent(tally: Tally): string {
  const total = tally.agreed + tally.differs + tally.unsupported;
  return total === 0 ? '-' : `${((100 * tally.agreed) / total).toFixed(2)} %`;
}

function print(result: ConformanceResult, verbose: boolean): void {
  const rows = Object.entries(result.byProtocol).sort(([a], [b]) => a.localeCompare(b));
  console.log(
    'protocol'.padEnd(18),
    'agreed'.padStart(9),
    'differs'.padStart(9),
    'unsupported'.padStart(12),
    'agreement'.padStart(10),
  );
  for (const [name, tally] of rows) {
    console.log(
      name.padEnd(18),
      String(tally.agreed).padStart(9),
      String(tally.differs).padStart(9),
      String(tally.unsupported).padStart(12),
      percent(tally).padStart(10),
    );
  }
  const open = result.differences.filter((difference) => difference.reason === undefined);
  console.log(
    `${result.differences.length - open.length} differences explained in the reviewed list, ${open.length} not`,
  );
  for (const difference of verbose ? result.differences : open.slice(0, 40)) {
    const { capture, fact, expected, seen, reason } = difference;
    console.log(`  ${capture} ${fact}: expected ${JSON.stringify(expected)}, seen ${JSON.stringify(seen)}`);
    if (reason !== undefined) console.log(`    reviewed: ${reason}`);
  }
  for (const failure of result.failures) console.log(`  failed: ${failure.capture}: ${failure.error}`);
  const total = result.agreed + result.differs + result.unsupported;
  const share = total === 0 ? 100 : (100 * result.agreed) / total;
  console.log(
    `agreement: ${result.agreed} of ${total} facts (${share.toFixed(2)} %), ${result.failed} captures failed`,
  );
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const value = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const named = new Set(['--only', '--capture']);
  const folder = args.find((arg, i) => !arg.startsWith('--') && !named.has(args[i - 1] ?? ''));
  if (folder === undefined || !existsSync(join(folder, 'manifest.json'))) {
    console.error(
      'Usage: npm run conformance -- FOLDER [--only KEY] [--capture TEXT] [--json] [--verbose]; FOLDER holds manifest.json.',
    );
    process.exit(2);
  }
  const only = value('--only');
  const capture = value('--capture');
  const result = runConformance(folder, {
    ...(only === undefined ? {} : { only }),
    ...(capture === undefined ? {} : { capture }),
  });
  if (args.includes('--json')) console.log(JSON.stringify(result));
  else print(result, args.includes('--verbose'));
  process.exit(result.failed > 0 ? 1 : 0);
}
