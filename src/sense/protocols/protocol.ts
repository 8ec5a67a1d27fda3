/**
 * The contract every protocol satisfies. One folder a protocol, one object of type `Protocol` exported from its `index.ts`,
 * one line in `registry.ts`. A protocol imports this file and its neighbours in this folder (`message-view`, `open-requests`,
 * `symbols`), never another protocol, I/O or a clock.
 *
 * Parsing never throws on input. A dissector reads `view.bytes` between `view.offset` and `view.end`, fills the view and calls
 * `sink.message(view)` once for each message in the PDU. What was decoded before an error is kept, nothing after it is trusted:
 * call `view.problem(kind, offset)` and emit.
 */
import type { FunctionInfo } from '../../records.ts';
import type { MessageView } from './message-view.ts';

/** `identify`: the bytes cannot be this protocol. */
export const MATCH_NO = 0;
/** `identify`: undecided, more bytes are needed. */
export const MATCH_MORE = 1;
/** `identify`: this protocol; the sender's role does not show. */
export const MATCH_YES = 2;
/** `identify`: this protocol, and the sender of these bytes is the client. */
export const MATCH_CLIENT = 3;
/** `identify`: this protocol, and the sender of these bytes is the server. */
export const MATCH_SERVER = 4;
export type Match = 0 | 1 | 2 | 3 | 4;

/** `frameLength`: the length of the PDU does not show yet. */
export const NEED_MORE = 0;
/** `frameLength`: these bytes are not a PDU of this protocol. */
export const NOT_MINE = -1;

/** Who receives messages; the view is valid only until `message` returns. */
export interface MessageSink {
  message(view: MessageView): void;
  /**
   * A part of a message on its protocol's own link layer (a DNP3 link frame, an OPC UA chunk), before the message is whole. Only
   * the conversation, direction, unit and function of the view are set. For counts; nobody judges a part.
   */
  part?(view: MessageView): void;
}

/** The state of one conversation in one protocol. Bounded: caps in `limits.ts`. */
export interface ProtocolSession {
  /**
   * Length in bytes of the PDU that starts at `offset` (header included), `NEED_MORE` or `NOT_MINE`. May return a length
   * larger than what is there: the stream layer waits for the rest (up to `CARRY_BYTES_MAX`). Looks at no more than headers.
   */
  frameLength(bytes: Uint8Array, offset: number, end: number, fromClient: boolean): number;
  /** Decodes exactly one PDU, `view.offset` to `view.end`, and emits its messages. Must terminate in time linear in its length. */
  dissect(view: MessageView, sink: MessageSink): void;
  /** Bytes were lost in this direction: forget half-built state of it. */
  gap?(fromClient: boolean): void;
}

/** Which transports carry a protocol; ports are hints for order of trial and for roles, content decides. */
export interface TransportHints {
  readonly tcp?: readonly number[];
  readonly udp?: readonly number[];
  readonly etherTypes?: readonly number[];
  /** Service access points (DSAP) of frames with an ISO 8802-2 header instead of an EtherType. */
  readonly llcSaps?: readonly number[];
}

export interface Protocol {
  /** Stable lower-case id: `modbus`, `s7comm` … */
  readonly name: string;
  /** As people write it: `Modbus/TCP`. */
  readonly title: string;
  readonly hints: TransportHints;
  /** True where the protocol runs over streams (TCP), datagrams, or link frames. */
  readonly overStream: boolean;
  readonly overDatagram: boolean;
  readonly overLink: boolean;
  /** Area number (as put in the view) → name used in point names. */
  readonly areas: readonly string[];
  /**
   * Does content starting at `offset` look like this protocol? `hinted` is true where a port or EtherType of `hints` is in play:
   * a weak signature may then say yes, without the hint it must be strong (checksums, fixed words, consistent lengths).
   */
  identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match;
  /**
   * Are these all of the bytes of an opening that carries nothing to decide and that its peer answers before more comes (an ISO
   * connect request)? A conduit lets them go on while `identify` still says `MATCH_MORE`; held, both sides would wait for ever.
   */
  preamble?(bytes: Uint8Array, offset: number, end: number): boolean;
  /** State for one conversation. */
  newSession(): ProtocolSession;
  /** Function behind a code of this protocol; never undefined: unknown codes come back as `unknown(0x…)`. */
  functionOf(code: number): FunctionInfo;
  /** Name of a refusal or status code; 0 is `ok`; unknown codes keep their number. */
  statusName(code: number): string;
}

/** Key of a function with a sub-function, as put into `view.functionCode`; without one the key is the code itself. */
export function functionKey(code: number, subCode: number): number {
  return code + 0x10000 * (subCode + 1);
}

/**
 * Builds the look-up of a protocol's functions from its data table. A known code with an unknown sub-function falls back to
 * `name(sub)`; an unknown code is class `config`, risk 3 (an unknown function of a known protocol is an alarm, not a pass).
 */
export function functionTable(known: readonly FunctionInfo[]): (key: number) => FunctionInfo {
  const byKey = new Map<number, FunctionInfo>();
  for (const info of known) {
    byKey.set(info.subCode === undefined ? info.code : functionKey(info.code, info.subCode), info);
  }
  const made = new Map<number, FunctionInfo>();
  return (key) => {
    const info = byKey.get(key) ?? made.get(key);
    if (info !== undefined) return info;
    const code = key % 0x10000;
    const subCode = Math.floor(key / 0x10000) - 1;
    const parent = subCode >= 0 ? byKey.get(code) : undefined;
    const fallback: FunctionInfo =
      parent === undefined
        ? { ...UNKNOWN_FUNCTION, code, name: `unknown(0x${code.toString(16).padStart(2, '0')})` }
        : { ...parent, name: `${parent.name}(0x${subCode.toString(16).padStart(2, '0')})` };
    const withSub = subCode >= 0 ? { ...fallback, subCode } : fallback;
    // The bound keeps hostile traffic with ever new codes from growing the map.
    if (made.size < 4_096) made.set(key, withSub);
    return withSub;
  };
}

const UNKNOWN_FUNCTION = {
  class: 'config',
  effect: 'changes-mode',
  risk: 3,
  techniques: ['T0814'],
} as const satisfies Omit<FunctionInfo, 'code' | 'name'>;

/** Builds `statusName` from a table of code → name; 0 is `ok`. */
export function statusTable(names: Readonly<Record<number, string>>): (code: number) => string {
  return (code) => names[code] ?? (code === 0 ? 'ok' : `unknown(0x${code.toString(16).padStart(2, '0')})`);
}
