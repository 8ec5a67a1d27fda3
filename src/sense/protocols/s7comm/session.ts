/** One S7 conversation: transport, pairing of jobs and answers by PDU reference, items, uploads, cyclic jobs. */
import { S7_CYCLIC_ITEMS_MAX } from '../../../limits.ts';
import {
  DIRECTION_EVENT,
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_SYMBOL,
} from '../message-view.ts';
import { NO_REQUEST, OpenRequests } from '../open-requests.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { CotpConnection, NOTHING, TSDU } from '../tpkt/connection.ts';
import { tpktLength } from '../tpkt/cotp.ts';
import { u16 } from '../values.ts';
import { HEADER_BYTES, headerBytes } from './framing.ts';
import { emitItems, ItemRing, readData, readItem } from './items.ts';
import { type Parts, readAnswer, readJob } from './message.ts';
import {
  ACK_FUNCTION,
  CONNECTION_TYPES,
  FC,
  GROUP,
  ITEM_OK,
  PROTOCOL_ID,
  ROSCTR,
  ROSCTR_FUNCTION_BASE,
  SUB,
} from './names.ts';
import { readSzl, SzlAssembly } from './szl.ts';
import { Transfers } from './transfers.ts';
import { readCyclicItems, readUserdata, UserdataHead, variableStatusData } from './userdata.ts';

/** Both shared by all sessions: dissection is synchronous. */
const head = new UserdataHead();
const parts: Parts = { parameters: 0, data: 0, end: 0 };

