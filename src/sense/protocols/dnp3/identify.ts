/** Is this DNP3? By content: the start octets and the CRC of the link header, and of its blocks where they are there. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, type Match } from '../protocol.ts';
import { BLOCK_BYTES, crcFits, frameBytes, headerFits, LINK_HEADER_BYTES, startsFrame } from './framing.ts';

/** Control octet: the frame comes from a master (9.2.4.1.3). */
const DIR = 0x80;

/**
 * DNP3 at `offset`? With the port as a hint the start octets suffice (a broken CRC on port 20000 is a problem of DNP3, not another
 * protocol); without it the header CRC and the first block must fit. The DIR bit shows who is the master.
 */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const size = end - offset;
  if (size <= 0 || !startsFrame(bytes, offset, end)) return MATCH_NO;
  // Both start octets are rare enough to wait for the CRC; one alone is not.
  if (size < LINK_HEADER_BYTES) return hinted || size > 1 ? MATCH_MORE : MATCH_NO;
  if (!hinted && !(headerFits(bytes, offset, end) && firstBlockFits(bytes, offset, end))) return MATCH_NO;
  return (bytes[offset + 3]! & DIR) !== 0 ? MATCH_CLIENT : MATCH_SERVER;
}

function firstBlockFits(bytes: Uint8Array, offset: number, end: number): boolean {
  const blocks = frameBytes(bytes[offset + 2]!) - LINK_HEADER_BYTES;
  const block = blocks < BLOCK_BYTES + 2 ? blocks : BLOCK_BYTES + 2;
  const first = offset + LINK_HEADER_BYTES;
  return block === 0 || first + block > end || crcFits(bytes, first, first + block - 2);
}
