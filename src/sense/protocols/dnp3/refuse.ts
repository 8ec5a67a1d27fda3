/**
 * The outstation's own "no" to a request, for whoever answers in its place. A control comes back with its objects and status 9, not
 * authorised (IEEE 1815-2012, 4.4.4 to 4.4.6, annex A, group 12 variation 1); any other request with IIN2.0, no function support
 * (4.2.2.6). A function without answer (direct operate no ack …) and a broadcast get none.
 */
import { DNP3_FRAGMENT_BYTES_MAX } from '../../../limits.ts';
import type { MessageView } from '../message-view.ts';
import { DIRECTION_REQUEST } from '../message-view.ts';
import { fragmentWireBytes, putFragment, putResponse } from './encode.ts';
import { fragment } from './fragment.ts';
import { CONTROL, REQUEST_HEADER_BYTES } from './message.ts';
import { BROADCAST_FIRST, FC, IIN, LINK_FUNCTION_BASE, UNANSWERED } from './names.ts';
import { HEADER_BAD, layoutOf, ObjectHeader, PREFIX, readHeader } from './objects.ts';

/** Status of a control that the sender has no right to (annex A, group 12 variation 1). */
const NOT_AUTHORIZED = 9;
/** Function codes are below this in a function key with a sub-function. */
const SUB_FUNCTION = 0x10000;

const header = new ObjectHeader();
/** The response before it is cut into frames; refusing is synchronous. */
const response = new Uint8Array(DNP3_FRAGMENT_BYTES_MAX + 8);

/**
 * Writes the refusal of the request in `view` as link frames into `out` from `at`; returns the offset after it, or 0 where the
 * protocol has no refusal for it or `out` has no room. To be called in the handler the view was given to.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  const code = view.functionCode % SUB_FUNCTION;
  if (view.direction !== DIRECTION_REQUEST || !fragment.fromMaster || !fragment.whole) return 0;
  if (code >= LINK_FUNCTION_BASE || code >= FC.response || UNANSWERED.has(code)) return 0;
  if (fragment.destination >= BROADCAST_FIRST) return 0;
  const sequence = bytes[offset]! & CONTROL.sequence;
  let last = 0;
  if (code === FC.select || code === FC.operate || code === FC.directOperate) {
    const objects = putResponse(response, 0, sequence, 0);
    last = echoControls(bytes, offset + REQUEST_HEADER_BYTES, end, objects);
  }
  if (last === 0) last = putResponse(response, 0, sequence, 1 << IIN.noFunctionSupport);
  if (at + fragmentWireBytes(last) > out.length) return 0;
  const ends = { source: fragment.destination, destination: fragment.source, fromMaster: false };
  return putFragment(out, at, ends, response, 0, last);
}

/** Copies control objects with status 9 to `response` from `to`; the offset after them, or 0 where anything else stands there. */
function echoControls(bytes: Uint8Array, from: number, end: number, to: number): number {
  let at = from;
  let written = to;
  while (at < end) {
    const objects = readHeader(bytes, at, end, header);
    // What proves who asks (group 120) stands around the controls and is not part of the answer.
    if (objects === HEADER_BAD) return 0;
    const size = controlBytes();
    if (size === 0 || objects + size * header.count > end) return 0;
    const next = objects + size * header.count;
    response.set(bytes.subarray(at, next), written);
    // Status is the last octet of a control block and of an analog output block.
    for (let n = 1; n <= header.count; n++) response[written + objects - at + n * size - 1] = NOT_AUTHORIZED;
    written += next - at;
    at = next;
  }
  return written > to ? written : 0;
}

/** Octets of one control object with its index, 0 where the header is of another kind. */
function controlBytes(): number {
  if ((header.group !== 12 && header.group !== 41) || header.prefix === PREFIX.size) return 0;
  const layout = layoutOf(header.group, header.variation);
  return layout === undefined || layout.size === 0 ? 0 : layout.size + header.prefixBytes;
}
