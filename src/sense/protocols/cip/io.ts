/** Implicit I/O messages over UDP 2222 (The CIP Networks Library, Volume 2, 3-2.2): connection, sequence, data. No request, no reply. */
import { DIRECTION_EVENT, type MessageView } from '../message-view.ts';
import { type MessageSink, NOT_MINE, type ProtocolSession } from '../protocol.ts';
import { u16le, u32le, VALUE_TYPE } from '../values.ts';
import { type WorkerConnections, workerConnections } from './connections.ts';
import { IO_HEADER_BYTES } from './framing.ts';
import { ioLength } from './identify.ts';
import { AREA, ioKey } from './names.ts';
import { connectionSymbol } from './path.ts';

export class CipIoSession implements ProtocolSession {
  #worker: WorkerConnections | null = null;
  // The name of the last connection: a conversation carries one or two.
  #lastId = -1;
  #lastSymbol = -1;

  frameLength(bytes: Uint8Array, offset: number, end: number): number {
    const length = ioLength(bytes, offset, end);
    return length < 0 || offset + length > end ? NOT_MINE : length;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    const { bytes, offset, end } = view;
    this.#worker ??= workerConnections(view.symbols);
    const id = u32le(bytes, offset + 6);
    const known = this.#worker.io(id);
    view.direction = DIRECTION_EVENT;
    view.functionCode = ioKey(known?.fromOriginator ?? view.fromClient);
    // The encapsulation's own sequence number: it counts messages, that of class 1 counts new data.
    view.transaction = u32le(bytes, offset + 10);
    let at = offset + IO_HEADER_BYTES;
    // Class 1 puts a sequence count before the data; class 0 does not (Volume 1, 3-4.4). Class 1 is what is used.
    if (known?.transportClass !== 0 && at + 2 <= end) {
      view.detail = u16le(bytes, at);
      at += 2;
    }
    let symbol = known?.symbol ?? -1;
    if (known !== undefined) view.unitSymbol = known.route;
    if (symbol < 0) symbol = this.#named(view, id);
    const i = view.access(AREA.io, 0, 1, false, VALUE_TYPE.bytes, at);
    if (i >= 0) {
      view.accessSymbol[i] = symbol;
      view.accessLength[i] = end - at;
    }
    sink.message(view);
  }

  #named(view: MessageView, id: number): number {
    if (id !== this.#lastId || this.#lastSymbol < 0) {
      this.#lastId = id;
      this.#lastSymbol = connectionSymbol(view.symbols, id);
    }
    return this.#lastSymbol;
  }
}
