/**
 * The baseline as text: YAML in a stable order, with comments that say in words what stands below, so that a person can review it and
 * a version control system can show what changed. `parse.ts` reads it back; comments mean nothing to it.
 */
import { Document, isMap, isScalar, type Pair, type Scalar, type YAMLMap, YAMLSeq } from 'yaml';
import { shortHash } from './hash.ts';
import {
  BASELINE_VERSION,
  type Baseline,
  type BaselineAsset,
  type BaselineConversation,
  type BaselineReads,
  type BaselineWrite,
  type NetworkBaseline,
} from './model.ts';
import { rangesText, timeText } from './numbers.ts';
import { pendingItems, valuesText } from './pending.ts';
import { encodeProcess } from './process-part.ts';

const HEAD = ` Firedoor baseline: what was learned as normal. Review it like a program; comments are for you and are made anew.
 Status of writes and functions that need a person:
   unconfirmed  seen while learning, quiet, waiting for your word (firedoor baseline accept | reject)
   confirmed    a person said this is normal
   rejected     a person said this is not normal: it is told when it happens`;

const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Identity of what a baseline says, whenever and by whatever program it was written. */
export function baselineId(baseline: Baseline): string {
  return `b-${shortHash(JSON.stringify(bodyOf(baseline)), 12)}`;
}

/** The text of a baseline. Equal baselines give equal texts. */
export function baselineText(baseline: Baseline): string {
  const body = bodyOf(baseline);
  const { network } = baseline;
  const document = new Document({
    version: BASELINE_VERSION,
    id: baselineId(baseline),
    site: baseline.site,
    learned: body.learned,
    network: body.network,
    process: body.process,
  });
  document.commentBefore = HEAD;
  comment(document, network);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

interface Body {
  readonly site: string;
  readonly learned: { readonly from: string; readonly to: string };
  readonly network: {
    readonly assets: readonly unknown[];
    readonly conversations: readonly unknown[];
    readonly states: unknown;
  };
  readonly process: unknown;
}

/** The document as plain data in its final order. */
function bodyOf(baseline: Baseline): Body {
  const { network } = baseline;
  return {
    site: baseline.site,
    learned: { from: timeText(network.fromUs), to: timeText(network.toUs) },
    network: {
      assets: sortedAssets(network).map(assetBody),
      conversations: sortedConversations(network).map(conversationBody),
      states: sortedStates(network),
    },
    process: encodeProcess(baseline.process),
  };
}

function sortedAssets(network: NetworkBaseline): BaselineAsset[] {
  return [...network.assets].sort((a, b) => byName(a.key, b.key));
}

function sortedConversations(network: NetworkBaseline): BaselineConversation[] {
  const key = (each: BaselineConversation) => [each.client, each.server, each.protocol, each.ports.join()].join('\n');
  return [...network.conversations].sort((a, b) => byName(key(a), key(b)));
}

function sortedStates(network: NetworkBaseline): Record<string, Record<string, number>> {
  return sortedRecord(network.states, (states) => sortedRecord(states, (seconds) => Math.round(seconds)));
}

/** By key. The one key no reader of YAML or JSON can be trusted with is left out. */
function sortedRecord<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => key !== '__proto__')
      .sort(([a], [b]) => byName(a, b))
      .map(([key, value]) => [key, map(value)]),
  );
}

function unlessEmpty(name: string, record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.keys(record).length === 0 ? {} : { [name]: record };
}

function assetBody(asset: BaselineAsset): Record<string, unknown> {
  return {
    key: asset.key,
    ...(asset.name === '' ? {} : { name: asset.name }),
    addresses: [...asset.addresses].sort(byName),
    ...(asset.macs.length === 0 ? {} : { macs: [...asset.macs].sort(byName) }),
    ...(asset.zone === '' ? {} : { zone: asset.zone }),
    ...unlessEmpty(
      'identity',
      sortedRecord(asset.identity, (text) => text),
    ),
    ...(asset.contactsPerMinute === 0 ? {} : { contactsPerMinute: asset.contactsPerMinute }),
    ...(asset.silences === 0 ? {} : { silences: asset.silences }),
  };
}

