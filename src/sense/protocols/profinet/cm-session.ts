/**
 * Context manager over UDP: RPC fragments put together, calls paired with their answers. Devices answer from another port than they are
 * asked at, so a call and its answer may be two conversations: open calls are known to the whole worker.
 */
import { PROFINET_CALL_BYTES_MAX, PROFINET_CALLS_OPEN_MAX } from '../../../limits.ts';
import { DIRECTION_EVENT, DIRECTION_REQUEST, DIRECTION_RESPONSE, type MessageView } from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import type { SymbolTable } from '../symbols.ts';
import { call } from './call.ts';
import { CM_FUNCTIONS, MAPPER_BASE, OPERATION, RPC, RPC_BASE } from './names.ts';
import { readBlocks } from './records.ts';
import { AT, callKey, FLAG, INTERFACE, interfaceOf, isLittle, long, RPC_BYTES, short } from './rpc.ts';

/** Arguments of a request: maximum, length, and the counts of the array (IEC 61158-6-10, 5.2.2). A response has its status first. [bytes] */
const ARGUMENTS_BYTES = 20;

/** Calls that wait for their answer, per worker: a symbol table belongs to one. */
const workers = new WeakMap<SymbolTable, OpenRequests>();

function openCalls(symbols: SymbolTable): OpenRequests {
  let open = workers.get(symbols);
  if (open === undefined) {
    open = new OpenRequests(PROFINET_CALLS_OPEN_MAX);
    workers.set(symbols, open);
  }
  return open;
}

const KNOWN: ReadonlySet<number> = new Set(CM_FUNCTIONS.map(({ code }) => code));

/** A call of several fragments, one for each direction. */
class Assembly {
  key = -1;
  bytes = new Uint8Array(2_048);
  length = 0;
  next = 0;
  firstFrame = 0;
  frameFrom = 0;

  /** Appends; false where it would be larger than any record. */
  add(bytes: Uint8Array, from: number, to: number): boolean {
    const needed = this.length + to - from;
    if (needed > PROFINET_CALL_BYTES_MAX) return false;
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.min(PROFINET_CALL_BYTES_MAX, Math.max(needed, this.bytes.length * 2)));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    for (let i = from; i < to; i++) this.bytes[this.length++] = bytes[i]!;
    this.next++;
    return true;
  }
}

export class ContextSession implements ProtocolSession {
  readonly #fromClient = new Assembly();
  readonly #fromServer = new Assembly();

  frameLength(_bytes: Uint8Array, offset: number, end: number): number {
    return end - offset;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    call.clear();
    const target = interfaceOf(bytes, offset, end);
    if (target === INTERFACE.none) {
      view.understood = false;
      return giveUp(view, sink, 'profinet-rpc', offset);
    }
    const little = isLittle(bytes, offset);
    const type = bytes[offset + 1]!;
    const sequence = long(bytes, offset + AT.sequence, little);
    const operation = short(bytes, offset + AT.operation, little);
    call.bytes = bytes;
    call.offset = offset;
    call.type = type;
    call.operation = operation;
    call.mapper = target === INTERFACE.mapper;
    view.transaction = sequence;
    view.direction = directionOf(type);
    const called = call.mapper ? MAPPER_BASE + operation : operation;
    view.functionCode = type === RPC.request || type === RPC.response ? called : RPC_BASE + type;
    const key = callKey(bytes, offset, sequence);
    if (type !== RPC.request && type !== RPC.response) return this.#other(view, sink, type, key, little);
    const from = offset + RPC_BYTES;
    const length = short(bytes, offset + AT.length, little);
    if (length > end - from) view.problem('profinet-rpc-length', offset + AT.length);
    const to = Math.min(end, from + length);
    const flags = bytes[offset + AT.flags]!;
    if ((flags & FLAG.fragment) === 0) return this.#whole(view, sink, key, from, to, little);
    this.#fragment(view, sink, key, from, to, flags, short(bytes, offset + AT.fragment, little), little);
  }