export class S7commSession implements ProtocolSession {
  readonly #cotp = new CotpConnection();
  readonly #open = new OpenRequests();
  readonly #items = new ItemRing();
  readonly #transfers = new Transfers();
  readonly #szl = new SzlAssembly();
  /** Items of jobs whose values come again and again, by group and job number. */
  readonly #jobs = new Map<number, ItemRing>();
  #unitSymbol = NO_SYMBOL;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    return tpktLength(bytes, offset, end);
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const kind = this.#cotp.take(view);
    if (kind === NOTHING) return;
    if (kind === TSDU) this.#pdu(view, view.offset + this.#cotp.headerBytes);
    else this.#connected(view);
    view.unitSymbol = this.#unitSymbol;
    sink.message(view);
  }

  gap(fromClient: boolean): void {
    this.#cotp.gap(fromClient);
    if (!fromClient) this.#szl.clear();
  }

  /** After a connect request: rack and slot stand in the called TSAP, the kind of client in the calling one. */
  #connected(view: MessageView): void {
    if (view.direction !== DIRECTION_REQUEST) return;
    const { calledNumber } = this.#cotp;
    const type = calledNumber >> 8;
    if (calledNumber < 0 || CONNECTION_TYPES[type] === undefined) return;
    this.#unitSymbol = view.symbols.internText(`${(calledNumber >> 5) & 7}.${calledNumber & 31}`);
    view.fact('client', 'connection-type', CONNECTION_TYPES[type]);
  }

  #pdu(view: MessageView, at: number): void {
    const { bytes, end } = view;
    if (end - at < HEADER_BYTES || bytes[at] !== PROTOCOL_ID) {
      view.understood = false;
      view.functionCode = ROSCTR_FUNCTION_BASE;
      return view.problem(bytes[at] === PROTOCOL_ID ? 's7-short' : 's7-protocol-id', at);
    }
    const rosctr = bytes[at + 1]!;
    const header = headerBytes(rosctr);
    view.transaction = u16(bytes, at + 4);
    parts.parameters = Math.min(at + header, end);
    parts.data = Math.min(parts.parameters + u16(bytes, at + 6), end);
    parts.end = Math.min(parts.data + u16(bytes, at + 8), end);
    const stated = at + header + u16(bytes, at + 6) + u16(bytes, at + 8);
    if (stated !== end) view.problem(stated > end ? 's7-short' : 's7-length', at + 6);
    switch (rosctr) {
      case ROSCTR.job:
        return this.#job(view);
      case ROSCTR.ack:
      case ROSCTR.ackData:
        if (end - at < header) return view.problem('s7-short', at);
        view.status = u16(bytes, at + 10);
        return this.#answer(view);
      case ROSCTR.userdata:
        return this.#userdata(view);
      default:
        view.understood = false;
        view.functionCode = ROSCTR_FUNCTION_BASE + rosctr;
    }
  }

  #job(view: MessageView): void {
    // The CPU sends jobs too (it fetches blocks): the kind of PDU decides, not the side.
    view.direction = DIRECTION_REQUEST;
    if (parts.parameters >= parts.data) {
      view.understood = false;
      view.functionCode = ROSCTR_FUNCTION_BASE + ROSCTR.job;
      return view.problem('s7-short', parts.parameters);
    }
    const first = this.#items.next;
    readJob(view, parts, this.#items, this.#transfers);
    this.#remember(view, view.transaction * 2 + (view.fromClient ? 1 : 0), first);
  }

  #remember(view: MessageView, key: number, firstItem: number): void {
    // A repeated reference takes the place of the first: the answer belongs to the latest.
    const slot = this.#open.find(key);
    if (slot !== NO_REQUEST) this.#open.close(slot);
    const { frame, timeUs, functionCode } = view;
    const gaveUp = this.#open.open(key, frame, timeUs, functionCode, firstItem, this.#items.next);
    if (gaveUp) view.problem('open-requests-full', view.offset);
  }

  #answer(view: MessageView): void {
    view.direction = DIRECTION_RESPONSE;
    const named = parts.parameters < parts.data;
    const code = named ? view.bytes[parts.parameters]! : ACK_FUNCTION;
    view.functionCode = code;
    let from = 0;
    let to = 0;
    const slot = this.#pair(view, view.transaction * 2 + (view.fromClient ? 0 : 1));
    if (slot !== NO_REQUEST) {
      const asked = this.#open.numberOf(slot, 0);
      if (named && (asked & 0xffff) !== code) {
        view.problem('s7-reply-other-function', parts.parameters);
      } else {
        view.functionCode = asked;
        from = this.#open.numberOf(slot, 1);
        to = this.#open.numberOf(slot, 2);
      }
      this.#open.close(slot);
    }
    if (view.status !== 0) return emitItems(view, this.#items, from, to, view.functionCode === FC.writeVar, true);
    if (named) readAnswer(view, parts, this.#items, from, to, this.#transfers);
  }

  #pair(view: MessageView, key: number): number {
    const slot = this.#open.find(key);
    if (slot !== NO_REQUEST) {
      view.pairedFrame = this.#open.frameOf(slot);
      view.pairedTimeUs = this.#open.timeUsOf(slot);
    }
    return slot;
  }

  #userdata(view: MessageView): void {
    if (!head.read(view, parts)) {
      view.understood = false;
      view.functionCode = ROSCTR_FUNCTION_BASE + ROSCTR.userdata;
      return view.problem('s7-short', parts.parameters);
    }
    // References of userdata and jobs are one count, but a list in parts repeats its own.
    const side = view.direction === DIRECTION_REQUEST ? view.fromClient : !view.fromClient;
    const key = 0x20000 + view.transaction * 2 + (side ? 1 : 0);
    const first = this.#items.next;
    if (view.direction === DIRECTION_RESPONSE) {
      const slot = this.#pair(view, key);
      if (isRepeated()) this.#jobAnswer(view, slot);
      if (slot !== NO_REQUEST) this.#open.close(slot);
    }
    if (head.group === GROUP.cyclic) this.#cyclicData(view);
    else if (isRepeated() && view.direction === DIRECTION_EVENT) this.#pushed(view, variableStatusData(view, head));
    else if (head.group === GROUP.cpu && head.sub === SUB.readSzl) this.#szlAnswer(view);
    else readUserdata(view, head, this.#items);
    if (view.direction === DIRECTION_REQUEST) this.#remember(view, key, first);
  }

  #szlAnswer(view: MessageView): void {
    if (view.direction !== DIRECTION_RESPONSE || head.returnCode !== ITEM_OK) return;
    if (head.unitReference === 0 || (!head.moreFollows && this.#szl.reference !== head.unitReference)) {
      return readSzl(view, view.bytes, head.data, head.end);
    }
    if (!this.#szl.add(view, head.unitReference, head.data, head.end) || head.moreFollows) return;
    readSzl(view, this.#szl.bytes, 0, this.#szl.length);
    this.#szl.clear();
  }

  /** Cyclic services: items of the request, values of the answer and of what the CPU sends by itself. */
  #cyclicData(view: MessageView): void {
    if (view.direction === DIRECTION_REQUEST) {
      if (head.sub === SUB.cyclicUnsubscribe) return;
      const first = this.#items.next;
      readCyclicItems(view, head, this.#items, readItem);
      emitItems(view, this.#items, first, this.#items.next, false);
      return;
    }
    if (head.sub !== SUB.cyclicUnsubscribe && head.returnCode === ITEM_OK) this.#pushed(view, head.data + 2);
  }

  /** Data items from `at`, of the items the job was set up with. */
  #pushed(view: MessageView, at: number): void {
    if (at >= head.end) return;
    const ring = this.#jobs.get(jobKey());
    if (ring !== undefined) readData(view, ring, 0, ring.next, at, head.end, false);
    else if (view.direction === DIRECTION_EVENT) view.problem('s7-push-without-request', at);
  }

  /** The answer names the job: the items of the request belong to it from now on. */
  #jobAnswer(view: MessageView, slot: number): void {
    if (head.group === GROUP.cyclic && head.sub === SUB.cyclicUnsubscribe) {
      this.#jobs.delete(jobKey());
      return;
    }
    if (slot === NO_REQUEST || view.status !== 0) return;
    const from = this.#open.numberOf(slot, 1);
    const to = this.#open.numberOf(slot, 2);
    if (to > from && this.#items.holds(from)) {
      this.#jobs.set(jobKey(), this.#items.copy(from, to, S7_CYCLIC_ITEMS_MAX));
    }
  }
}

/** True where the message in `head` belongs to a job whose values come again and again. */
function isRepeated(): boolean {
  return head.group === GROUP.cyclic || (head.group === GROUP.programmer && head.sub === SUB.variableStatus);
}

/** Job numbers have one octet and count in each group. */
function jobKey(): number {
  return head.group * 256 + head.sequence;
}
