/** `learn`: a network and process baseline from captures. `detect`: findings and incidents against one. */
import { existsSync } from 'node:fs';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import type { Finding, Incident, TimeUs } from '../records.ts';
import { readCaptureFile } from '../sense/capture/reader.ts';
import { BASELINE_VERSION, type Baseline } from '../understand/detect/baseline/model.ts';
import { decodeProcess, encodeProcess } from '../understand/detect/baseline/process-part.ts';
import { EMPTY_SITE, type Site } from '../understand/plant/model.ts';
import { readBaseline, writeBaseline } from './baseline.ts';
import { type Learned, Pipeline } from './pipeline/pipeline.ts';
import { vendorLookup } from './vendors.ts';

export interface LearnResult {
  readonly baseline: string;
  readonly id: string;
  readonly packets: number;
  readonly assets: number;
  readonly conversations: number;
  readonly tags: number;
  /** Writes, controls and commands waiting for a person. */
  readonly pending: readonly string[];
  /** What needs a person even while learning, as sentences. */
  readonly findings: readonly string[];
}

/** Findings kept of one run; all are counted. */
const FINDINGS_LISTED_MAX = 10_000;

/** Learns from all of `files`, in their order, and writes the baseline. Throws BAD_INPUT where a file cannot be read. */
export async function learn(files: readonly string[], out: string, site: Site = EMPTY_SITE): Promise<LearnResult> {
  const findings: string[] = [];
  const pipeline = new Pipeline({
    site,
    capture: files[0] ?? '',
    vendorOf: vendorLookup(),
    listener: {
      finding: ({ sentence, informative }) => {
        if (!informative && findings.length < FINDINGS_LISTED_MAX) findings.push(sentence);
      },
    },
  });
  pipeline.learnFor(Number.POSITIVE_INFINITY);
  const packets = replay(files, pipeline);
  pipeline.freeze();
  const learned = pipeline.saveLearned();
  const { network } = learned;
  const id = await writeBaseline(out, baselineOf(learned, site));
  return {
    baseline: out,
    id,
    packets,
    assets: network.assets.length,
    conversations: network.conversations.length,
    tags: pipeline.tags.tags().length,
    pending: pipeline.network.pending().map(({ sentence }) => sentence),
    findings,
  };
}

/** What was learned as the baseline file holds it. */
export function baselineOf({ network, process }: Learned, site: Site): Baseline {
  const encoded = encodeProcess(process) as Readonly<Record<string, unknown>>;
  return { version: BASELINE_VERSION, site: site.name, network, process: encoded };
}

export interface DetectResult {
  readonly packets: number;
  readonly firstUs: TimeUs;
  readonly lastUs: TimeUs;
  readonly findings: readonly Finding[];
  /** Findings beyond the listed ones. */
  readonly findingsLeft: number;
  readonly incidents: readonly Incident[];
  /** Whether the process side was judged, and why not. */
  readonly process: string;
}

/** Judges `files` against a baseline. Throws BAD_INPUT or BAD_CONFIG where file or baseline cannot be read. */
export async function detect(
  files: readonly string[],
  baselineFile: string,
  site: Site = EMPTY_SITE,
): Promise<DetectResult> {
  const baseline = await readBaseline(baselineFile);
  const findings: Finding[] = [];
  let left = 0;
  const pipeline = new Pipeline({
    site,
    capture: files[0] ?? '',
    vendorOf: vendorLookup(),
    listener: {
      finding: (finding) => {
        if (findings.length < FINDINGS_LISTED_MAX) findings.push(finding);
        else left++;
      },
    },
  });
  const process = takeUp(pipeline, baseline);
  let firstUs = Number.NaN;
  const packets = replay(files, pipeline, (timeUs) => {
    if (Number.isNaN(firstUs)) firstUs = timeUs;
  });
  return {
    packets,
    firstUs,
    lastUs: pipeline.nowUs,
    findings,
    findingsLeft: left,
    incidents: pipeline.incidents.open(),
    process,
  };
}

function takeUp(pipeline: Pipeline, baseline: Baseline): string {
  const process = decodeProcess(baseline.process) as Partial<Learned['process']>;
  const has = process.watch !== undefined && process.inferred !== undefined;
  if (has && pipeline.loadLearned({ network: baseline.network, process: process as Learned['process'] }))
    return 'judged';
  pipeline.network.load(baseline.network);
  pipeline.watchNetworkOnly();
  return !has
    ? 'not judged: the baseline has no process part'
    : 'not judged: the baseline was learned with other tags; use the same site file';
}

function replay(files: readonly string[], pipeline: Pipeline, onFrame: (timeUs: TimeUs) => void = () => {}): number {
  for (const file of files) {
    if (!existsSync(file)) throw new FiredoorError(ERROR_CODES.BAD_INPUT, `There is no capture ${file}.`);
  }
  let packets = 0;
  for (const [i, file] of files.entries()) {
    if (i > 0) pipeline.observer.nextCapture(file);
    readCaptureFile(file, {
      frame(bytes, offset, captured, original, timeUs, linkType) {
        packets++;
        onFrame(timeUs);
        pipeline.frame(bytes, offset, captured, original, timeUs, linkType);
      },
    });
  }
  pipeline.finish();
  return packets;
}
