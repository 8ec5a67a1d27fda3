/** Element types as protocols state them, and how to read one element from bytes. A number per type keeps the hot path small. */

/** Element types. `…le` is little-endian; without it the network order (big-endian). `bit`: packed, least significant bit first. */
export const VALUE_TYPE_NAMES = [
  'none',
  'bit',
  'bool',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
  'uint16le',
  'int16le',
  'uint32le',
  'int32le',
  'uint64le',
  'int64le',
  'float32le',
  'float64le',
  'text',
  'bytes',
] as const;
export type ValueTypeName = (typeof VALUE_TYPE_NAMES)[number];

/** Number of each element type. */
export const VALUE_TYPE = {
  none: 0,
  bit: 1,
  bool: 2,
  uint8: 3,
  int8: 4,
  uint16: 5,
  int16: 6,
  uint32: 7,
  int32: 8,
  uint64: 9,
  int64: 10,
  float32: 11,
  float64: 12,
  uint16le: 13,
  int16le: 14,
  uint32le: 15,
  int32le: 16,
  uint64le: 17,
  int64le: 18,
  float32le: 19,
  float64le: 20,
  text: 21,
  bytes: 22,
} as const satisfies Record<ValueTypeName, number>;
export type ValueType = (typeof VALUE_TYPE)[ValueTypeName];

/** Bytes of one element; 0 for `none`, `bit`, `text` and `bytes`. */
export const VALUE_TYPE_BYTES = new Uint8Array([0, 0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 2, 2, 4, 4, 8, 8, 4, 8, 0, 0]);

const scratch = new DataView(new ArrayBuffer(8));

/** Big-endian unsigned 16-bit number at `offset`. */
export function u16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

/** Little-endian unsigned 16-bit number at `offset`. */
export function u16le(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}

/** Big-endian unsigned 32-bit number at `offset`. */
export function u32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

/** Little-endian unsigned 32-bit number at `offset`. */
export function u32le(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>> 0;
}

/** Element `index` of an array of `type` that starts at `offset`; 64-bit integers lose precision above 2^53. `NaN` for text. */
export function readElement(bytes: Uint8Array, offset: number, type: number, index: number): number {
  switch (type) {
    case VALUE_TYPE.bit:
      return (bytes[offset + (index >> 3)]! >> (index & 7)) & 1;
    case VALUE_TYPE.bool:
      return bytes[offset + index] === 0 ? 0 : 1;
    case VALUE_TYPE.uint8:
      return bytes[offset + index]!;
    case VALUE_TYPE.int8:
      return (bytes[offset + index]! << 24) >> 24;
    case VALUE_TYPE.uint16:
      return u16(bytes, offset + 2 * index);
    case VALUE_TYPE.int16:
      return (u16(bytes, offset + 2 * index) << 16) >> 16;
    case VALUE_TYPE.uint32:
      return u32(bytes, offset + 4 * index);
    case VALUE_TYPE.int32:
      return u32(bytes, offset + 4 * index) | 0;
    case VALUE_TYPE.uint16le:
      return u16le(bytes, offset + 2 * index);
    case VALUE_TYPE.int16le:
      return (u16le(bytes, offset + 2 * index) << 16) >> 16;
    case VALUE_TYPE.uint32le:
      return u32le(bytes, offset + 4 * index);
    case VALUE_TYPE.int32le:
      return u32le(bytes, offset + 4 * index) | 0;
    default:
      return readWide(bytes, offset, type, index);
  }
}

/** Floats and 64-bit integers go through one shared DataView: rarer, and no view is made per packet. */
function readWide(bytes: Uint8Array, offset: number, type: number, index: number): number {
  const size = VALUE_TYPE_BYTES[type]!;
  if (size === 0) return Number.NaN;
  const little = type >= VALUE_TYPE.uint16le;
  for (let i = 0; i < size; i++) scratch.setUint8(i, bytes[offset + size * index + i]!);
  switch (type) {
    case VALUE_TYPE.float32:
    case VALUE_TYPE.float32le:
      return scratch.getFloat32(0, little);
    case VALUE_TYPE.float64:
    case VALUE_TYPE.float64le:
      return scratch.getFloat64(0, little);
    case VALUE_TYPE.uint64:
    case VALUE_TYPE.uint64le:
      return Number(scratch.getBigUint64(0, little));
    default:
      return Number(scratch.getBigInt64(0, little));
  }
}
