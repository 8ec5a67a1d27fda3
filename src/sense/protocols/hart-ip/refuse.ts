/**
 * The server's or device's "no": response code 16, access restricted (HCF_SPEC-307), in the PDU of the request; for messages without a
 * command the same number as status of the header (HCF_SPEC-085).
 */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { u16 } from '../values.ts';
import { putMessage, putResponse } from './encode.ts';
import { HEADER_BYTES } from './framing.ts';
import { header } from './header.ts';
import { ACCESS_RESTRICTED, COMMAND, ID, TYPE } from './names.ts';
import { Token } from './token.ts';

/** Header, delimiter, address, command, count, two statuses, extended number, check. [bytes] */
const REFUSAL_BYTES_MAX = HEADER_BYTES + 16;

const token = new Token();

/**
 * Writes the refusal of the message in `view` at `at` of `out`; returns its end, or 0 where there is none (an answer, a published value,
 * keep-alive) or no room. All commands of a direct PDU are refused at once.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  const { bytes, offset, end } = view;
  if (view.direction !== DIRECTION_REQUEST || header.id === ID.keepAlive) return 0;
  const sequence = u16(bytes, offset + 4);
  const body = offset + HEADER_BYTES;
  if (header.id === ID.tokenPassing && token.read(bytes, body, end)) {
    if (at + REFUSAL_BYTES_MAX > out.length) return 0;
    const address = Array.from(bytes.subarray(token.addressAt, token.addressAt + (token.long ? 5 : 1)));
    return putMessage(out, at, TYPE.response, header.id, sequence, (o, a) =>
      putResponse(o, a, address, token.command, ACCESS_RESTRICTED, 0, (p, b) => extended(p, b, bytes)),
    );
  }
  if (header.id === ID.direct && header.command >= 0) return direct(view, out, at, sequence);
  if (at + HEADER_BYTES > out.length) return 0;
  return putMessage(out, at, TYPE.response, header.id, sequence, (_o, a) => a, ACCESS_RESTRICTED);
}

/** Command 31 repeats the number it carries. */
function extended(out: Uint8Array, at: number, bytes: Uint8Array): number {
  if (token.command !== COMMAND.extended || token.end - token.data < 2) return at;
  out[at] = bytes[token.data]!;
  out[at + 1] = bytes[token.data + 1]!;
  return at + 2;
}

/** Each command with the response code alone. */
function direct(view: MessageView, out: Uint8Array, at: number, sequence: number): number {
  const { bytes, offset, end } = view;
  // A refused command takes four octets, a request at least three.
  if (at + HEADER_BYTES + 2 + 2 * (end - offset) > out.length) return 0;
  return putMessage(out, at, TYPE.response, ID.direct, sequence, (o, a) => {
    o[a] = 0;
    o[a + 1] = 0;
    let next = a + 2;
    for (let from = offset + HEADER_BYTES + 2; end - from >= 3; from += 3 + bytes[from + 2]!) {
      o.set([bytes[from]!, bytes[from + 1]!, 1, ACCESS_RESTRICTED], next);
      next += 4;
    }
    return next;
  });
}
