/** How 16-bit registers make a number. Modbus leaves word order to the vendor; all four orders of 32-bit values occur. */
import type { TagType } from './model.ts';

/** Registers each type takes; `native` is one element of whatever the protocol states. */
export const TAG_TYPE_WORDS: Readonly<Record<TagType, number>> = {
  native: 1,
  bool: 1,
  int16: 1,
  uint16: 1,
  int32: 2,
  'int32-swapped': 2,
  uint32: 2,
  'uint32-swapped': 2,
  float32: 2,
  'float32-swapped': 2,
  'float32-bytes': 2,
  'float32-reversed': 2,
  float64: 4,
  'float64-swapped': 4,
};

const scratch = new DataView(new ArrayBuffer(8));

/** The number in `words` registers from `at` on; NaN for `native`. No scale. */
export function decodeRegisters(type: TagType, words: ArrayLike<number>, at: number): number {
  const first = words[at]!;
  const second = words[at + 1]!;
  switch (type) {
    case 'uint16':
      return first;
    case 'int16':
      return (first << 16) >> 16;
    case 'bool':
      return first === 0 ? 0 : 1;
    case 'uint32':
      return first * 65_536 + second;
    case 'uint32-swapped':
      return second * 65_536 + first;
    case 'int32':
      return (first << 16) | second;
    case 'int32-swapped':
      return (second << 16) | first;
    case 'float32':
      return float32(first, second);
    case 'float32-swapped':
      return float32(second, first);
    case 'float32-bytes':
      return float32(swapBytes(first), swapBytes(second));
    case 'float32-reversed':
      return float32(swapBytes(second), swapBytes(first));
    case 'float64':
      return float64(first, second, words[at + 2]!, words[at + 3]!);
    case 'float64-swapped':
      return float64(words[at + 3]!, words[at + 2]!, second, first);
    case 'native':
      return Number.NaN;
  }
}

function float32(high: number, low: number): number {
  scratch.setUint16(0, high);
  scratch.setUint16(2, low);
  return scratch.getFloat32(0);
}

function float64(first: number, second: number, third: number, fourth: number): number {
  scratch.setUint16(0, first);
  scratch.setUint16(2, second);
  scratch.setUint16(4, third);
  scratch.setUint16(6, fourth);
  return scratch.getFloat64(0);
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}
