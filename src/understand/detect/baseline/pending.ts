/**
 * What waits for a person: writes, controls and commands that learning proposed, grouped so that a whole site is at most 30 items.
 * Groups get coarser only when there are too many: by client, device and role; then by client and role; then by zones and role.
 */
import { PENDING_ITEMS_MAX } from '../../../limits.ts';
import { shortHash } from './hash.ts';
import type { BaselineConversation, BaselineFunction, BaselineWrite, ItemStatus, NetworkBaseline } from './model.ts';

/** One decision for a person. */
export interface PendingItem {
  /** Stable as long as the group is: same client, devices and role. */
  readonly id: string;
  readonly sentence: string;
  readonly client: string;
  readonly servers: readonly string[];
  /** Tag role, `cyclic`, or `function:NAME`. */
  readonly role: string;
  readonly points: readonly string[];
  /** Leaves behind it: written points and functions. */
  readonly count: number;
}

interface Leaf {
  readonly conversation: BaselineConversation;
  readonly write?: BaselineWrite;
  readonly use?: BaselineFunction;
  readonly role: string;
}

type GroupKey = (leaf: Leaf) => string;

const POINTS_NAMED_MAX = 6;
const SERVERS_NAMED_MAX = 4;

/** Everything unconfirmed, one leaf each. Functions that write points are covered by their points. */
function leavesOf(baseline: NetworkBaseline, status: ItemStatus): Leaf[] {
  const leaves: Leaf[] = [];
  for (const conversation of baseline.conversations) {
    for (const write of conversation.writes) {
      if (write.status !== status) continue;
      leaves.push({ conversation, write, role: write.everyMs > 0 ? 'cyclic' : write.role });
    }
    for (const use of conversation.functions) {
      if (use.status !== status || (coveredByPoints(use) && conversation.writes.length > 0)) continue;
      leaves.push({ conversation, use, role: `function:${use.name}` });
    }
  }
  return leaves;
}

function coveredByPoints(use: BaselineFunction): boolean {
  return use.class === 'write' || use.class === 'control';
}

function groupings(baseline: NetworkBaseline): GroupKey[] {
  const zones = new Map(baseline.assets.map((asset) => [asset.key, asset.zone]));
  const zone = (key: string) => zones.get(key) ?? '';
  return [
    ({ conversation: { client, server }, role }) => `${client}>${server}|${role}`,
    ({ conversation: { client, server }, role }) => `${client}>zone ${zone(server)}|${role}`,
    ({ conversation: { client }, role }) => `${client}>|${coarseRole(role)}`,
    ({ conversation: { client, server }, role }) => `zone ${zone(client)}>zone ${zone(server)}|${coarseRole(role)}`,
    ({ role }) => coarseRole(role),
  ];
}

function coarseRole(role: string): string {
  return role.startsWith('function:') ? 'function' : role;
}

function group(leaves: readonly Leaf[], keyOf: GroupKey): Map<string, Leaf[]> {
  const groups = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const key = keyOf(leaf);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [leaf]);
    else members.push(leaf);
  }
  return groups;
}

function grouped(baseline: NetworkBaseline, status: ItemStatus): Map<string, Leaf[]> {
  const leaves = leavesOf(baseline, status);
  let groups = new Map<string, Leaf[]>();
  for (const keyOf of groupings(baseline)) {
    groups = group(leaves, keyOf);
    if (groups.size <= PENDING_ITEMS_MAX) break;
  }
  return groups;
}

/** The items waiting for a person, in a stable order, at most `PENDING_ITEMS_MAX`. */
export function pendingItems(baseline: NetworkBaseline, status: ItemStatus = 'unconfirmed'): PendingItem[] {
  return [...grouped(baseline, status)]
    .map(([key, leaves]) => itemOf(key, leaves))
    .sort((a, b) => a.sentence.localeCompare(b.sentence, 'en'));
}

function itemOf(key: string, leaves: readonly Leaf[]): PendingItem {
  const clients = unique(leaves.map((leaf) => leaf.conversation.client));
  const servers = unique(leaves.map((leaf) => leaf.conversation.server));
  const points = unique(leaves.flatMap((leaf) => (leaf.write === undefined ? [] : [leaf.write.point])));
  const { role } = leaves[0]!;
  return {
    id: `p-${shortHash(key)}`,
    sentence: sentenceOf(leaves, clients, servers, points, role),
    client: clients.length === 1 ? clients[0]! : '',
    servers,
    role,
    points,
    count: leaves.length,
  };
}

const ROLE_WORDS: Readonly<Record<string, string>> = {
  setpoint: 'set-points',
  command: 'commands',
  value: 'values',
  status: 'status values',
  measurement: 'values of measurements',
  cyclic: 'values in a steady rhythm',
};

