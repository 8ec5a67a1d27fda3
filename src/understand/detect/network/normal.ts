/** What is known as normal on the network, in memory: the live form of `NetworkBaseline`, with the questions detectors ask. */
import {
  BASELINE_FUNCTIONS_MAX,
  BASELINE_WRITES_MAX,
  BASELINE_WRITES_TOTAL_MAX,
  CONVERSATIONS_MAX,
  STATES_MAX,
} from '../../../limits.ts';
import type { FunctionInfo, TimeUs } from '../../../records.ts';
import type {
  BaselineConversation,
  BaselineFunction,
  BaselineWrite,
  ItemStatus,
  NetworkBaseline,
} from '../baseline/model.ts';
import { isUnknownFunction } from './acts.ts';
import { EPHEMERAL_PORT } from './addresses.ts';
import { PointRanges } from './ranges.ts';
import { loadWrite, saveWrite, type WriteNormal } from './written.ts';

export interface FunctionNormal {
  readonly name: string;
  readonly class: FunctionInfo['class'];
  readonly risk: number;
  status: ItemStatus | undefined;
}

/** One conversation as learned. */
export interface ConversationNormal {
  readonly client: string;
  readonly server: string;
  readonly protocol: string;
  transport: string;
  readonly ports: Set<number>;
  readonly functions: Map<string, FunctionNormal>;
  readonly reads: Map<string, PointRanges>;
  readonly writes: Map<string, WriteNormal>;
  pointsPerTenMinutes: number;
  refusedLogins: number;
  usualMs: number;
  losses: number;
  /** Longest pause that ended again. [ms] */
  pauseMs: number;
  jitter: number;
  readonly oddities: Map<string, number>;
}

const AREAS_MAX = 32;
const ODDITIES_MAX = 32;
const PORTS_MAX = 32;

/** Functions of risk 2 and above need a person before they are normal for good. */
export const RISK_NEEDS_PERSON = 2;

export class Normal {
  readonly conversations = new Map<string, ConversationNormal>();
  /** Seconds in each state by plant unit. */
  readonly states = new Map<string, Map<string, number>>();
  fromUs: TimeUs = 0;
  toUs: TimeUs = 0;
  /** Things not learned because there was no room. */
  dropped = 0;
  #writes = 0;
  readonly #byServer = new Map<string, Set<ConversationNormal>>();
  readonly #byClient = new Map<string, Set<ConversationNormal>>();

  get(key: string): ConversationNormal | undefined {
    return this.conversations.get(key);
  }

  /** Conversations of a server, as learned. */
  ofServer(server: string): Iterable<ConversationNormal> {
    return this.#byServer.get(server) ?? [];
  }

  ofClient(client: string): Iterable<ConversationNormal> {
    return this.#byClient.get(client) ?? [];
  }

  /** Clients that were learned to command a server: they wrote, or used a function that needs a person. */
  mastersOf(server: string): string[] {
    const masters = new Set<string>();
    for (const conversation of this.ofServer(server)) if (commands(conversation)) masters.add(conversation.client);
    return [...masters];
  }

  /** True for a client a person works at: learned to write by hand, here or elsewhere, over this protocol. */
  isOperatorStation(client: string, protocol: string): boolean {
    for (const known of this.ofClient(client)) {
      if (known.protocol !== protocol) continue;
      for (const write of known.writes.values()) if (write.everyMs === 0 && write.status !== 'rejected') return true;
    }
    return false;
  }

  /** Clients that were learned to talk to a server over a protocol. */
  clientsOf(server: string, protocol: string): string[] {
    const clients = new Set<string>();
    for (const known of this.ofServer(server)) if (known.protocol === protocol) clients.add(known.client);
    return [...clients];
  }

