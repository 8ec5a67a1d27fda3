/** Is this Modbus? By content: MBAP or RTU with a fitting CRC, and bodies whose lengths agree with their functions. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { u16 } from '../values.ts';
import { crcFits, MBAP_BYTES, RTU_BYTES_MIN, tcpFrameLength } from './framing.ts';
import { FC } from './names.ts';

const NEITHER = 0;
const REQUEST = 1;
const RESPONSE = 2;

/** Modbus/TCP at `offset`? With the port as a hint one plausible header suffices, without it every byte must fit. */
export function identifyTcp(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  const first = tcpFrameLength(bytes, offset, end);
  if (first < 0) return MATCH_NO;
  if (first === 0) return hinted ? MATCH_MORE : MATCH_NO;
  let forms = REQUEST | RESPONSE;
  let messages = 0;
  for (let at = offset; at < end; ) {
    const length = tcpFrameLength(bytes, at, end);
    if (length <= 0 || at + length > end) break;
    // On its own port an exception code suffices, whatever follows it.
    const refusal = hinted && bytes[at + MBAP_BYTES]! >= 0x80 && length > MBAP_BYTES + 1;
    forms &= refusal ? RESPONSE : formsOf(bytes, at + MBAP_BYTES, at + length);
    messages++;
    at += length;
    if (!hinted && at !== end && end - at < 8) return MATCH_NO;
  }
  if (!hinted && (messages === 0 || forms === NEITHER)) return MATCH_NO;
  return forms === REQUEST ? MATCH_CLIENT : forms === RESPONSE ? MATCH_SERVER : MATCH_YES;
}

/** Modbus RTU carried over a stream or datagram: one whole message whose CRC fits. */
export function identifyRtu(bytes: Uint8Array, offset: number, end: number): Match {
  if (end - offset < RTU_BYTES_MIN || !crcFits(bytes, offset, end)) return MATCH_NO;
  const forms = formsOf(bytes, offset + 1, end - 2);
  if (forms === NEITHER) return MATCH_NO;
  return forms === REQUEST ? MATCH_CLIENT : forms === RESPONSE ? MATCH_SERVER : MATCH_YES;
}

/** Whether the PDU `offset` … `end` (function first) has the length of a request, of a response, of both, of neither. */
function formsOf(bytes: Uint8Array, offset: number, end: number): number {
  const code = bytes[offset]!;
  const body = end - offset - 1;
  if (code >= 0x80) return body === 1 ? RESPONSE : NEITHER;
  switch (code) {
    case FC.readCoils:
    case FC.readDiscreteInputs:
    case FC.readHoldingRegisters:
    case FC.readInputRegisters:
      return (
        (body === 4 && u16(bytes, offset + 3) <= 2000 ? REQUEST : NEITHER) |
        (body > 1 && bytes[offset + 1] === body - 1 ? RESPONSE : NEITHER)
      );
    case FC.writeSingleCoil:
    case FC.writeSingleRegister:
      return body === 4 ? REQUEST | RESPONSE : NEITHER;
    case FC.writeMultipleCoils:
    case FC.writeMultipleRegisters:
      return body === 4 ? RESPONSE : body > 5 && bytes[offset + 5] === body - 5 ? REQUEST : NEITHER;
    case FC.readExceptionStatus:
      return body === 0 ? REQUEST : body === 1 ? RESPONSE : NEITHER;
    case FC.getCommEventCounter:
      return body === 0 ? REQUEST : body === 4 ? RESPONSE : NEITHER;
    case FC.reportServerId:
    case FC.getCommEventLog:
      return body === 0 ? REQUEST : bytes[offset + 1] === body - 1 ? RESPONSE : NEITHER;
    case FC.diagnostics:
      return body >= 4 ? REQUEST | RESPONSE : NEITHER;
    case FC.readFileRecord:
    case FC.writeFileRecord:
      return body > 1 && bytes[offset + 1] === body - 1 ? REQUEST | RESPONSE : NEITHER;
    case FC.maskWriteRegister:
      return body === 6 ? REQUEST | RESPONSE : NEITHER;
    case FC.readWriteMultipleRegisters:
      return body > 9 && bytes[offset + 9] === body - 9 ? REQUEST : bytes[offset + 1] === body - 1 ? RESPONSE : NEITHER;
    case FC.readFifoQueue:
      return body === 2 ? REQUEST : body >= 4 && u16(bytes, offset + 1) === body - 2 ? RESPONSE : NEITHER;
    case FC.encapsulatedInterface:
      return (bytes[offset + 1] === 14 || bytes[offset + 1] === 13) && body >= 3
        ? body === 3
          ? REQUEST
          : RESPONSE
        : NEITHER;
    case FC.umas:
      return body >= 2 ? REQUEST | RESPONSE : NEITHER;
    default:
      return NEITHER;
  }
}
