/**
 * The process side as text: whatever `ProcessWatch.save()` gave, opaque here. Typed arrays become `{float64: base64}` in little-endian
 * order, so that a large baseline stays small; everything else stays plain.
 */

const ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

const MARK = '$';

/** Plain data without typed arrays. */
export function encodeProcess(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return encodeArray(value);
  if (Array.isArray(value)) return value.map(encodeProcess);
  if (value instanceof Map) return encodeProcess(Object.fromEntries(value));
  if (value instanceof Set) return [...value].map(encodeProcess);
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? undefined : value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, encodeProcess(inner)]));
}

function encodeArray(view: ArrayBufferView): unknown {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  for (const [name, arrayType] of Object.entries(ARRAYS)) {
    if (view instanceof arrayType) return { [MARK + name]: bytes.toString('base64') };
  }
  return { [`${MARK}uint8`]: bytes.toString('base64') };
}

/** The inverse: typed arrays are arrays again. */
export function decodeProcess(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeProcess);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && first[0].startsWith(MARK) && typeof first[1] === 'string') {
    const name = first[0].slice(MARK.length);
    if (name in ARRAYS) return decodeArray(name as ArrayName, first[1]);
  }
  return Object.fromEntries(entries.map(([key, inner]) => [key, decodeProcess(inner)]));
}

function decodeArray(name: ArrayName, text: string): ArrayBufferView {
  const bytes = Buffer.from(text, 'base64');
  const arrayType = ARRAYS[name];
  const whole = bytes.length - (bytes.length % arrayType.BYTES_PER_ELEMENT);
  // Copied, because the pool of Buffer need not be aligned.
  const copy = new Uint8Array(whole);
  copy.set(bytes.subarray(0, whole));
  return new arrayType(copy.buffer);
}
