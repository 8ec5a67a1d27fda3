/** Mutations of protocol bytes: deterministic by their random source. */
import type { Random } from '../../src/base/random.ts';

/** Numbers at which length and count fields break. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 0x0f, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xfe, 0xff] as const;
const EDGES_16 = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff] as const;
const EDGES_32 = [0, 1, 0xff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff] as const;
/** Mutated bytes never grow past this, so that one input cannot take the whole run. [bytes] */
const MUTATED_BYTES_MAX = 4_096;

type Mutation = (random: Random, bytes: Uint8Array, pool: readonly Uint8Array[]) => Uint8Array;

/** Every mutation by name. Each gives new bytes; the given ones stay. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'bit-flip': (random, bytes) =>
    edited(bytes, (out) => {
      const at = random.below(out.length);
      out[at] = out[at]! ^ (1 << random.below(8));
    }),
  'byte-random': (random, bytes) =>
    edited(bytes, (out) => {
      out[random.below(out.length)] = random.below(256);
    }),
  'byte-edge': (random, bytes) =>
    edited(bytes, (out) => {
      out[random.below(out.length)] = random.pick(EDGES);
    }),
  'word-edge': (random, bytes) => edited(bytes, (out) => put(random, out, random.pick(EDGES_16), 2)),
  'long-edge': (random, bytes) => edited(bytes, (out) => put(random, out, random.pick(EDGES_32), 4)),
  truncate: (random, bytes) => bytes.slice(0, random.below(bytes.length + 1)),
  'truncate-front': (random, bytes) => bytes.slice(random.below(bytes.length + 1)),
  insert: (random, bytes) => {
    const added = new Uint8Array(1 + random.below(16));
    for (let i = 0; i < added.length; i++) added[i] = random.below(256);
    const at = random.below(bytes.length + 1);
    return join(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  remove: (random, bytes) => {
    const [from, to] = range(random, bytes.length);
    return join(bytes.subarray(0, from), bytes.subarray(to));
  },
  repeat: (random, bytes) => {
    const [from, to] = range(random, bytes.length);
    const times = 1 + random.below(random.below(4) === 0 ? 64 : 4);
    const parts = [bytes.subarray(0, to)];
    for (let i = 0; i < times; i++) parts.push(bytes.subarray(from, to));
    return join(...parts, bytes.subarray(to));
  },
  swap: (random, bytes) => {
    const [from, to] = range(random, bytes.length);
    return join(bytes.subarray(to), bytes.subarray(from, to), bytes.subarray(0, from));
  },
  splice: (random, bytes, pool) => {
    const other = random.pick(pool);
    return join(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)));
  },
  'overwrite-from-other': (random, bytes, pool) =>
    edited(bytes, (out) => {
      const other = random.pick(pool);
      const [from, to] = range(random, other.length);
      const at = random.below(out.length);
      out.set(other.subarray(from, Math.min(to, from + out.length - at)), at);
    }),
  /** A field whose value fits the bytes that follow it is likely a length: let it lie. */
  'length-lie': (random, bytes) => edited(bytes, (out) => lie(random, out)),
  junk: (random, bytes) =>
    edited(bytes, (out) => {
      const [from, to] = range(random, out.length);
      for (let i = from; i < to; i++) out[i] = random.below(256);
    }),
};

const NAMES = Object.keys(MUTATIONS);

/** One to four mutations, one after the other; `pool` has other inputs to take parts of. */
export function mutate(random: Random, bytes: Uint8Array, pool: readonly Uint8Array[]): Uint8Array {
  let out = bytes;
  for (let n = 1 + random.below(random.below(3) === 0 ? 4 : 1); n > 0; n--) {
    out = MUTATIONS[random.pick(NAMES)]!(random, out, pool);
  }
  return out.length > MUTATED_BYTES_MAX ? out.slice(0, MUTATED_BYTES_MAX) : out;
}

function edited(bytes: Uint8Array, edit: (out: Uint8Array) => void): Uint8Array {
  const out = bytes.slice();
  if (out.length > 0) edit(out);
  return out;
}

/** Writes a number of `size` bytes in either order. */
function put(random: Random, out: Uint8Array, value: number, size: number): void {
  if (out.length < size) return;
  const at = random.below(out.length - size + 1);
  write(out, at, value, size, random.below(2) === 0);
}

function write(out: Uint8Array, at: number, value: number, size: number, little: boolean): void {
  for (let i = 0; i < size; i++) out[at + (little ? i : size - 1 - i)] = Math.floor(value / 256 ** i) & 0xff;
}

function read(bytes: Uint8Array, at: number, size: number, little: boolean): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + bytes[at + (little ? size - 1 - i : i)]!;
  return value;
}

function lie(random: Random, out: Uint8Array): void {
  for (let tries = 0; tries < 24; tries++) {
    const size = random.pick([1, 2, 4]);
    if (out.length < size) continue;
    const at = random.below(out.length - size + 1);
    const little = random.below(2) === 0;
    const value = read(out, at, size, little);
    const rest = out.length - at - size;
    if (value === 0 || value > out.length || value < rest - 8) continue;
    const lies = [value - 1, value + 1, 0, rest + 1, value * 2, 256 ** size - 1, Math.max(0, value - random.below(16))];
    write(out, at, random.pick(lies), size, little);
    return;
  }
}

function range(random: Random, length: number): [number, number] {
  const from = random.below(length + 1);
  return [from, from + random.below(Math.min(64, length - from) + 1)];
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
