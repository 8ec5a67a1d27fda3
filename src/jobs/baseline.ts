/** The verbs of a baseline file: read, write, show, diff, accept, reject. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { BASELINE_BYTES_MAX } from '../limits.ts';
import { type BaselineChange, diffBaselines } from '../understand/detect/baseline/diff.ts';
import type { Baseline, ItemStatus } from '../understand/detect/baseline/model.ts';
import { timeText } from '../understand/detect/baseline/numbers.ts';
import { parseBaseline } from '../understand/detect/baseline/parse.ts';
import { type PendingItem, pendingItems, withStatus } from '../understand/detect/baseline/pending.ts';
import { baselineId, baselineText } from '../understand/detect/baseline/text.ts';

/** A baseline read from a file. Throws BAD_INPUT where it cannot be read, BAD_CONFIG with lines where it makes no sense. */
export async function readBaseline(path: string): Promise<Baseline> {
  let source: string;
  try {
    const { size } = await stat(path);
    if (size > BASELINE_BYTES_MAX) {
      throw new FiredoorError(
        ERROR_CODES.BAD_INPUT,
        `${path} is larger than a baseline can be (${BASELINE_BYTES_MAX} bytes).`,
      );
    }
    source = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof FiredoorError) throw error;
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `The baseline ${path} cannot be read: ${sentenceOf(error)}`, {
      cause: error,
    });
  }
  return parseBaseline(source, path);
}

/** Writes a baseline, whole or not at all. Its id. */
export async function writeBaseline(path: string, baseline: Baseline): Promise<string> {
  const temporary = `${path}.${process.pid}.new`;
  try {
    await writeFile(temporary, baselineText(baseline));
    await rename(temporary, path);
  } catch (error) {
    throw new FiredoorError(ERROR_CODES.FAILED, `The baseline ${path} cannot be written: ${sentenceOf(error)}`, {
      cause: error,
    });
  }
  return baselineId(baseline);
}

/** What `baseline show` tells. */
export interface BaselineSummary {
  readonly file: string;
  readonly id: string;
  readonly site: string;
  readonly learned: { readonly from: string; readonly to: string };
  readonly assets: number;
  readonly conversations: number;
  readonly writtenPoints: number;
  readonly confirmed: number;
  readonly rejected: number;
  /** Whether the process side was learned too. */
  readonly process: boolean;
  readonly pending: readonly PendingItem[];
}

/** The summary of a baseline file. Errors as `readBaseline`. */
export async function showBaseline(path: string): Promise<BaselineSummary> {
  const baseline = await readBaseline(path);
  const { network } = baseline;
  const writes = network.conversations.flatMap((conversation) => conversation.writes);
  return {
    file: path,
    id: baselineId(baseline),
    site: baseline.site,
    learned: { from: timeText(network.fromUs), to: timeText(network.toUs) },
    assets: network.assets.length,
    conversations: network.conversations.length,
    writtenPoints: writes.length,
    confirmed: writes.filter((write) => write.status === 'confirmed').length,
    rejected: writes.filter((write) => write.status === 'rejected').length,
    process: Object.keys(baseline.process).length > 0,
    pending: pendingItems(network),
  };
}

/** What changed between two baseline files. Errors as `readBaseline`. */
export async function diffBaselineFiles(before: string, after: string): Promise<BaselineChange[]> {
  return diffBaselines(await readBaseline(before), await readBaseline(after));
}

/** What a decision did. */
export interface BaselineDecision {
  readonly file: string;
  readonly id: string;
  readonly status: ItemStatus;
  /** Written points and functions that changed. */
  readonly changed: number;
  /** Items that still wait. */
  readonly pending: number;
}

/**
 * A person's word on items of a baseline file: ids of `show`, `all`, `CLIENT->SERVER` or `CLIENT->SERVER:POINT`. The file is written
 * only if every item is found; else BAD_USAGE names the one that is not.
 */
export async function decideBaseline(
  path: string,
  items: readonly string[],
  status: Extract<ItemStatus, 'confirmed' | 'rejected'>,
): Promise<BaselineDecision> {
  const baseline = await readBaseline(path);
  const { baseline: network, changed, unknown } = withStatus(baseline.network, items, status);
  if (unknown.length > 0) {
    throw new FiredoorError(
      ERROR_CODES.BAD_USAGE,
      `Nothing in ${path} is called "${unknown[0]}" or waits for a decision; "firedoor baseline show ${path}" lists what does.`,
    );
  }
  const id = await writeBaseline(path, { ...baseline, network });
  return { file: path, id, status, changed, pending: pendingItems(network).length };
}