  gap(fromClient: boolean): void {
    (fromClient ? this.#fromClient : this.#fromServer).key = -1;
  }

  #fragment(
    view: MessageView,
    sink: MessageSink,
    key: number,
    from: number,
    to: number,
    flags: number,
    number: number,
    little: boolean,
  ): void {
    sink.part?.(view);
    const assembly = view.fromClient ? this.#fromClient : this.#fromServer;
    if (number === 0) {
      const unfinished = assembly.key >= 0 && assembly.key !== key;
      assembly.key = key;
      assembly.length = 0;
      assembly.next = 0;
      assembly.firstFrame = view.firstFrame;
      assembly.frameFrom = view.frameFrom;
      if (unfinished) giveUp(view, sink, 'profinet-fragments-unfinished', view.offset);
    } else if (assembly.key !== key || number !== assembly.next) {
      const again = assembly.key === key && number < assembly.next;
      if (!again) assembly.key = -1;
      return giveUp(view, sink, again ? 'profinet-fragment-repeated' : 'profinet-fragment-sequence', view.offset);
    }
    if (!assembly.add(view.bytes, from, to)) {
      assembly.key = -1;
      return giveUp(view, sink, 'profinet-call-too-long', view.offset);
    }
    if ((flags & FLAG.lastFragment) === 0) return;
    assembly.key = -1;
    view.firstFrame = assembly.firstFrame;
    view.frameFrom = assembly.frameFrom;
    view.bytes = assembly.bytes;
    view.offset = 0;
    view.end = assembly.length;
    this.#whole(view, sink, key, 0, assembly.length, little);
  }

  /** A call or its answer with all its arguments. */
  #whole(view: MessageView, sink: MessageSink, key: number, from: number, to: number, little: boolean): void {
    call.whole = true;
    if (!KNOWN.has(view.functionCode)) view.understood = false;
    const open = openCalls(view.symbols);
    if (call.type === RPC.request) {
      if (!call.mapper && call.operation <= OPERATION.readImplicit) {
        this.#target(view);
        arguments_(view, from, to, little);
      }
      if (open.open(key, view.frame, view.timeUs, view.functionCode)) view.problem('open-requests-full', from);
      return sink.message(view);
    }
    this.#pair(view, open, key);
    if (!call.mapper && call.operation <= OPERATION.readImplicit) {
      if (to - from >= 4) view.status = long(view.bytes, from, little);
      arguments_(view, from, to, little);
    }
    sink.message(view);
  }

  /** Pings, faults, acknowledgements. A fault or reject has the function of its call and a status of its own. */
  #other(view: MessageView, sink: MessageSink, type: number, key: number, little: boolean): void {
    const body = view.offset + RPC_BYTES;
    if (type === RPC.fault || type === RPC.reject) {
      this.#pair(view, openCalls(view.symbols), key);
      if (view.end - body >= 4) view.status = long(view.bytes, body, little);
    }
    sink.message(view);
  }

  #pair(view: MessageView, open: OpenRequests, key: number): void {
    const slot = open.find(key);
    if (slot === NO_REQUEST) return;
    view.pairedFrame = open.frameOf(slot);
    view.pairedTimeUs = open.timeUsOf(slot);
    view.functionCode = open.numberOf(slot, 0);
    open.close(slot);
  }

  /** The object of a call names the device it is for: instance, device and vendor (5.2.1). */
  #target(view: MessageView): void {
    if (call.operation !== OPERATION.connect && call.operation !== OPERATION.readImplicit) return;
    const node = call.offset + AT.object + 10;
    const { bytes } = call;
    view.fact('server', 'device-id', `0x${number16(bytes, node + 2)}`);
    view.fact('server', 'vendor-id', `0x${number16(bytes, node + 4)}`);
  }
}

function number16(bytes: Uint8Array, at: number): string {
  return (bytes[at]! * 256 + bytes[at + 1]!).toString(16).padStart(4, '0');
}

/** The array of octets behind the lengths: its blocks. */
function arguments_(view: MessageView, from: number, to: number, little: boolean): void {
  if (to - from < ARGUMENTS_BYTES) {
    // An answer that only refuses may stop behind its status.
    if (view.status === 0) view.problem('profinet-arguments', from);
    return;
  }
  const length = long(view.bytes, from + 4, little);
  const blocks = from + ARGUMENTS_BYTES;
  if (length > to - blocks) view.problem('profinet-arguments', from + 4);
  readBlocks(view, blocks, Math.min(to, blocks + length));
}

function directionOf(type: number): number {
  if (type === RPC.request || type === RPC.ping || type === RPC.cancel) return DIRECTION_REQUEST;
  return type === RPC.ack || type === RPC.fack ? DIRECTION_EVENT : DIRECTION_RESPONSE;
}

function giveUp(view: MessageView, sink: MessageSink, kind: string, at: number): void {
  view.problem(kind, at);
  sink.message(view);
}
