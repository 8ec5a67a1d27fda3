import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random.ts';
import type { Message } from '../../records.ts';
import { MessageView } from '../../sense/protocols/message-view.ts';
import { modbus } from '../../sense/protocols/modbus/index.ts';
import { ProtocolStreams } from '../../sense/protocols/streams.ts';
import { VALUE_TYPE } from '../../sense/protocols/values.ts';
import { loadSite } from '../plant/load.ts';
import { EMPTY_SITE, type Site, type TagType } from '../plant/model.ts';
import { TagMapper } from './tags.ts';

const PLC = '10.20.1.11';
const HMI = '10.20.2.5';

/** Runs Modbus PDUs through the dissector into a mapper; collects samples by tag name. */
class Bench {
  readonly samples: { tag: string; value: number; quality: string; timeUs: number }[] = [];
  readonly made: string[] = [];
  readonly messages: Message[] = [];
  readonly mapper: TagMapper;
  timeUs = 1e6;
  readonly #streams: ProtocolStreams;
  readonly #state;
  #transaction = 0;

  constructor(site: Site) {
    this.mapper = new TagMapper(site, {
      onTag: (tag) => this.made.push(tag.name),
      onSample: (index, timeUs, value, quality) =>
        this.samples.push({ tag: this.mapper.tags()[index]!.name, timeUs, value, quality }),
    });
    const message = (view: MessageView): void => {
      for (let i = 0; i < view.accessCount; i++) this.mapper.access(view, i, { server: PLC });
      this.messages.push(view.toMessage({ capture: 'test', client: HMI, server: PLC, device: PLC }));
      view.poison();
    };
    this.#streams = new ProtocolStreams([modbus], { message }, new MessageView());
    this.#state = this.#streams.open(1, 50_000, 502, true, true);
  }

