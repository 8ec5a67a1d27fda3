/** Conversations as Firedoor means them: client asset → server asset over one protocol, whatever ports and connections carried them. */
import {
  CONVERSATIONS_MAX,
  FUNCTIONS_PER_CONVERSATION_MAX,
  ODDITIES_PER_CONVERSATION_MAX,
  OPERATIONS_OPEN_MAX,
  RANGES_PER_CONVERSATION_MAX,
} from '../../limits.ts';
import type { Conversation, Direction, FrameReference, FunctionInfo, FunctionUse } from '../../records.ts';
import type { Protocol } from '../../sense/protocols/protocol.ts';
import { type AssetEntry, resolve, type UnitEntry } from './assets.ts';
import { Rhythm } from './rhythm.ts';

const DIRECTION_NAMES: readonly Direction[] = ['request', 'response', 'event'];

/** How often one function was used in one direction. */
export class UseState {
  /** Function key of the protocol times 4, plus direction. */
  readonly key: number;
  readonly info: FunctionInfo;
  readonly direction: number;
  /** Nothing but reading: not told one by one. */
  readonly plainRead: boolean;
  count = 0;
  exceptions = 0;

  constructor(key: number, info: FunctionInfo, direction: number) {
    this.key = key;
    this.info = info;
    this.direction = direction;
    this.plainRead = info.class === 'read' && info.effect === 'none' && !info.name.startsWith('unknown');
  }
}

/** Counters of one protocol over all conversations. */
export class ProtocolTally {
  readonly name: string;
  frames = 0;
  messages = 0;
  exceptions = 0;
  lastFrame = -1;

  constructor(name: string) {
    this.name = name;
  }
}

/** A request other than a read that waits for its outcome. */
export interface OpenOperation {
  readonly frame: FrameReference;
  /** Places in the list of writes. */
  readonly writes: readonly number[];
}

interface Oddity {
  count: number;
  toldUs: number;
}

/** Functions at hand without a look-up; a power of two. Codes 1 to 6, 15 and 16 of Modbus fall on different places. */
const RECENT_USES = 32;
/** How often an oddity of one kind is told. [µs] */
const ODDITY_INTERVAL_US = 60_000_000;

/** One conversation; fields are public for the hot path. */
export class ConversationState {
  // What every message touches stands together, so that it lies in one place of memory.
  readonly protocol: Protocol | null;
  lastUs: number;
  messages = 0;
  requests = 0;
  responses = 0;
  readonly tally: ProtocolTally;
  // Last function used by direction, last unit, last space: most messages repeat them.
  useRequest: UseState | null = null;
  useResponse: UseState | null = null;
  /** No unit has this key. */
  unitKey = -2;
  unit: UnitEntry | null = null;
  spaceKey = -1;
  space = -1;
  #operations: Map<number, OpenOperation> | null = null;
  useEvent: UseState | null = null;
  unitText = '';
  rangeKey = Number.NaN;
  rangeSpace = -1;

  readonly index: number;
  readonly id: string;
  readonly client: AssetEntry | null;
  readonly server: AssetEntry | null;
  readonly clientText: string;
  readonly serverText: string;
  /** Device that points are named after. */
  readonly device: string;
  /** The same in the shape the tag mapper takes. */
  readonly ends: { readonly server: string };
  readonly protocolName: string;
  readonly transport: string;
  readonly serverPort: number;
  firstUs: number;
  exceptions = 0;
  /** Of connections that left the flow table; those still there are added when asked for. */
  packets = 0;
  bytes = 0;
  payloadBytes = 0;
  understoodBytes = 0;

  readonly uses = new Map<number, UseState>();
  readonly rhythm = new Rhythm();
  /** Unanswered connection attempts were last told then. [µs] */
  unansweredToldUs = Number.NEGATIVE_INFINITY;
  answeredTold = false;
  /** Ranges, oddities and operations that found no room. */
  overflow = 0;
  readonly #recent: (UseState | undefined)[] = new Array<UseState | undefined>(RECENT_USES).fill(undefined);
  readonly #spaces = new Map<number, number>();
  #ranges: Map<number, Set<number>> | null = null;
  #rangeCount = 0;
  #oddities: Map<string, Oddity> | null = null;

  constructor(index: number, ends: ConversationKey, tally: ProtocolTally, timeUs: number) {
    this.index = index;
    this.id = keyText(ends);
    this.client = ends.client;
    this.server = ends.server;
    this.clientText = ends.clientText;
    this.serverText = ends.serverText;
    this.device = ends.device;
    this.ends = { server: ends.device };
    this.protocol = ends.protocol;
    this.protocolName = ends.protocolName;
    this.transport = ends.transport;
    this.serverPort = ends.serverPort;
    this.tally = tally;
    this.firstUs = this.lastUs = timeUs;
  }

  /** Id of the client asset, after merges. */
  get clientId(): string {
    return this.client === null ? this.clientText : resolve(this.client).id;
  }

  /** Id of the server asset, after merges; without the unit. */
  get serverId(): string {
    return this.server === null ? this.serverText : resolve(this.server).id;
  }

  /** Counter of a function used lately, without a look-up; null where it is not at hand. */
  recentUse(key: number): UseState | null {
    const use = this.#recent[key & (RECENT_USES - 1)];
    return use !== undefined && use.key === key ? use : null;
  }

