/** What changed from one baseline to another, as sentences for a reviewer. Harmless counts and learning times make no news. */
import {
  type Baseline,
  type BaselineAsset,
  type BaselineConversation,
  type BaselineWrite,
  conversationName,
  type NetworkBaseline,
} from './model.ts';
import { rangesText } from './numbers.ts';
import { valuesText } from './pending.ts';
import { encodeProcess } from './process-part.ts';

export const CHANGES = ['added', 'removed', 'changed'] as const;

/** One difference. */
export interface BaselineChange {
  readonly change: (typeof CHANGES)[number];
  readonly what: 'asset' | 'conversation' | 'function' | 'reads' | 'write' | 'rhythm' | 'states' | 'process';
  readonly sentence: string;
}

/** A limit that moves by more than this share of its range needs approval. */
const SHARE_TO_TELL = 0.01;
/** A rhythm that changes by more than this factor is told. */
const RHYTHM_FACTOR = 1.5;

/** From `before` to `after`, in a stable order: assets, conversations with their parts, process. */
export function diffBaselines(before: Baseline, after: Baseline): BaselineChange[] {
  return [
    ...diffAssets(before.network, after.network),
    ...diffConversations(before.network, after.network),
    ...diffProcess(before, after),
  ];
}

/** Entries of both sides by key, in order of key. */
function both<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string,
): { key: string; was: T | undefined; is: T | undefined }[] {
  const was = new Map(before.map((item) => [keyOf(item), item]));
  const is = new Map(after.map((item) => [keyOf(item), item]));
  const keys = [...new Set([...was.keys(), ...is.keys()])].sort();
  return keys.map((key) => ({ key, was: was.get(key), is: is.get(key) }));
}

function diffAssets(before: NetworkBaseline, after: NetworkBaseline): BaselineChange[] {
  const changes: BaselineChange[] = [];
  for (const { key, was, is } of both(before.assets, after.assets, (asset) => asset.key)) {
    if (was === undefined && is !== undefined) changes.push(added('asset', `${key} is new${zoneText(is)}.`));
    else if (is === undefined) changes.push(removed('asset', `${key} is gone.`));
    else if (was !== undefined) changes.push(...diffAsset(key, was, is));
  }
  return changes;
}

function zoneText(asset: BaselineAsset): string {
  return asset.zone === '' ? '' : ` in zone ${asset.zone}`;
}

function diffAsset(key: string, was: BaselineAsset, is: BaselineAsset): BaselineChange[] {
  const changes: BaselineChange[] = [];
  for (const kind of [...new Set([...Object.keys(was.identity), ...Object.keys(is.identity)])].sort()) {
    const [old, now] = [was.identity[kind], is.identity[kind]];
    if (old !== now) changes.push(changed('asset', `${key}: ${kind} ${old ?? 'unknown'} became ${now ?? 'unknown'}.`));
  }
  if (was.zone !== is.zone)
    changes.push(changed('asset', `${key} moved from zone ${was.zone || 'none'} to ${is.zone || 'none'}.`));
  for (const address of is.addresses) {
    if (!was.addresses.includes(address)) changes.push(changed('asset', `${key} also has address ${address}.`));
  }
  return changes;
}

function diffConversations(before: NetworkBaseline, after: NetworkBaseline): BaselineChange[] {
  const keyOf = (conversation: BaselineConversation) =>
    conversationName(conversation) + (conversation.protocol === '' ? ` port ${conversation.ports.join()}` : '');
  const changes: BaselineChange[] = [];
  for (const { key, was, is } of both(before.conversations, after.conversations, keyOf)) {
    if (is === undefined) changes.push(removed('conversation', `${key} is gone.`));
    else if (was === undefined) changes.push(added('conversation', `${key} is new${writesText(is)}.`));
    else changes.push(...diffConversation(key, was, is));
  }
  return changes;
}

function writesText(conversation: BaselineConversation): string {
  return conversation.writes.length === 0
    ? ''
    : `; it writes ${conversation.writes.map((write) => write.point).join(', ')}`;
}

function diffConversation(key: string, was: BaselineConversation, is: BaselineConversation): BaselineChange[] {
  return [
    ...diffFunctions(key, was, is),
    ...diffReads(key, was, is),
    ...diffWrites(key, was, is),
    ...diffRhythm(key, was, is),
  ];
}

