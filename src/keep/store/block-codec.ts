/**
 * Samples of one tag as a compact block, lossless. Times: distance from the block's usual interval. Values: decimal-scaled
 * differences where all values are short decimals (also as float32, which most controllers send), else differences of float32
 * bit patterns, else raw doubles. All integers are zigzag varints (as in Protocol Buffers, "Encoding").
 */

/** How values are stored, low four bits of byte 1; for the decimal ones the decimals stand in the high four. */
const VALUES = { CONSTANT: 0, DECIMAL: 1, DECIMAL_FLOAT32: 2, FLOAT32: 3, RAW: 4 } as const;
/** How times are stored, byte 0: all at one interval, or a varint each in units of 1 s, 1 ms, 1 µs. */
const TIMES = { REGULAR: 0, UNITS: 1 } as const;
/** Bit of byte 0: qualities follow as runs; without it all are good. */
const QUALITY_RUNS = 0x80;
const UNITS_US = [1_000_000, 1_000, 1] as const;
const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] as const;
/** More decimals than this cost more than the bit patterns. */
const DECIMALS_MAX = 6;
/** Scaled integers stay where doubles are exact, differences included. */
const SCALED_MAX = 2 ** 50;
/** A sample at its worst: 8 bytes of time, 8 of value, 2 of quality; and the header. [bytes] */
const SAMPLE_BYTES_MAX = 20;
const HEADER_BYTES_MAX = 32;

const scratchFloat = new Float32Array(1);
const scratchInt = new Int32Array(scratchFloat.buffer);

/** What a block says of itself without being decoded; `finite` counts the values behind min, max and sum. */
export interface BlockFacts {
  readonly count: number;
  readonly finite: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** A growing byte buffer and a cursor, reused from block to block. */
class Bytes {
  buffer: Uint8Array = new Uint8Array(16 * 1024);
  view: DataView = new DataView(this.buffer.buffer);
  at = 0;

  reserve(bytes: number): void {
    if (bytes > this.buffer.length) {
      this.buffer = new Uint8Array(2 * bytes);
      this.view = new DataView(this.buffer.buffer);
    }
    this.at = 0;
  }

  /** `value`: integer within ±2^51. */
  zigzag(value: number): void {
    this.varint(value >= 0 ? 2 * value : -2 * value - 1);
  }

