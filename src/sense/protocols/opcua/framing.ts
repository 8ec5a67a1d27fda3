/** Where the next OPC UA chunk ends: three letters of type, one of chunk, length of the whole (OPC 10000-6, 6.7.2.2 and 7.1.2.2). */
import { NEED_MORE, NOT_MINE } from '../protocol.ts';
import { u32le } from '../values.ts';
import { CHUNK, MESSAGE } from './names.ts';

/** type 3, chunk 1, length 4. [bytes] */
export const HEADER_BYTES = 8;
/** header, secure channel id. [bytes] */
export const CHANNEL_HEADER_BYTES = 12;
/** Symmetric security header: token id; then the sequence header: sequence number, request id (6.7.2.3, 6.7.2.4). [bytes] */
export const SYMMETRIC_HEADER_BYTES = CHANNEL_HEADER_BYTES + 12;
/** A length above this is no chunk: servers announce buffers of 64 KiB, some a few hundred. [bytes] */
const CHUNK_BYTES_MAX = 64 * 1024 * 1024;

/** The three letters at `offset` as a number of `MESSAGE`; 0 where it is none of them. */
export function messageType(bytes: Uint8Array, offset: number): number {
  const type = bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16);
  switch (type) {
    case MESSAGE.hello:
    case MESSAGE.acknowledge:
    case MESSAGE.error:
    case MESSAGE.reverseHello:
    case MESSAGE.open:
    case MESSAGE.message:
    case MESSAGE.close:
      return type;
    default:
      return 0;
  }
}

const LETTERS = ['HEL', 'ACK', 'ERR', 'RHE', 'OPN', 'MSG', 'CLO'];

/** How many octets of a type and chunk letter stand at `offset`: 4 where all do, fewer at the end, -1 where another does. */
export function signatureBytes(bytes: Uint8Array, offset: number, end: number): number {
  const seen = end - offset < 4 ? end - offset : 4;
  for (let k = 0; k < LETTERS.length; k++) {
    const letters = LETTERS[k]!;
    let i = 0;
    while (i < 3 && i < seen && bytes[offset + i] === letters.charCodeAt(i)) i++;
    if (i === seen) return seen;
    if (i === 3) {
      const chunk = bytes[offset + 3];
      return chunk === CHUNK.final || chunk === CHUNK.intermediate || chunk === CHUNK.abort ? 4 : -1;
    }
  }
  return -1;
}

/** Length of the chunk at `offset`, `NEED_MORE` or `NOT_MINE`. */
export function chunkLength(bytes: Uint8Array, offset: number, end: number): number {
  if (signatureBytes(bytes, offset, end) < 0) return NOT_MINE;
  if (end - offset < HEADER_BYTES) return NEED_MORE;
  const length = u32le(bytes, offset + 4);
  return length < HEADER_BYTES || length > CHUNK_BYTES_MAX ? NOT_MINE : length;
}
