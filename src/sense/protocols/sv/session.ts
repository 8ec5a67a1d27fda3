/** Sampled Values from one source to one target: which streams there are, and what they say of themselves. */
import { PUBLISHED_STREAMS_MAX } from '../../../limits.ts';
import { ComponentNames } from '../asn1/component-names.ts';
import { DIRECTION_EVENT, type MessageView, NO_SYMBOL } from '../message-view.ts';
import type { MessageSink, ProtocolSession } from '../protocol.ts';
import { type AsduListener, asdu, emitAsdu, readFrame } from './message.ts';
import { CHANNELS } from './names.ts';

/** What a stream said of itself last, and the names of its channels. */
interface Stream {
  appId: number;
  datSet: number;
  confRev: number;
  readonly channels: readonly number[];
}

export class SampledValuesSession implements ProtocolSession, AsduListener {
  readonly #names = new ComponentNames();
  readonly #streams = new Map<number, Stream>();
  #current: Stream | null = null;
  readonly #channelOf = (channel: number): number => this.#current!.channels[channel]!;

  /** One frame is one message; what stands behind it is padding. */
  frameLength(_bytes: Uint8Array, offset: number, end: number): number {
    return end - offset;
  }

  dissect(view: MessageView, sink: MessageSink): void {
    view.direction = DIRECTION_EVENT;
    readFrame(view, this);
    sink.message(view);
  }

  /** Called by `readFrame` for each ASDU. */
  asdu(view: MessageView): void {
    const symbol = asdu.svId === NO_SYMBOL ? view.symbols.internText(`appid-${appIdText()}`) : asdu.svId;
    this.#current = this.#introduce(view, symbol);
    view.transaction = asdu.smpCnt > 0 ? asdu.smpCnt : 0;
    emitAsdu(view, symbol, this.#channelOf);
  }

  /** Facts, the first time and whenever one changes. */
  #introduce(view: MessageView, symbol: number): Stream {
    let stream = this.#streams.get(symbol);
    if (stream === undefined) {
      if (this.#streams.size >= PUBLISHED_STREAMS_MAX) this.#forgetOldest();
      const channels: number[] = [];
      for (let i = 0; i < CHANNELS; i++) channels.push(this.#names.component(view.symbols, symbol, i, false));
      stream = { appId: -1, datSet: NO_SYMBOL, confRev: -1, channels };
      this.#streams.set(symbol, stream);
      view.fact('client', 'sv-id', view.symbols.name(symbol));
    }
    if (stream.appId !== asdu.appId) {
      stream.appId = asdu.appId;
      view.fact('client', 'sv-app-id', appIdText());
    }
    if (stream.datSet !== asdu.datSet) {
      stream.datSet = asdu.datSet;
      view.fact('client', 'sv-data-set', view.symbols.name(asdu.datSet));
    }
    if (stream.confRev !== asdu.confRev && !Number.isNaN(asdu.confRev)) {
      stream.confRev = asdu.confRev;
      view.fact('client', 'sv-configuration-revision', String(asdu.confRev));
    }
    return stream;
  }

  #forgetOldest(): void {
    for (const oldest of this.#streams.keys()) {
      this.#streams.delete(oldest);
      return;
    }
  }
}

function appIdText(): string {
  return `0x${asdu.appId.toString(16).padStart(4, '0')}`;
}