  varint(value: number): void {
    let rest = value;
    while (rest > 0x7fffffff) {
      this.buffer[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.buffer[this.at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  readVarint(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.buffer[this.at++] ?? 0;
      result += (byte & 127) * scale;
      if (byte < 128) return result;
      scale *= 128;
    }
  }

  readZigzag(): number {
    const value = this.readVarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

const writer = new Bytes();
const reader = new Bytes();

/** Min, max, sum over the finite values of rows `from` to `to`. */
export function blockFacts(values: Float64Array, from: number, to: number): BlockFacts {
  let finite = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    finite++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { count: to - from, finite, min, max, sum };
}

/** Encodes rows `from` to `to` (at least one; times whole, not decreasing). The time of the first is not in the block. */
export function encodeBlock(
  timesUs: Float64Array,
  values: Float64Array,
  qualities: Uint8Array,
  from: number,
  to: number,
): Uint8Array {
  writer.reserve(HEADER_BYTES_MAX + SAMPLE_BYTES_MAX * (to - from));
  writer.at = 2;
  writer.varint(to - from);
  let times = encodeTimes(timesUs, from, to);
  if (encodeQualities(qualities, from, to)) times |= QUALITY_RUNS;
  writer.buffer[0] = times;
  writer.buffer[1] = encodeValues(values, from, to);
  return writer.buffer.slice(0, writer.at);
}

function encodeTimes(timesUs: Float64Array, from: number, to: number): number {
  const steps = to - from - 1;
  const span = timesUs[to - 1]! - timesUs[from]!;
  if (steps === 0 || isRegular(timesUs, from, to, span / steps)) {
    writer.varint(steps === 0 ? 0 : span / steps);
    return TIMES.REGULAR;
  }
  const unit = UNITS_US.findIndex((us) => divides(us, timesUs, from, to));
  const us = UNITS_US[unit]!;
  const usual = Math.round(medianStep(timesUs, from, to) / us);
  writer.varint(unit);
  writer.varint(usual);
  for (let i = from + 1; i < to; i++) writer.zigzag((timesUs[i]! - timesUs[i - 1]!) / us - usual);
  return TIMES.UNITS;
}

function isRegular(timesUs: Float64Array, from: number, to: number, step: number): boolean {
  if (!Number.isInteger(step)) return false;
  for (let i = from + 1; i < to; i++) if (timesUs[i]! - timesUs[i - 1]! !== step) return false;
  return true;
}

function divides(us: number, timesUs: Float64Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if ((timesUs[i]! - timesUs[i - 1]!) % us !== 0) return false;
  return true;
}

/** Median of a few steps: a gap must not move the usual interval, as it would move the mean. */
function medianStep(timesUs: Float64Array, from: number, to: number): number {
  const steps: number[] = [];
  const stride = Math.max(1, Math.floor((to - from) / 15));
  for (let i = from + 1; i < to; i += stride) steps.push(timesUs[i]! - timesUs[i - 1]!);
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

function encodeQualities(qualities: Uint8Array, from: number, to: number): boolean {
  let i = from;
  while (i < to && qualities[i] === 0) i++;
  if (i === to) return false;
  i = from;
  while (i < to) {
    const quality = qualities[i]!;
    let end = i + 1;
    while (end < to && qualities[end] === quality) end++;
    writer.varint(quality);
    writer.varint(end - i);
    i = end;
  }
  return true;
}

function encodeValues(values: Float64Array, from: number, to: number): number {
  const first = values[from]!;
  if (isConstant(values, from, to)) {
    writer.view.setFloat64(writer.at, first, true);
    writer.at += 8;
    return VALUES.CONSTANT;
  }
  const decimals = decimalsOf(values, from, to, false);
  if (decimals >= 0) return encodeScaled(values, from, to, decimals, VALUES.DECIMAL);
  if (!allFloat32(values, from, to)) return encodeRaw(values, from, to);
  const decimals32 = decimalsOf(values, from, to, true);
  if (decimals32 >= 0) return encodeScaled(values, from, to, decimals32, VALUES.DECIMAL_FLOAT32);
  let before = 0;
  for (let i = from; i < to; i++) {
    const pattern = orderedPattern(values[i]!);
    writer.zigzag(pattern - before);
    before = pattern;
  }
  return VALUES.FLOAT32;
}

function isConstant(values: Float64Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) if (!Object.is(values[i], values[from])) return false;
  return true;
}

/** Fewest decimals that give back every value exactly, -1 where none do. */
function decimalsOf(values: Float64Array, from: number, to: number, float32: boolean): number {
  let decimals = 0;
  for (let i = from; i < to; i++) {
    while (!fits(values[i]!, decimals, float32)) if (++decimals > DECIMALS_MAX) return -1;
  }
  // A value that fits few decimals fits more, except where scaling leaves the exact range.
  for (let i = from; i < to; i++) if (!fits(values[i]!, decimals, float32)) return -1;
  return decimals;
}

function fits(value: number, decimals: number, float32: boolean): boolean {
  const power = POWERS[decimals]!;
  const scaled = Math.round(value * power);
  if (!(Math.abs(scaled) < SCALED_MAX) || (scaled === 0 && !Object.is(value, 0))) return false;
  return float32 ? Math.fround(scaled / power) === value : scaled / power === value;
}

function encodeScaled(values: Float64Array, from: number, to: number, decimals: number, how: number): number {
  const power = POWERS[decimals]!;
  let before = 0;
  for (let i = from; i < to; i++) {
    const scaled = Math.round(values[i]! * power);
    writer.zigzag(scaled - before);
    before = scaled;
  }
  return how | (decimals << 4);
}

function encodeRaw(values: Float64Array, from: number, to: number): number {
  for (let i = from; i < to; i++, writer.at += 8) writer.view.setFloat64(writer.at, values[i]!, true);
  return VALUES.RAW;
}

function allFloat32(values: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (Math.fround(values[i]!) !== values[i]) return false;
  return true;
}

/** Bit pattern of a float32 as an integer that grows with the value, so that near values have near patterns. */
function orderedPattern(value: number): number {
  scratchFloat[0] = value;
  const bits = scratchInt[0]!;
  return bits >= 0 ? bits : -(bits & 0x7fffffff) - 1;
}

function fromOrderedPattern(pattern: number): number {
  scratchInt[0] = pattern >= 0 ? pattern : (-pattern - 1) | 0x80000000;
  return scratchFloat[0]!;
}

/** Rows in a block. */
export function blockCount(block: Uint8Array): number {
  reader.buffer = block;
  reader.at = 2;
  return reader.readVarint();
}

/** Decodes a block into the columns from row `row` on; returns the row after it. `firstUs`: time of its first sample. */
export function decodeBlock(
  block: Uint8Array,
  firstUs: number,
  timesUs: Float64Array,
  values: Float64Array,
  qualities: Uint8Array,
  row: number,
): number {
  reader.buffer = block;
  reader.view = new DataView(block.buffer, block.byteOffset, block.length);
  reader.at = 2;
  const end = row + reader.readVarint();
  const times = block[0]!;
  decodeTimes(times & ~QUALITY_RUNS, firstUs, timesUs, row, end);
  if ((times & QUALITY_RUNS) === 0) qualities.fill(0, row, end);
  else {
    for (let i = row; i < end; ) {
      const quality = reader.readVarint();
      const next = i + reader.readVarint();
      qualities.fill(quality, i, next);
      i = next;
    }
  }
  decodeValues(block[1]!, values, row, end);
  return end;
}

function decodeTimes(how: number, firstUs: number, timesUs: Float64Array, row: number, end: number): void {
  let time = firstUs;
  timesUs[row] = time;
  const unit = how === TIMES.REGULAR ? 1 : UNITS_US[reader.readVarint()]!;
  const usual = reader.readVarint();
  for (let i = row + 1; i < end; i++) {
    time += how === TIMES.REGULAR ? usual : (usual + reader.readZigzag()) * unit;
    timesUs[i] = time;
  }
}

function decodeValues(how: number, values: Float64Array, row: number, end: number): void {
  const kind = how & 15;
  if (kind === VALUES.CONSTANT) {
    values.fill(reader.view.getFloat64(reader.at, true), row, end);
  } else if (kind === VALUES.RAW) {
    for (let i = row; i < end; i++, reader.at += 8) values[i] = reader.view.getFloat64(reader.at, true);
  } else if (kind === VALUES.FLOAT32) {
    for (let i = row, pattern = 0; i < end; i++) {
      pattern += reader.readZigzag();
      values[i] = fromOrderedPattern(pattern);
    }
  } else {
    const power = POWERS[how >> 4]!;
    const float32 = kind === VALUES.DECIMAL_FLOAT32;
    for (let i = row, scaled = 0; i < end; i++) {
      scaled += reader.readZigzag();
      values[i] = float32 ? Math.fround(scaled / power) : scaled / power;
    }
  }
}
