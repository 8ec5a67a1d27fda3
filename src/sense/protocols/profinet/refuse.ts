/** The device's "no" to a call of the context manager: a response whose PNIOStatus refuses (IEC 61158-6-10, 5.2.6). */
import { DIRECTION_REQUEST, type MessageView } from '../message-view.ts';
import { call } from './call.ts';
import { deniedStatus, putResult } from './encode.ts';
import { OPERATION, RPC } from './names.ts';
import { AT, isLittle, RPC_BYTES } from './rpc.ts';

/** Status and the empty array behind it. [bytes] */
const RESULT_BYTES = 20;
const scratch = new Uint8Array(RESULT_BYTES);

/**
 * Writes the refusal of the call in `view` at `at` of `out`; returns its end, or 0 where there is none (frames on Ethernet, pings, calls
 * without an operation of PROFINET) or no room. To be called in the handler the view was given to.
 */
export function refuse(view: MessageView, out: Uint8Array, at: number): number {
  if (view.protocol?.name !== 'profinet-cm' || view.direction !== DIRECTION_REQUEST) return 0;
  if (call.type !== RPC.request || !call.whole || call.mapper || call.operation > OPERATION.readImplicit) return 0;
  const end = at + RPC_BYTES + RESULT_BYTES;
  if (end > out.length) return 0;
  const { bytes, offset } = call;
  // The header of the request, so that object, interface, activity and sequence come back as they were.
  for (let i = 0; i < RPC_BYTES; i++) out[at + i] = bytes[offset + i]!;
  out[at + 1] = RPC.response;
  out[at + AT.flags] = 0x0a;
  const little = isLittle(bytes, offset);
  out[at + AT.length] = little ? RESULT_BYTES : 0;
  out[at + AT.length + 1] = little ? 0 : RESULT_BYTES;
  out[at + AT.fragment] = 0;
  out[at + AT.fragment + 1] = 0;
  putResult(scratch, 0, deniedStatus(call.operation));
  // Numbers of four octets, in the order of the caller.
  for (let i = 0; i < RESULT_BYTES; i++) out[at + RPC_BYTES + i] = scratch[little ? i : i ^ 3]!;
  return end;
}