function diffFunctions(key: string, was: BaselineConversation, is: BaselineConversation): BaselineChange[] {
  const changes: BaselineChange[] = [];
  for (const { key: name, was: old, is: now } of both(was.functions, is.functions, (use) => use.name)) {
    if (old === undefined && now !== undefined) changes.push(added('function', `${key}: uses ${name} (${now.class}).`));
    else if (now === undefined) changes.push(removed('function', `${key}: no longer uses ${name}.`));
    else if (old?.status !== now.status)
      changes.push(changed('function', `${key}: ${name} is ${now.status ?? 'harmless'}.`));
  }
  return changes;
}

function diffReads(key: string, was: BaselineConversation, is: BaselineConversation): BaselineChange[] {
  const changes: BaselineChange[] = [];
  for (const area of [...new Set([...Object.keys(was.reads), ...Object.keys(is.reads)])].sort()) {
    const old = readsText(was, area);
    const now = readsText(is, area);
    if (old !== now)
      changes.push(changed('reads', `${key}: reads ${area} ${now || 'nothing'}, before ${old || 'nothing'}.`));
  }
  return changes;
}

const NAMES_SHOWN = 6;

function readsText(conversation: BaselineConversation, area: string): string {
  const reads = conversation.reads[area];
  if (reads === undefined) return '';
  const names = [...reads.names].sort();
  const more = names.length > NAMES_SHOWN ? [`and ${names.length - NAMES_SHOWN} more`] : [];
  return [rangesText(reads.ranges), ...names.slice(0, NAMES_SHOWN), ...more].filter((part) => part !== '').join(', ');
}

function diffWrites(key: string, was: BaselineConversation, is: BaselineConversation): BaselineChange[] {
  const changes: BaselineChange[] = [];
  for (const { key: point, was: old, is: now } of both(was.writes, is.writes, (write) => write.point)) {
    if (old === undefined && now !== undefined) {
      changes.push(added('write', `${key}: writes ${point} (${now.status}): ${valuesText(now)}.`));
    } else if (now === undefined) changes.push(removed('write', `${key}: no longer writes ${point}.`));
    else if (old !== undefined) changes.push(...diffWrite(`${key}: ${point}`, old, now));
  }
  return changes;
}

function diffWrite(key: string, was: BaselineWrite, is: BaselineWrite): BaselineChange[] {
  const changes: BaselineChange[] = [];
  if (was.status !== is.status) changes.push(changed('write', `${key} was ${was.status} and is ${is.status}.`));
  for (const state of [...new Set([...Object.keys(was.states), ...Object.keys(is.states)])].sort()) {
    const old = was.states[state];
    const now = is.states[state];
    const inState = state === '*' ? '' : ` in state ${state}`;
    if (now === undefined) changes.push(removed('write', `${key} is no longer written${inState}.`));
    else if (old === undefined) changes.push(added('write', `${key} is written${inState}: ${now.low} to ${now.high}.`));
    else if (moved(old, now)) {
      changes.push(changed('write', `${key}${inState}: ${now.low} to ${now.high}, before ${old.low} to ${old.high}.`));
    }
  }
  return changes;
}

function moved(was: { low: number; high: number }, is: { low: number; high: number }): boolean {
  const span = Math.max(was.high - was.low, Math.abs(was.high) * SHARE_TO_TELL, Number.EPSILON);
  return Math.max(Math.abs(is.low - was.low), Math.abs(is.high - was.high)) > SHARE_TO_TELL * span;
}

function diffRhythm(key: string, was: BaselineConversation, is: BaselineConversation): BaselineChange[] {
  const [old, now] = [was.rhythm.usualMs, is.rhythm.usualMs];
  if (old === now || (old > 0 && now > 0 && Math.max(old / now, now / old) < RHYTHM_FACTOR)) return [];
  const words = (ms: number) => (ms === 0 ? 'no rhythm' : `every ${ms} ms`);
  return [changed('rhythm', `${key}: ${words(now)}, before ${words(old)}.`)];
}

function diffProcess(before: Baseline, after: Baseline): BaselineChange[] {
  const changes: BaselineChange[] = [];
  for (const name of [...new Set([...Object.keys(before.process), ...Object.keys(after.process)])].sort()) {
    const old = JSON.stringify(encodeProcess(before.process[name]));
    const now = JSON.stringify(encodeProcess(after.process[name]));
    if (old !== now) changes.push(changed('process', `The process part "${name}" changed.`));
  }
  return changes;
}

type What = BaselineChange['what'];
const added = (what: What, sentence: string): BaselineChange => ({ change: 'added', what, sentence });
const removed = (what: What, sentence: string): BaselineChange => ({ change: 'removed', what, sentence });
const changed = (what: What, sentence: string): BaselineChange => ({ change: 'changed', what, sentence });
