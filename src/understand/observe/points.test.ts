import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random.ts';
import { SymbolTable } from '../../sense/protocols/symbols.ts';
import { PointTable } from './points.ts';
import { RUN_BITS, RUN_REGISTERS } from './runs.ts';

/** A plain model of what the table must say: a map and nothing clever. */
class Model {
  readonly points = new Map<
    number,
    { reads: number; last: number; min: number; max: number; changes: number; lastUs: number }
  >();

  read(address: number, value: number, timeUs: number): void {
    const known = this.points.get(address);
    if (known === undefined) {
      this.points.set(address, { reads: 1, last: value, min: value, max: value, changes: 0, lastUs: timeUs });
      return;
    }
    known.reads++;
    known.lastUs = timeUs;
    if (known.last !== value) known.changes++;
    known.last = value;
    known.min = Math.min(known.min, value);
    known.max = Math.max(known.max, value);
  }
}

/** As the observer does it: whole ranges where possible, else one by one. */
function read(
  table: PointTable,
  space: number,
  kind: number,
  address: number,
  values: readonly number[],
  timeUs: number,
): void {
  const first = table.at(space, address);
  const bytes = new Uint8Array(3 + values.length * 2).fill(0xa5);
  for (const [k, value] of values.entries()) {
    if (kind === RUN_REGISTERS) new DataView(bytes.buffer).setUint16(3 + 2 * k, value);
    else bytes[3 + (k >> 3)] = (bytes[3 + (k >> 3)]! & ~(1 << (k & 7))) | (value << (k & 7));
  }
  table.nowUs = timeUs;
  if (table.readRange(kind, space, address, values.length, bytes, 3)) return;
  let point = first;
  values.forEach((value, k) => {
    if (k > 0) point = table.after(point, space, address + k);
    table.read(point, value, timeUs);
  });
}

describe('PointTable', () => {
  it.each([
    ['registers', RUN_REGISTERS, 4],
    ['bits', RUN_BITS, 2],
  ])('says of %s the same as a plain model, however ranges overlap', (_, kind, values) => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const table = new PointTable(new SymbolTable());
      const model = new Model();
      const space = table.spaceFor('10.0.0.1', '1', 'holding', 'modbus');
      // A few polled ranges that come again and again, some of which share points.
      const ranges = Array.from({ length: 5 }, () => ({ address: random.below(40), count: 1 + random.below(20) }));
      const plant = new Map<number, number>();
      for (let step = 0; step < 300; step++) {
        plant.set(random.below(60), random.below(values));
        const { address, count } = random.pick(ranges);
        const seen = Array.from({ length: count }, (__, k) => plant.get(address + k) ?? 0);
        read(table, space, kind, address, seen, step);
        for (const [k, value] of seen.entries()) model.read(address + k, value, step);
        // Asking in between must not change what is said later.
        if (step === 150) table.statistics(0);
      }
      for (const [address, expected] of model.points) {
        expect([seed, address, table.statistics(table.find(space, address))]).toMatchObject([seed, address, expected]);
      }
      expect(table.size).toBe(model.points.size);
    }
  });

  it('keeps named points apart from numbered ones', () => {
    const symbols = new SymbolTable();
    const table = new PointTable(symbols);
    const space = table.spaceFor('10.0.0.1', '', 'tag', 'cip');
    const named = table.at(space, 0, symbols.internText('Program:Main.Level'));
    expect(table.at(space, 0)).not.toBe(named);
    expect(table.name(named)).toBe('10.0.0.1/tag/Program:Main.Level');
  });

  it('stops growing at its bound and counts what found no room', () => {
    const table = new PointTable(new SymbolTable(), 2_000);
    const space = table.spaceFor('10.0.0.1', '1', 'holding', 'modbus');
    for (let address = 0; address < 2_500; address++) {
      const point = table.at(space, address);
      if (point >= 0) table.read(point, address, 1);
    }
    expect(table.size).toBe(2_000);
    expect(table.overflow).toBe(500);
    expect(table.statistics(1_999)).toMatchObject({ last: 1_999, reads: 1 });
  });
});
