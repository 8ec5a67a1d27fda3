import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BER_INDEFINITE_DEPTH_MAX, DATA_DEPTH_MAX } from '../../../limits.ts';
import { MessageView } from '../message-view.ts';
import { VALUE_TYPE_NAMES } from '../values.ts';
import { Element, integerAt, objectIdText, tagNumber } from './ber.ts';
import { DataReader } from './data.ts';
import { data, element, integerElement, type Octets } from './encode.ts';

/** Bytes of hexadecimal text; blanks only separate. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

/** Reads one `Data` named `x`: `name = type value` of each access, and the problems. */
function read(octets: Uint8Array): { values: string[]; problems: string[]; view: MessageView; next: number } {
  const view = new MessageView();
  view.bytes = octets;
  view.end = octets.length;
  const next = new DataReader().read(view, 0, octets.length, 0, view.symbols.internText('x'), false, false);
  const values: string[] = [];
  for (let i = 0; i < view.accessCount; i++) {
    const name = view.symbols.name(view.accessSymbol[i]!);
    values.push(`${name} = ${VALUE_TYPE_NAMES[view.accessType[i]!]} ${view.wireValues(i).join()}`);
  }
  return { values, problems: view.problemKind.slice(0, view.problemCount), view, next };
}

describe('element', () => {
  const found = new Element();

  it('reads short, long and padded lengths, low and high tags', () => {
    expect(found.read(hex('83 01 ff'), 0, 3)).toBe(true);
    expect([found.tag, found.at, found.end, found.next, found.cut]).toEqual([0x83, 2, 3, 3, false]);
    // Length in more octets than needed: allowed (X.690, 8.1.3.5 c, note 2).
    expect(found.read(hex('83 82 00 01 ff'), 0, 5)).toBe(true);
    expect([found.at, found.end]).toEqual([4, 5]);
    // [72], as fileOpen has it; [300].
    expect(found.read(hex('bf 48 00'), 0, 3)).toBe(true);
    expect(tagNumber(found.tag)).toBe(72);
    expect(found.read(hex('9f 82 2c 00'), 0, 4)).toBe(true);
    expect(tagNumber(found.tag)).toBe(300);
  });

  it('says what does not fit', () => {
    expect(found.read(hex('83 05 01 02'), 0, 4)).toBe(true);
    expect([found.cut, found.end]).toEqual([true, 4]);
    expect(found.read(hex('83 84 ff ff ff ff 00'), 0, 7)).toBe(true);
    expect(found.cut).toBe(true);
    for (const bad of ['', '83', 'bf', 'bf 48', 'bf ff ff ff 01 00', '83 85 00 00 00 00 01', '83 82 00']) {
      expect(found.read(hex(bad), 0, hex(bad).length), bad).toBe(false);
    }
  });

  it('follows indefinite lengths, but not without end', () => {
    //               SEQUENCE, indefinite: [1] indefinite { boolean } EOC, integer, EOC; then the next element
    const nested = hex('30 80 a1 80 83 01 ff 00 00 02 01 05 00 00 04 00');
    expect(found.read(nested, 0, nested.length)).toBe(true);
    expect([found.at, found.end, found.next]).toEqual([2, 12, 14]);
    expect(found.read(nested.slice(0, 13), 0, 13)).toBe(false);
    const depth = BER_INDEFINITE_DEPTH_MAX + 5;
    const deep = hex('30 80 '.repeat(depth) + '00 00 '.repeat(depth));
    expect(found.read(deep, 0, deep.length)).toBe(false);
    // A primitive has no indefinite length.
    expect(found.read(hex('83 80 00 00'), 0, 4)).toBe(false);
  });

  it('reads and writes integers in the fewest octets', () => {
    const numbers = [0, 1, 127, 128, 255, 256, 32_767, 32_768, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 47];
    for (const number of [...numbers, ...numbers.map((n) => -n - 1)]) {
      const octets = integerElement(0x02, number);
      expect(integerAt(octets, 2, octets.length), String(number)).toBe(number);
      // The first nine bits are never all the same (X.690, 8.3.2).
      if (octets.length > 3) expect([0, 0x1ff]).not.toContain(((octets[2]! << 8) | octets[3]!) >> 7);
    }
  });

  it('reads object identifiers', () => {
    expect(objectIdText(hex('28 ca 22 02 01'), 0, 5)).toBe('1.0.9506.2.1');
    expect(objectIdText(hex('52 01 00 01'), 0, 4)).toBe('2.2.1.0.1');
  });
});

