/** Is this IEC 60870-5-104? By content: start, length, control field, and ASDUs whose type, cause and length agree. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { u16le } from '../values.ts';
import { ADDRESS_BYTES, APCI_BYTES, ASDU_HEADER_BYTES, FORMAT, formatOf, START, startsApdu } from './framing.ts';
import { CAUSE, U } from './names.ts';
import { causeDefined, layoutOf, WAY } from './types.ts';

/** Frames looked at before it is enough. */
const FRAMES_MAX = 8;

/**
 * 104 at `offset`? With the port as a hint the first frame's start and control field suffice; without it every whole frame there must
 * be right to its last octet, and an acknowledgement alone proves nothing.
 */
export function identify(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  if (end - offset < 1 || bytes[offset] !== START) return MATCH_NO;
  if (!startsApdu(bytes, offset, end)) return hinted ? lengthOnly(bytes, offset, end) : MATCH_NO;
  if (end - offset < APCI_BYTES) return MATCH_MORE;
  let role: Match = MATCH_YES;
  let proofs = 0;
  let at = offset;
  for (let n = 0; n < FRAMES_MAX && at < end; n++) {
    if (!startsApdu(bytes, at, end)) return hinted ? role : MATCH_NO;
    const next = at + 2 + (bytes[at + 1] ?? 0);
    if (end - at < 2 || next > end) break;
    const format = formatOf(bytes[at + 2]!);
    if (!hinted && format === FORMAT.i && !asduFits(bytes, at + APCI_BYTES, next)) return MATCH_NO;
    if (format !== FORMAT.s) proofs++;
    if (role === MATCH_YES) role = roleOf(bytes, at, next);
    at = next;
  }
  if (hinted || proofs > 0) return role;
  // Only acknowledgements so far, or the first frame is not whole.
  return at < end ? MATCH_MORE : MATCH_NO;
}

/** On its own port a frame with a wrong control field is a problem of 104, not another protocol. */
function lengthOnly(bytes: Uint8Array, offset: number, end: number): Match {
  return end - offset > 1 && bytes[offset + 1]! >= 4 && bytes[offset + 1]! <= 253 ? MATCH_YES : MATCH_NO;
}

/** Known type, defined cause, and objects that fill the ASDU to its end. */
function asduFits(bytes: Uint8Array, at: number, end: number): boolean {
  const layout = layoutOf(bytes[at]!);
  if (layout === undefined || !causeDefined(bytes[at + 2]! & 0x3f)) return false;
  if (layout.size < 0) return true;
  const structure = bytes[at + 1]!;
  const count = structure & 0x7f;
  if (count === 0 || u16le(bytes, at + 4) === 0) return false;
  const addresses = structure >= 0x80 ? ADDRESS_BYTES : count * ADDRESS_BYTES;
  return at + ASDU_HEADER_BYTES + addresses + count * layout.size === end;
}

/** Who sends this frame, where it shows. */
function roleOf(bytes: Uint8Array, at: number, end: number): Match {
  const control = bytes[at + 2]!;
  if (control === U.startAct || control === U.stopAct) return MATCH_CLIENT;
  if (control === U.startCon || control === U.stopCon) return MATCH_SERVER;
  if (formatOf(control) !== FORMAT.i || end - at < APCI_BYTES + ASDU_HEADER_BYTES) return MATCH_YES;
  const layout = layoutOf(bytes[at + APCI_BYTES]!);
  if (layout === undefined || layout.way === WAY.both) return MATCH_YES;
  if (layout.way === WAY.monitor) return MATCH_SERVER;
  const cause = bytes[at + APCI_BYTES + 2]! & 0x3f;
  const asks = cause === CAUSE.activation || cause === CAUSE.deactivation || cause === CAUSE.request;
  return asks ? MATCH_CLIENT : MATCH_SERVER;
}
