/** Facts of Sampled Values as the truth files hold them, from the accesses of each message. */
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { asdu } from '../../../src/sense/protocols/sv/message.ts';
import { AREA } from '../../../src/sense/protocols/sv/names.ts';
import { count, type Ends, type FactCollector } from './collector.ts';

interface Stream {
  readonly key: Record<string, unknown>;
  asdus: number;
  smallest: number;
  largest: number;
  last: number;
  discontinuities: number;
  readonly confRev: Record<string, number>;
  readonly smpSynch: Record<string, number>;
  readonly datSet: Record<string, number>;
}

export function collectSv(): FactCollector {
  let pdus = 0;
  let asdus = 0;
  const frames = new Set<number>();
  const asdusOfFrames: Record<string, number> = {};
  const streams = new Map<string, Stream>();

  function streamOf(view: MessageView, symbol: number, ends: Ends): Stream {
    const appid = `0x${((view.bytes[view.offset]! << 8) | view.bytes[view.offset + 1]!).toString(16).padStart(4, '0')}`;
    const key = { src: ends.client, dst: ends.server, appid, svID: view.symbols.name(symbol) };
    const text = JSON.stringify(key);
    let stream = streams.get(text);
    if (stream === undefined) {
      const counts = {
        asdus: 0,
        smallest: Number.POSITIVE_INFINITY,
        largest: -1,
        last: Number.NaN,
        discontinuities: 0,
      };
      stream = { key, ...counts, confRev: {}, smpSynch: {}, datSet: {} };
      streams.set(text, stream);
    }
    return stream;
  }

  return {
    protocols: ['sv'],
    message(view: MessageView, ends: Ends): void {
      pdus++;
      frames.add(view.frame);
      count(asdusOfFrames, view.detail);
      for (let i = 0; i < view.accessCount; i++) {
        const area = view.accessArea[i]!;
        const value = view.accessNumber[i]!;
        if (area === AREA.sample) continue;
        const stream = streamOf(view, view.accessSymbol[i]!, ends);
        if (area === AREA.confRev) count(stream.confRev, value);
        else if (area === AREA.smpSynch) count(stream.smpSynch, value);
        else if (area === AREA.smpCnt) {
          asdus++;
          stream.asdus++;
          // The header the dissector read last: streams here have one ASDU a frame, or all alike.
          count(stream.datSet, asdu.datSet < 0 ? 'None' : view.symbols.name(asdu.datSet));
          stream.smallest = Math.min(stream.smallest, value);
          stream.largest = Math.max(stream.largest, value);
          if (!Number.isNaN(stream.last) && value !== stream.last + 1) stream.discontinuities++;
          stream.last = value;
        }
      }
    },
    facts() {
      return {
        pdus,
        frames: frames.size,
        asdus,
        noASDU: asdusOfFrames,
        streams: [...streams.values()].map((stream) => ({
          ...stream.key,
          asdus: stream.asdus,
          smpCnt_min: stream.smallest,
          smpCnt_max: stream.largest,
          smpCnt_discontinuities: stream.discontinuities,
          confRev: stream.confRev,
          smpSynch: stream.smpSynch,
          datSet: stream.datSet,
        })),
      };
    },
  };
}
