/** Seeds out of captures, for one run: what conversations begin with. They are other people's bytes and are never saved as corpus. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readCaptureFile } from '../../src/sense/capture/reader.ts';
import type { SegmentContext, StreamState } from '../../src/sense/protocols/streams.ts';
import { Sensor } from '../../src/understand/observe/sensor.ts';
import type { Seed, Turn } from './seed.ts';

const TURNS_MAX = 12;
const TURN_BYTES_MAX = 1_500;
const SEEDS_MAX = 200;
const FRAMES_A_FILE_MAX = 20_000;

interface Heard {
  readonly state: StreamState;
  readonly turns: { readonly fromA: boolean; readonly bytes: Uint8Array }[];
}

/** Seeds by protocol name from every capture under `folder`. */
export function seedsOfCaptures(folder: string): Map<string, Seed[]> {
  const seeds = new Map<string, Seed[]>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/\.p?cap(ng)?(\.gz)?$/.test(entry)) continue;
    try {
      readInto(seeds, join(folder, entry));
    } catch {
      // A capture that cannot be read is not what is looked for here.
    }
  }
  return seeds;
}

function readInto(seeds: Map<string, Seed[]>, file: string): void {
  const heard = new Map<StreamState, Heard>();
  const sensor = new Sensor({ message: () => {}, part: () => {} });
  const { streams } = sensor;
  const keep = (state: StreamState, fromA: boolean, bytes: Uint8Array, offset: number, end: number): void => {
    const one = heard.get(state) ?? { state, turns: [] };
    heard.set(state, one);
    const length = Math.min(end - offset, TURN_BYTES_MAX);
    if (one.turns.length < TURNS_MAX) one.turns.push({ fromA, bytes: bytes.slice(offset, offset + length) });
  };
  const stream = streams.stream.bind(streams);
  const datagram = streams.datagram.bind(streams);
  streams.stream = (state, fromA, bytes, offset, end, context: SegmentContext) => {
    keep(state, fromA, bytes, offset, end);
    stream(state, fromA, bytes, offset, end, context);
  };
  streams.datagram = (state, fromA, bytes, offset, end, context: SegmentContext) => {
    keep(state, fromA, bytes, offset, end);
    datagram(state, fromA, bytes, offset, end, context);
  };
  let frames = 0;
  readCaptureFile(file, {
    frame: (bytes, offset, captured, original, timeUs, linkType) => {
      if (++frames <= FRAMES_A_FILE_MAX) sensor.frame(bytes, offset, captured, original, timeUs, linkType);
    },
  });
  for (const { state, turns } of heard.values()) {
    const name = state.protocol?.name;
    if (name === undefined) continue;
    const list = seeds.get(name) ?? [];
    seeds.set(name, list);
    if (list.length >= SEEDS_MAX) continue;
    const own: Turn[] = turns.map(({ fromA, bytes }) => ({ fromClient: fromA === state.clientIsA, bytes }));
    const port = state.clientIsA ? state.portB : state.portA;
    const isLink =
      !state.stream && state.portA === state.portB && state.portA >= 1_536 && state.protocol?.overLink === true;
    list.push({
      name: file,
      transport: state.stream ? 'tcp' : isLink ? 'link' : 'udp',
      port,
      settled: true,
      turns: own,
    });
  }
}