  /** Counter of a function in a direction; `created` is true at the first use. Null when there is no room. */
  use(key: number, info: () => FunctionInfo): { use: UseState; created: boolean } {
    const known = this.uses.get(key);
    if (known !== undefined) {
      this.#recent[key & (RECENT_USES - 1)] = known;
      return { use: known, created: false };
    }
    if (this.uses.size >= FUNCTIONS_PER_CONVERSATION_MAX) {
      this.overflow++;
      const other = this.uses.get(-1) ?? new UseState(-1, OTHER_FUNCTIONS, key & 3);
      this.uses.set(-1, other);
      return { use: other, created: false };
    }
    const use = new UseState(key, info(), key & 3);
    this.uses.set(key, use);
    return { use, created: true };
  }

  /** Space remembered for a unit and area key, or -1. */
  knownSpace(key: number): number {
    return this.#spaces.get(key) ?? -1;
  }

  rememberSpace(key: number, space: number): void {
    if (this.#spaces.size < RANGES_PER_CONVERSATION_MAX) this.#spaces.set(key, space);
  }

  /** True the first time this range is met in this conversation. */
  firstRange(space: number, key: number): boolean {
    this.#ranges ??= new Map();
    let ranges = this.#ranges.get(space);
    if (ranges?.has(key) === true) return false;
    if (this.#rangeCount >= RANGES_PER_CONVERSATION_MAX) {
      this.overflow++;
      return false;
    }
    if (ranges === undefined) {
      ranges = new Set();
      this.#ranges.set(space, ranges);
    }
    ranges.add(key);
    this.#rangeCount++;
    return true;
  }

  /** True while a request waits for its outcome. */
  get hasOperations(): boolean {
    return this.#operations !== null && this.#operations.size > 0;
  }

  openOperation(key: number, operation: OpenOperation): void {
    this.#operations ??= new Map();
    if (this.#operations.size >= OPERATIONS_OPEN_MAX) {
      const oldest = this.#operations.keys().next().value;
      if (oldest !== undefined) this.#operations.delete(oldest);
      this.overflow++;
    }
    this.#operations.set(key, operation);
  }

  /** The request an answer belongs to, taken out; undefined where none waits. */
  closeOperation(key: number): OpenOperation | undefined {
    const operation = this.#operations?.get(key);
    if (operation !== undefined) this.#operations?.delete(key);
    return operation;
  }

  /** Counts an oddity; returns how many to tell now, 0 for none. */
  oddity(kind: string, timeUs: number): number {
    this.#oddities ??= new Map();
    let oddity = this.#oddities.get(kind);
    if (oddity === undefined) {
      if (this.#oddities.size >= ODDITIES_PER_CONVERSATION_MAX) {
        this.overflow++;
        return 0;
      }
      oddity = { count: 0, toldUs: Number.NEGATIVE_INFINITY };
      this.#oddities.set(kind, oddity);
    }
    oddity.count++;
    if (Math.abs(timeUs - oddity.toldUs) < ODDITY_INTERVAL_US) return 0;
    oddity.toldUs = timeUs;
    const told = oddity.count;
    oddity.count = 0;
    return told;
  }

  functionUses(): FunctionUse[] {
    return [...this.uses.values()].map(({ info, direction, count }) => ({
      direction: DIRECTION_NAMES[direction]!,
      code: info.code,
      name: info.name,
      class: info.class,
      count,
    }));
  }

  record(packets: number, bytes: number, lastUs: number): Conversation {
    return {
      id: this.id,
      client: this.clientId,
      server: this.serverId,
      serverPort: this.serverPort,
      protocol: this.protocolName,
      transport: this.transport,
      firstSeenUs: this.firstUs,
      lastSeenUs: Math.max(this.lastUs, lastUs),
      packets: this.packets + packets,
      bytes: this.bytes + bytes,
      messages: this.messages,
      functions: this.functionUses(),
    };
  }
}

const OTHER_FUNCTIONS: FunctionInfo = {
  code: -1,
  name: 'unknown(further functions)',
  class: 'config',
  effect: 'none',
  risk: 0,
  techniques: [],
};

/** What makes a conversation this one and no other. */
export interface ConversationKey {
  readonly client: AssetEntry | null;
  readonly server: AssetEntry | null;
  readonly clientText: string;
  readonly serverText: string;
  readonly device: string;
  readonly protocol: Protocol | null;
  readonly protocolName: string;
  readonly transport: string;
  readonly serverPort: number;
}

/** Stable and readable: `10.20.2.5>10.20.1.11:502/modbus`. */
export function keyText(key: ConversationKey): string {
  const port = key.transport === 'tcp' || key.transport === 'udp' ? `:${key.serverPort}` : '';
  return `${key.clientText}>${key.serverText}${port}/${key.protocolName}`;
}

/** All conversations, numbered. */
export class ConversationTable {
  /** Conversations that found no room; their messages count in the last one. */
  overflow = 0;
  readonly list: ConversationState[] = [];
  readonly tallies = new Map<string, ProtocolTally>();
  readonly #byKey = new Map<string, ConversationState>();

  /** The conversation of these ends; `created` is true for a new one. */
  open(ends: ConversationKey, timeUs: number): { conversation: ConversationState; created: boolean } {
    const key = `${ends.transport} ${keyText(ends)}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return { conversation: known, created: false };
    if (this.list.length >= CONVERSATIONS_MAX) {
      this.overflow++;
      return { conversation: this.list[CONVERSATIONS_MAX - 1]!, created: false };
    }
    const conversation = new ConversationState(this.list.length, ends, this.tally(ends.protocolName), timeUs);
    this.list.push(conversation);
    this.#byKey.set(key, conversation);
    return { conversation, created: true };
  }

  tally(name: string): ProtocolTally {
    let tally = this.tallies.get(name);
    if (tally === undefined) {
      tally = new ProtocolTally(name);
      this.tallies.set(name, tally);
    }
    return tally;
  }
}
