/** Facts of GOOSE as the truth files hold them, from the header the dissector read of each message. */
import { header } from '../../../src/sense/protocols/goose/message.ts';
import { FUNCTION } from '../../../src/sense/protocols/goose/names.ts';
import type { MessageView } from '../../../src/sense/protocols/message-view.ts';
import { count, type Ends, type FactCollector } from './collector.ts';

/** Counts of one stream, in the truth's own words. */
interface Stream {
  readonly key: Record<string, unknown>;
  frames: number;
  readonly counts: Record<
    'goID' | 'datSet' | 'confRev' | 'numDatSetEntries' | 'timeAllowedToLive',
    Record<string, number>
  >;
  readonly stNums: number[];
  readonly sqNums: number[];
  changes: number;
  decreases: number;
  repeats: number;
  jumps: number;
  simulation: number;
  ndsCom: number;
}

export function collectGoose(): FactCollector {
  let pdus = 0;
  let others = 0;
  const frames = new Set<number>();
  const streams = new Map<string, Stream>();

  function streamOf(view: MessageView, ends: Ends): Stream {
    const gocbRef = header.gocbRef < 0 ? null : view.symbols.name(header.gocbRef);
    const appid = `0x${header.appId.toString(16).padStart(4, '0')}`;
    const key = { src: ends.client, dst: ends.server, appid, gocbRef };
    const text = JSON.stringify(key);
    let stream = streams.get(text);
    if (stream === undefined) {
      const counts = { goID: {}, datSet: {}, confRev: {}, numDatSetEntries: {}, timeAllowedToLive: {} };
      const none = { changes: 0, decreases: 0, repeats: 0, jumps: 0, simulation: 0, ndsCom: 0 };
      stream = { key, frames: 0, counts, stNums: [], sqNums: [], ...none };
      streams.set(text, stream);
    }
    return stream;
  }

  /** Steps from the message before: a new state, or the next number in the same. */
  function step(stream: Stream): void {
    const before = stream.stNums.at(-1);
    const sqBefore = stream.sqNums.at(-1);
    if (before === undefined || sqBefore === undefined) return;
    if (header.stNum !== before) stream.changes++;
    if (header.stNum < before) stream.decreases++;
    if (header.stNum !== before) return;
    if (header.sqNum === sqBefore) stream.repeats++;
    else if (header.sqNum !== sqBefore + 1) stream.jumps++;
  }

  return {
    protocols: ['goose'],
    message(view: MessageView, ends: Ends): void {
      frames.add(view.frame);
      if (view.functionCode === FUNCTION.management) {
        others++;
        return;
      }
      pdus++;
      const stream = streamOf(view, ends);
      stream.frames++;
      const text = (symbol: number) => (symbol < 0 ? 'null' : view.symbols.name(symbol));
      const number = (value: number) => (Number.isNaN(value) ? 'null' : value);
      count(stream.counts.goID, text(header.goId));
      count(stream.counts.datSet, text(header.datSet));
      count(stream.counts.confRev, number(header.confRev));
      count(stream.counts.numDatSetEntries, number(header.entries));
      count(stream.counts.timeAllowedToLive, number(header.timeAllowedToLiveMs));
      step(stream);
      if (!Number.isNaN(header.stNum)) stream.stNums.push(header.stNum);
      if (!Number.isNaN(header.sqNum)) stream.sqNums.push(header.sqNum);
      if (header.simulation) stream.simulation++;
      if (header.ndsCom) stream.ndsCom++;
    },
    facts() {
      return {
        pdus,
        frames: frames.size,
        streams: [...streams.values()].map((stream) => ({
          ...stream.key,
          frames: stream.frames,
          ...stream.counts,
          stNum_distinct: new Set(stream.stNums).size,
          ...range('stNum', stream.stNums),
          stNum_changes: stream.changes,
          stNum_decreases: stream.decreases,
          ...range('sqNum', stream.sqNums),
          sqNum_repeats: stream.repeats,
          sqNum_jumps: stream.jumps,
          simulation: stream.simulation,
          ndsCom: stream.ndsCom,
        })),
        gse_management_or_other: others,
      };
    },
  };
}

function range(name: string, numbers: readonly number[]): Record<string, number | null> {
  const none = numbers.length === 0;
  return { [`${name}_min`]: none ? null : Math.min(...numbers), [`${name}_max`]: none ? null : Math.max(...numbers) };
}