describe('data', () => {
  it.each([
    ['83 01 01', 'x = bool true'],
    ['84 02 06 80', 'x = uint32 2'], // two bits, 10: Dbpos on
    ['85 01 ff', 'x = int32 -1'],
    ['85 05 01 00 00 00 00', 'x = int64 4294967296'],
    ['86 05 00 ff ff ff ff', 'x = uint32 4294967295'],
    ['87 05 08 41 48 00 00', 'x = float32 12.5'],
    ['87 09 0b 40 29 00 00 00 00 00 00', 'x = float64 12.5'],
    ['89 02 de ad', 'x = bytes dead'],
    ['8a 02 4f 4b', 'x = text OK'],
    ['8c 04 00 00 03 e8', 'x = uint64 1000'],
    ['8c 06 00 00 03 e8 00 01', `x = uint64 ${Date.UTC(1984, 0, 2) + 1000}`],
    ['91 08 00 00 00 01 80 00 00 0a', 'x = uint64 1500'],
  ])('%s is %s', (octets, expected) => {
    expect(read(hex(octets))).toMatchObject({ values: [expected], problems: [], next: hex(octets).length });
  });

  it.each([
    ['83 02 00 01', 'data-boolean'],
    ['85 00', 'data-integer'],
    ['87 05 0b 00 00 00 00', 'data-floating-point'],
    ['84 01 03', 'data-bit-string'],
    ['84 02 08 00', 'data-bit-string'],
    ['91 04 00 00 00 00', 'data-utc-time'],
    ['9e 01 00', 'data-unknown-type'],
  ])('%s is the problem %s, its octets are kept', (octets, problem) => {
    const seen = read(hex(octets));
    expect(seen.problems).toEqual([problem]);
    expect(seen.values).toEqual([expect.stringMatching(/^x = bytes/)]);
  });

  it('flattens structures; quality and time stamp are those of the values before them', () => {
    const seen = read(
      data.structure(
        data.structure(data.float32(1.5)),
        data.bits('0100000000000'),
        data.utcTime(1_700_000_000_500_000),
        data.boolean(true),
      ),
    );
    expect(seen.values.map((text) => text.split(' ')[0])).toEqual(['x[0.0]', 'x[1]', 'x[2]', 'x[3]']);
    expect([...seen.view.accessQuality.slice(0, 4)]).toEqual([2, 0, 0, 0]);
    expect(seen.view.accessTimeUs[0]).toBe(1_700_000_000_500_000);
    expect(seen.view.accessTimeUs[3]).toBeNaN();
  });

  it('stops at the depth no device has, and at what is cut', () => {
    let deep: Octets = data.boolean(true);
    for (let i = 0; i < DATA_DEPTH_MAX + 2; i++) deep = data.structure(deep);
    expect(read(deep)).toMatchObject({ values: [], problems: ['data-too-deep'] });
    const cut = data.structure(data.boolean(true), data.integer(70_000)).slice(0, -1);
    expect(read(cut)).toMatchObject({ values: ['x[0] = bool true'], next: -1 });
  });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ noNaN: true }),
        fc.stringMatching(/^[01]{1,53}$/),
        (number, float, bits) => {
          const { view } = read(data.structure(data.integer(number), data.float64(float), data.bits(bits)));
          expect([view.valueOf(0, 0), view.valueOf(1, 0)]).toEqual([number, float]);
          expect(view.accessQuality[2]).toBe(0);
          expect(view.valueOf(2, 0)).toBe(Number.parseInt(bits, 2));
        },
      ),
    );
  });

  it('never throws and ends on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { next } = read(bytes.length === 0 ? element(0x83) : bytes);
        expect(next).toBeLessThanOrEqual(Math.max(bytes.length, 2));
      }),
      { numRuns: 2_000 },
    );
  });
});
