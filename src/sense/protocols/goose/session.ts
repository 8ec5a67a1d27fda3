/** GOOSE from one source to one target: which control blocks publish, and what they say of themselves. */
import { PUBLISHED_STREAMS_MAX } from '../../../limits.ts';
import { DataReader } from '../asn1/data.ts';
import { DIRECTION_EVENT, type MessageView, NO_SYMBOL } from '../message-view.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { header, readHeader, readMessage } from './message.ts';

/** What a control block said of itself last. */
interface ControlBlock {
  appId: number;
  datSet: number;
  goId: number;
  confRev: number;
}

export class GooseSession implements ProtocolSession {
  readonly #reader = new DataReader();
  readonly #blocks = new Map<number, ControlBlock>();

  /** One frame is one message; what stands behind it is padding. */
  frameLength(_bytes: Uint8Array, offset: number, end: number): number {
    return end - offset;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    view.direction = DIRECTION_EVENT;
    if (readHeader(view)) {
      const stream = header.gocbRef === NO_SYMBOL ? appIdSymbol(view) : header.gocbRef;
      this.#introduce(view, stream);
      readMessage(view, this.#reader, stream);
    }
    view.transaction = header.sqNum > 0 ? header.sqNum : 0;
    view.detail = header.appId;
    sink.message(view);
  }

  /** Facts, the first time and whenever one changes. */
  #introduce(view: MessageView, stream: number): void {
    let block = this.#blocks.get(stream);
    if (block === undefined) {
      if (this.#blocks.size >= PUBLISHED_STREAMS_MAX) this.#forgetOldest();
      block = { appId: -1, datSet: NO_SYMBOL, goId: NO_SYMBOL, confRev: -1 };
      this.#blocks.set(stream, block);
      view.fact('client', 'goose-control-block', view.symbols.name(stream));
    }
    if (block.appId !== header.appId) {
      block.appId = header.appId;
      view.fact('client', 'goose-app-id', appIdText(header.appId));
    }
    if (block.datSet !== header.datSet) {
      block.datSet = header.datSet;
      view.fact('client', 'goose-data-set', view.symbols.name(header.datSet));
    }
    if (block.goId !== header.goId) {
      block.goId = header.goId;
      view.fact('client', 'goose-id', view.symbols.name(header.goId));
    }
    if (block.confRev !== header.confRev && !Number.isNaN(header.confRev)) {
      block.confRev = header.confRev;
      view.fact('client', 'goose-configuration-revision', String(header.confRev));
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#blocks.keys()) {
      this.#blocks.delete(oldest);
      return;
    }
  }
}

/** Name of the stream of a message that does not name its control block. */
function appIdSymbol(view: MessageView): number {
  return view.symbols.internText(`appid-${appIdText(header.appId)}`);
}

function appIdText(appId: number): string {
  return `0x${appId.toString(16).padStart(4, '0')}`;
}