function conversationBody(conversation: BaselineConversation): Record<string, unknown> {
  const { rhythm } = conversation;
  const functions = [...conversation.functions].sort((a, b) => byName(a.name, b.name));
  const writes = [...conversation.writes].sort((a, b) => byName(a.point, b.point));
  return {
    client: conversation.client,
    server: conversation.server,
    protocol: conversation.protocol,
    ...(conversation.transport === '' ? {} : { transport: conversation.transport }),
    ...(conversation.ports.length === 0 ? {} : { ports: [...conversation.ports].sort((a, b) => a - b) }),
    ...(rhythm.usualMs === 0 && rhythm.losses === 0 ? {} : { rhythm: { ...rhythm } }),
    ...(functions.length === 0 ? {} : { functions: functions.map((each) => ({ ...each })) }),
    ...unlessEmpty('reads', sortedRecord(conversation.reads, readsBody)),
    ...(writes.length === 0 ? {} : { writes: writes.map(writeBody) }),
    ...(conversation.pointsPerTenMinutes === 0 ? {} : { pointsPerTenMinutes: conversation.pointsPerTenMinutes }),
    ...(conversation.refusedLogins === 0 ? {} : { refusedLogins: conversation.refusedLogins }),
    ...unlessEmpty(
      'oddities',
      sortedRecord(conversation.oddities, (count) => count),
    ),
  };
}

function readsBody(reads: BaselineReads): unknown {
  const ranges = reads.ranges.length === 0 ? {} : { ranges: rangesText(reads.ranges) };
  return reads.names.length === 0 ? ranges : { ...ranges, names: [...reads.names].sort(byName) };
}

function writeBody(write: BaselineWrite): Record<string, unknown> {
  return {
    point: write.point,
    role: write.role,
    ...(write.unit === '' ? {} : { unit: write.unit }),
    ...(write.type === '' ? {} : { type: write.type }),
    status: write.status,
    perMinute: write.perMinute,
    ...(write.reversalsPerMinute === 0 ? {} : { reversalsPerMinute: write.reversalsPerMinute }),
    ...(write.everyMs === 0 ? {} : { everyMs: write.everyMs }),
    ...(write.counter ? { counter: true } : {}),
    values: sortedRecord(write.states, (values) => ({ ...values, step: Number(values.step.toPrecision(6)) })),
  };
}

// Comments and layout ---------------------------------------------------------------------------------------------------------

function comment(document: Document, network: NetworkBaseline): void {
  const waiting = pendingItems(network);
  const lines = waiting.map((item) => ` ${item.id}  ${item.sentence}`);
  const top = document.contents as YAMLMap;
  const head = waiting.length === 0 ? ' Nothing waits for a person.' : ` Waiting for a person:\n${lines.join('\n')}`;
  keyOf(top, 'network').commentBefore = head;
  const assets = listOf(document, ['network', 'assets']);
  for (const item of assets) if (isMap(item)) item.flow = true;
  const zones = new Map(network.assets.map((asset) => [asset.key, asset.zone]));
  const sorted = sortedConversations(network);
  for (const [n, item] of listOf(document, ['network', 'conversations']).entries()) {
    if (!isMap(item)) continue;
    item.commentBefore = ` ${conversationComment(sorted[n]!, zones)}`;
    layoutConversation(item, sorted[n]!);
  }
}

function layoutConversation(item: YAMLMap, conversation: BaselineConversation): void {
  for (const name of ['ports', 'rhythm', 'oddities']) flow(item.get(name, true));
  for (const name of ['functions', 'writes']) {
    const list = item.get(name, true);
    if (list instanceof YAMLSeq) for (const each of list.items) flow(each);
  }
  const reads = item.get('reads', true);
  if (isMap(reads)) for (const pair of reads.items) flow(pair.value);
  const writes = item.get('writes', true);
  const sorted = [...conversation.writes].sort((a, b) => byName(a.point, b.point));
  if (!(writes instanceof YAMLSeq)) return;
  for (const [n, each] of writes.items.entries()) {
    if (isMap(each)) each.comment = ` ${valuesText(sorted[n]!)}`;
  }
}

function conversationComment(conversation: BaselineConversation, zones: ReadonlyMap<string, string>): string {
  const from = zones.get(conversation.client) ?? '';
  const to = zones.get(conversation.server) ?? '';
  const crossing = from === '' || to === '' ? '' : from === to ? ` (inside ${from})` : ` (${from} → ${to})`;
  const rhythm = conversation.rhythm.usualMs > 0 ? `, every ${conversation.rhythm.usualMs} ms` : '';
  const writes = conversation.writes.length > 0 ? `, writes ${conversation.writes.length} points` : '';
  const over = conversation.protocol === '' ? 'an unknown protocol' : conversation.protocol;
  return `${conversation.client} → ${conversation.server} over ${over}${crossing}${rhythm}${writes}`;
}

function listOf(document: Document, path: readonly string[]): readonly unknown[] {
  const node = document.getIn(path, true);
  return node instanceof YAMLSeq ? node.items : [];
}

function flow(node: unknown): void {
  if (isMap(node) || node instanceof YAMLSeq) node.flow = true;
}

function keyOf(map: YAMLMap, name: string): Scalar {
  const pair = map.items.find((each: Pair) => isScalar(each.key) && each.key.value === name);
  return pair?.key as Scalar;
}