function sentenceOf(
  leaves: readonly Leaf[],
  clients: readonly string[],
  servers: readonly string[],
  points: readonly string[],
  role: string,
): string {
  const who = listed(clients, SERVERS_NAMED_MAX);
  const where = listed(servers, SERVERS_NAMED_MAX);
  const verb = clients.length === 1 ? ['uses', 'writes'] : ['use', 'write'];
  if (role.startsWith('function:')) {
    const names = unique(leaves.flatMap((leaf) => (leaf.use === undefined ? [] : [leaf.use.name])));
    return `${who} ${verb[0]} ${listed(names, POINTS_NAMED_MAX)} on ${where}.`;
  }
  const only = leaves.length === 1 ? leaves[0]!.write : undefined;
  if (only !== undefined) return `${who} ${verb[1]} ${only.point} on ${where}: ${valuesText(only)}.`;
  return `${who} ${verb[1]} ${points.length} ${ROLE_WORDS[role] ?? role} on ${where}: ${listed(points, POINTS_NAMED_MAX)}.`;
}

/** `74 to 78, at most 2 a minute`. */
export function valuesText(write: BaselineWrite): string {
  const states = Object.values(write.states);
  const low = short(Math.min(...states.map((values) => values.low)));
  const high = short(Math.max(...states.map((values) => values.high)));
  const range = states.length === 0 ? 'no number' : low === high ? `always ${low}` : `${low} to ${high}`;
  const pace = write.everyMs > 0 ? `every ${write.everyMs} ms` : `at most ${write.perMinute} a minute`;
  return write.counter ? `counting up, ${pace}` : `${range}, ${pace}`;
}

const short = (value: number): number => Number(value.toPrecision(6));

function listed(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, 'en'));
}

/** What a decision did to a baseline. */
export interface Decision {
  readonly baseline: NetworkBaseline;
  /** Written points and functions whose status changed. */
  readonly changed: number;
  /** Items that name nothing here, or nothing that waits. */
  readonly unknown: readonly string[];
}

/**
 * The baseline with a person's word on some of its leaves. An item is an id of `pendingItems`, `all`, `CLIENT->SERVER` or
 * `CLIENT->SERVER:POINT`. Ids and `all` find what waits; the other two also change a word given before.
 */
export function withStatus(baseline: NetworkBaseline, items: readonly string[], status: ItemStatus): Decision {
  const unknown = new Set(items);
  const chosen = chooseGroups(baseline, unknown, status);
  const wanted = new Set([...unknown].map((item) => item.replaceAll(' ', '')));
  const found = new Set<string>();
  let changed = 0;
  const decide = <T extends BaselineWrite | BaselineFunction>(leaf: T, pair: string, name: string): T => {
    if (leaf.status === undefined) return leaf;
    const names = [pair, `${pair}:${name}`.replaceAll(' ', '')].filter((each) => wanted.has(each));
    for (const each of names) found.add(each);
    if (leaf.status === status || (names.length === 0 && !chosen.has(leaf))) return leaf;
    changed += 1;
    return { ...leaf, status };
  };
  const conversations = baseline.conversations.map((conversation) => {
    const pair = `${conversation.client}->${conversation.server}`.replaceAll(' ', '');
    const writes = conversation.writes.map((write) => decide(write, pair, write.point));
    const functions = conversation.functions.map((use) => decide(use, pair, use.name));
    return { ...conversation, writes, functions: functions.map((use) => followPoints(use, writes)) };
  });
  return {
    baseline: { ...baseline, conversations },
    changed,
    unknown: [...unknown].filter((item) => !found.has(item.replaceAll(' ', ''))),
  };
}

/** Leaves of the pending groups that `items` name; takes these items out of `items`. */
function chooseGroups(baseline: NetworkBaseline, items: Set<string>, status: ItemStatus): Set<unknown> {
  const chosen = new Set<unknown>();
  const all = items.delete('all');
  // What was rejected or confirmed before is found by name only.
  const groups = status === 'unconfirmed' ? [] : grouped(baseline, 'unconfirmed');
  for (const [key, leaves] of groups) {
    if (!items.delete(`p-${shortHash(key)}`) && !all) continue;
    for (const leaf of leaves) chosen.add(leaf.write ?? leaf.use);
  }
  return chosen;
}

/** Functions that write points have no item of their own: once none of the points waits, they follow them. */
function followPoints(use: BaselineFunction, writes: readonly BaselineWrite[]): BaselineFunction {
  const settled = writes.length > 0 && writes.every((write) => write.status !== 'unconfirmed');
  if (use.status !== 'unconfirmed' || !settled || !coveredByPoints(use)) return use;
  return { ...use, status: writes.some((write) => write.status === 'confirmed') ? 'confirmed' : 'rejected' };
}