  /** One PDU in an MBAP header (Messaging Implementation Guide V1.0b, 3.1.3): transaction, protocol 0, length, unit 1. */
  send(fromClient: boolean, ...pdu: number[]): void {
    if (fromClient) this.#transaction++;
    const frame = Uint8Array.from([0, this.#transaction, 0, 0, 0, pdu.length + 1, 1, ...pdu]);
    this.timeUs += 1_000;
    const context = { timeUs: this.timeUs, frame: 1, frameStart: 0 };
    this.#streams.stream(this.#state, fromClient, frame, 0, frame.length, context);
  }

  /** Reads `words.length` holding registers from `address` (function 3) and answers with `words`. */
  read(address: number, ...words: number[]): void {
    this.send(true, 3, address >> 8, address & 255, 0, words.length);
    this.send(false, 3, 2 * words.length, ...words.flatMap((word) => [word >> 8, word & 255]));
  }

  /** Writes registers (function 16); the answer repeats address and quantity only. */
  write(address: number, ...words: number[]): Message {
    const head = [16, address >> 8, address & 255, 0, words.length];
    this.send(true, ...head, 2 * words.length, ...words.flatMap((word) => [word >> 8, word & 255]));
    const request = this.messages.at(-1)!;
    this.send(false, ...head);
    return request;
  }

  last(name: string): number {
    return this.mapper.lastValue(this.mapper.indexOf(name));
  }
}

function siteWith(tags: string): Site {
  return loadSite(
    `devices:\n  plc-1: {address: ${PLC}, unit: 1}\nunits:\n  - name: P1\n    tags:\n${tags.replace(/^/gm, '      ')}`,
    'site.yaml',
  );
}

const ORDERS: readonly [TagType, number, number[]][] = [
  // 75.25 is 0x42968000: sign 0, exponent 0x85, mantissa 0x168000.
  ['float32', 75.25, [0x4296, 0x8000]],
  ['float32-swapped', 75.25, [0x8000, 0x4296]],
  ['float32-bytes', 75.25, [0x9642, 0x0080]],
  ['float32-reversed', 75.25, [0x0080, 0x9642]],
  ['int16', -2, [0xfffe]],
  ['uint16', 65_534, [0xfffe]],
  ['int32', -65_535, [0xffff, 0x0001]],
  ['int32-swapped', -65_535, [0x0001, 0xffff]],
  ['uint32', 4_294_901_761, [0xffff, 0x0001]],
  ['uint32-swapped', 4_294_901_761, [0x0001, 0xffff]],
  // 1000.5 is 0x408F440000000000.
  ['float64', 1000.5, [0x408f, 0x4400, 0, 0]],
  ['float64-swapped', 1000.5, [0, 0, 0x4400, 0x408f]],
  ['bool', 1, [0x0100]],
  ['native', 7, [7]],
];

describe('declared tags', () => {
  it.each(ORDERS)('reads %s', (type, value, words) => {
    const bench = new Bench(siteWith(`T: {point: plc-1/holding/100, type: ${type}}`));
    bench.read(98, 0xaaaa, 0xbbbb, ...words, 0xcccc);
    expect(bench.last('T')).toBe(value);
    expect(bench.samples).toEqual([{ tag: 'T', value, quality: 'good', timeUs: bench.timeUs }]);
    expect(bench.made).toEqual([]);
  });

  it('scales, and calls what is no number bad', () => {
    const bench = new Bench(
      siteWith(
        'heater: {point: plc-1/holding/140, type: int16, scale: 0.1}\nT: {point: plc-1/holding/141, type: float32}',
      ),
    );
    bench.read(140, 555, 0x7fc0, 0);
    expect(bench.samples.map(({ tag, value, quality }) => [tag, value, quality])).toEqual([
      ['heater', 55.5, 'good'],
      ['T', Number.NaN, 'bad'],
    ]);
  });

  it('makes nothing of half a value that is read', () => {
    const bench = new Bench(siteWith('T: {point: plc-1/holding/100, type: float32}'));
    bench.read(99, 1, 0x4296);
    bench.read(101, 0x8000);
    expect(bench.samples).toEqual([]);
    expect(bench.mapper.partialReads).toBe(1);
  });

  it('reads coils and discretes by bit', () => {
    const bench = new Bench(siteWith('cip: {point: plc-1/coil/8}\nFDV: {point: plc-1/coil/12}'));
    bench.send(true, 1, 0, 0, 0, 16);
    bench.send(false, 1, 2, 0b0000_0000, 0b0001_0000); // coil 12
    expect([bench.last('cip'), bench.last('FDV')]).toEqual([0, 1]);
    // The other coils have no name: each is a tag called by its address.
    expect(bench.made).toHaveLength(14);
    expect(bench.made[0]).toBe('10.20.1.11/1/coil/0');
  });

  it('ignores another unit behind the same address', () => {
    const bench = new Bench(siteWith('T: {point: 10.20.1.11/2/holding/100}'));
    bench.read(100, 5);
    expect(bench.samples).toEqual([]);
  });
});

describe('writes', () => {
  const offset = 'TT-101.offset: {point: plc-1/holding/160, type: float32-swapped, unit: K, role: calibration}';

  it('are known at once, with what stood there before', () => {
    const bench = new Bench(siteWith(offset));
    bench.read(160, 0, 0x3f00); // 0.5
    const request = bench.write(160, 0x0000, 0x4080); // 4.0
    expect(bench.last('TT-101.offset')).toBe(4);
    expect(bench.mapper.decodeWrites(request)).toMatchObject([
      { tag: { name: 'TT-101.offset' }, point: '10.20.1.11/1/holding/160', value: 4, before: 0.5 },
    ]);
    // The answer to the write says nothing new.
    expect(bench.samples.map(({ value }) => value)).toEqual([0.5, 4]);
  });

  it('of half a value change that half', () => {
    const bench = new Bench(siteWith(offset));
    bench.read(160, 0, 0x4080);
    const request = bench.write(161, 0x4100); // high word of 8.0
    expect(bench.mapper.decodeWrites(request)).toMatchObject([{ value: 8, before: 4 }]);
    expect(bench.last('TT-101.offset')).toBe(8);
  });

  it('of coils say on or off', () => {
    const bench = new Bench(siteWith('GUARD-1.force: {point: plc-1/coil/40, role: safety}'));
    bench.send(true, 5, 0, 40, 0xff, 0);
    const request = bench.messages.at(-1)!;
    bench.send(false, 5, 0, 40, 0xff, 0);
    expect(bench.mapper.decodeWrites(request)).toMatchObject([
      { tag: { name: 'GUARD-1.force' }, value: 1, before: Number.NaN },
    ]);
    expect(bench.samples).toHaveLength(1);
  });

  it('to points without a name read as the float they likely are', () => {
    const bench = new Bench(EMPTY_SITE);
    expect(bench.mapper.decodeWrites(bench.write(160, 0x0000, 0x4080))).toEqual([
      { tag: null, tagIndex: -1, point: '10.20.1.11/1/holding/160', value: 4, before: Number.NaN },
    ]);
    expect(bench.mapper.decodeWrites(bench.write(10, 300))).toMatchObject([
      { point: '10.20.1.11/1/holding/10', value: 300 },
    ]);
    expect(bench.made).toEqual([]);
  });
});

describe('memory by bytes', () => {
  // S7 data blocks: addresses count bytes, words lie high byte first.
  const s7 = { ...modbus, name: 's7comm', areas: ['db1'] };
  const site = siteWith(
    'T: {point: 10.20.1.11/db1/4, type: float32}\nn: {point: 10.20.1.11/db1/8, type: int16}\nmode: {point: 10.20.1.11/db1/10, type: native}',
  );
  const bytes = Uint8Array.from([1, 2, 3, 4, 0x42, 0x96, 0x80, 0, 0xff, 0xfe, 7]);

  const mapperWith = (): {
    mapper: TagMapper;
    seen: [string, number][];
    access: (first: number, raw: Uint8Array, write: boolean) => Message;
  } => {
    const seen: [string, number][] = [];
    const mapper: TagMapper = new TagMapper(site, {
      onTag: () => undefined,
      onSample: (index, _, value) => seen.push([mapper.tags()[index]!.name, value]),
    });
    const access = (first: number, raw: Uint8Array, write: boolean): Message => {
      const view = new MessageView();
      view.protocol = s7;
      view.bytes = raw;
      view.timeUs = 1_000 * (seen.length + 1);
      view.direction = write ? 0 : 1;
      view.access(0, first, raw.length, write, VALUE_TYPE.uint8, 0);
      mapper.access(view, 0, { server: PLC });
      return view.toMessage({ capture: '', client: HMI, server: PLC, device: PLC });
    };
    return { mapper, seen, access };
  };

  it('decodes words over bytes', () => {
    const { seen, access } = mapperWith();
    access(0, bytes, false);
    expect(seen).toEqual([
      ['T', 75.25],
      ['n', -2],
      ['mode', 7],
    ]);
  });

  it('knows what a write changes, also of half a value', () => {
    const { mapper, access } = mapperWith();
    access(0, bytes, false);
    const whole = access(4, Uint8Array.from([0x40, 0x80, 0, 0]), true);
    expect(mapper.decodeWrites(whole)).toMatchObject([{ tag: { name: 'T' }, value: 4, before: 75.25 }]);
    const half = access(4, Uint8Array.from([0x41, 0x00]), true);
    expect(mapper.decodeWrites(half)).toMatchObject([{ tag: { name: 'T' }, value: 8, before: 4 }]);
    expect(mapper.tagsOfPoint('10.20.1.11/db1/7', 2).map(({ name }) => name)).toEqual(['T', 'n']);
  });

  it('infers types there too', () => {
    const { mapper, access } = mapperWith();
    const random = new Random(5);
    const raw = new Uint8Array(8);
    for (let n = 0; n < 100; n++) {
      new DataView(raw.buffer).setFloat32(0, 40 + random.normal());
      new DataView(raw.buffer).setInt16(4, 500 + random.below(50));
      access(100, raw, false);
    }
    const found = mapper.tags().filter(({ declared }) => !declared);
    expect(found.map(({ name, type }) => `${name} ${type}`)).toEqual([
      '10.20.1.11/db1/100 float32',
      '10.20.1.11/db1/104 int16',
    ]);
  });
});

describe('tags of a point', () => {
  it('are those that lie at least in part in the range', () => {
    const { mapper } = new Bench(
      siteWith(
        'A: {point: plc-1/holding/98, type: float32}\nB: {point: plc-1/holding/100, type: float64}\nC: {point: plc-1/holding/104}',
      ),
    );
    const names = (point: string, count: number): string[] => mapper.tagsOfPoint(point, count).map(({ name }) => name);
    expect(names('10.20.1.11/1/holding/99', 1)).toEqual(['A']);
    expect(names('10.20.1.11/1/holding/99', 2)).toEqual(['A', 'B']);
    expect(names('10.20.1.11/1/holding/103', 2)).toEqual(['B', 'C']);
    expect(names('10.20.1.11/1/input/98', 9)).toEqual([]);
  });
});