  /** The learned conversation, made where it is new. Undefined where there is no room, which is counted. */
  learnConversation(key: string, client: string, server: string, protocol: string): ConversationNormal | undefined {
    const known = this.conversations.get(key);
    if (known !== undefined) return known;
    if (this.conversations.size >= CONVERSATIONS_MAX) {
      this.dropped += 1;
      return undefined;
    }
    const fresh = emptyConversation(client, server, protocol);
    this.conversations.set(key, fresh);
    index(this.#byServer, server, fresh);
    index(this.#byClient, client, fresh);
    return fresh;
  }

  learnPort(conversation: ConversationNormal, port: number): void {
    if (Number.isInteger(port) && port > 0 && port < EPHEMERAL_PORT && conversation.ports.size < PORTS_MAX)
      conversation.ports.add(port);
  }

  learnFunction(conversation: ConversationNormal, info: FunctionInfo): void {
    if (conversation.functions.has(info.name)) return;
    if (conversation.functions.size >= BASELINE_FUNCTIONS_MAX) {
      this.dropped += 1;
      return;
    }
    const status = riskOf(info) >= RISK_NEEDS_PERSON ? 'unconfirmed' : undefined;
    conversation.functions.set(info.name, { name: info.name, class: info.class, risk: riskOf(info), status });
  }

  learnRead(conversation: ConversationNormal, area: string, address: number | string, count: number): void {
    let ranges = conversation.reads.get(area);
    if (ranges === undefined) {
      if (conversation.reads.size >= AREAS_MAX) {
        this.dropped += 1;
        return;
      }
      ranges = new PointRanges();
      conversation.reads.set(area, ranges);
    }
    ranges.add(address, count);
  }

  /** Room for one more written point in this conversation? Counts a refusal. */
  roomForWrite(conversation: ConversationNormal): boolean {
    if (conversation.writes.size < BASELINE_WRITES_MAX && this.#writes < BASELINE_WRITES_TOTAL_MAX) {
      this.#writes += 1;
      return true;
    }
    this.dropped += 1;
    return false;
  }

  learnOddity(conversation: ConversationNormal, problem: string, count: number): void {
    if (!(count >= 0 && Number.isFinite(count))) return;
    if (conversation.oddities.size >= ODDITIES_MAX && !conversation.oddities.has(problem)) return;
    conversation.oddities.set(problem, Math.max(count, conversation.oddities.get(problem) ?? 0));
  }

  /** Adds time a plant unit spent in a state. */
  learnState(unit: string, state: string, seconds: number): void {
    let states = this.states.get(unit);
    if (states === undefined) {
      if (this.states.size >= CONVERSATIONS_MAX) return;
      states = new Map();
      this.states.set(unit, states);
    }
    if (states.size >= STATES_MAX && !states.has(state)) return;
    states.set(state, (states.get(state) ?? 0) + seconds);
  }

  save(): Pick<NetworkBaseline, 'fromUs' | 'toUs' | 'conversations' | 'states'> {
    return {
      fromUs: this.fromUs,
      toUs: this.toUs,
      conversations: [...this.conversations.values()].map(saveConversation),
      states: Object.fromEntries([...this.states].map(([unit, states]) => [unit, Object.fromEntries(states)])),
    };
  }

  load(baseline: NetworkBaseline): void {
    this.fromUs = baseline.fromUs;
    this.toUs = baseline.toUs;
    for (const saved of baseline.conversations) this.#loadConversation(saved);
    for (const [unit, states] of Object.entries(baseline.states)) {
      for (const [state, seconds] of Object.entries(states)) this.learnState(unit, state, seconds);
    }
  }

  #loadConversation(saved: BaselineConversation): void {
    const key = conversationKey(saved.client, saved.server, saved.protocol, saved.ports[0] ?? 0);
    const conversation = this.learnConversation(key, saved.client, saved.server, saved.protocol);
    if (conversation === undefined) return;
    conversation.transport = saved.transport;
    for (const port of saved.ports) conversation.ports.add(port);
    for (const known of saved.functions) {
      conversation.functions.set(known.name, { ...known, status: known.status });
    }
    for (const [area, reads] of Object.entries(saved.reads)) {
      for (const [from, to] of reads.ranges) this.learnRead(conversation, area, from, to - from + 1);
      for (const name of reads.names) this.learnRead(conversation, area, name, 1);
    }
    for (const write of saved.writes) {
      if (this.roomForWrite(conversation)) conversation.writes.set(write.point, loadWrite(write));
    }
    conversation.pointsPerTenMinutes = saved.pointsPerTenMinutes;
    conversation.refusedLogins = saved.refusedLogins;
    conversation.usualMs = saved.rhythm.usualMs;
    conversation.losses = saved.rhythm.losses;
    conversation.pauseMs = saved.rhythm.pauseMs;
    conversation.jitter = saved.rhythm.jitter;
    for (const [problem, count] of Object.entries(saved.oddities)) this.learnOddity(conversation, problem, count);
  }
}

/** Risk 0 to 4; an unknown function is at least 3. */
export function riskOf(info: FunctionInfo): 0 | 1 | 2 | 3 | 4 {
  const risk = isUnknownFunction(info) ? Math.max(3, info.risk) : info.risk;
  return Math.min(4, Math.max(0, Math.round(risk) || 0)) as 0 | 1 | 2 | 3 | 4;
}

/** True for a protocol that was recognised, not only its transport. */
export function isNamed(protocol: string): boolean {
  return protocol !== '' && protocol !== 'unknown' && protocol !== 'tcp' && protocol !== 'udp';
}

/** Key of a conversation: ports count only where the protocol is not known by name. Ephemeral ports are no news. */
export function conversationKey(client: string, server: string, protocol: string, port: number): string {
  const suffix = isNamed(protocol) ? '' : `|${port > 0 && port < EPHEMERAL_PORT ? port : 'dynamic'}`;
  return `${client}>${server}|${protocol}${suffix}`;
}

function index(map: Map<string, Set<ConversationNormal>>, key: string, conversation: ConversationNormal): void {
  const set = map.get(key) ?? new Set();
  set.add(conversation);
  map.set(key, set);
}

function commands(conversation: ConversationNormal): boolean {
  for (const write of conversation.writes.values()) if (write.status !== 'rejected') return true;
  for (const known of conversation.functions.values()) {
    const commanding = known.class === 'write' || known.class === 'control' || known.class === 'safety';
    if (commanding && known.status !== undefined && known.status !== 'rejected') return true;
  }
  return false;
}

function emptyConversation(client: string, server: string, protocol: string): ConversationNormal {
  return {
    client,
    server,
    protocol,
    transport: '',
    ports: new Set(),
    functions: new Map(),
    reads: new Map(),
    writes: new Map(),
    pointsPerTenMinutes: 0,
    refusedLogins: 0,
    usualMs: 0,
    losses: 0,
    pauseMs: 0,
    jitter: 1,
    oddities: new Map(),
  };
}

function saveConversation(conversation: ConversationNormal): BaselineConversation {
  return {
    client: conversation.client,
    server: conversation.server,
    protocol: conversation.protocol,
    transport: conversation.transport,
    ports: [...conversation.ports],
    functions: [...conversation.functions.values()].map(saveFunction),
    reads: Object.fromEntries(
      [...conversation.reads].map(([area, reads]) => [area, { ranges: reads.ranges, names: [...reads.names] }]),
    ),
    writes: [...conversation.writes.values()].map((write): BaselineWrite => saveWrite(write)),
    pointsPerTenMinutes: conversation.pointsPerTenMinutes,
    refusedLogins: conversation.refusedLogins,
    rhythm: {
      usualMs: conversation.usualMs,
      losses: conversation.losses,
      pauseMs: conversation.pauseMs,
      jitter: conversation.jitter,
    },
    oddities: Object.fromEntries(conversation.oddities),
  };
}

function saveFunction({ name, class: functionClass, risk, status }: FunctionNormal): BaselineFunction {
  return status === undefined ? { name, class: functionClass, risk } : { name, class: functionClass, risk, status };
}
