/** Is this PROFINET? On Ethernet the EtherType says so; over UDP the interface of the RPC header does. */
import { MATCH_CLIENT, MATCH_MORE, MATCH_NO, MATCH_SERVER, MATCH_YES, type Match } from '../protocol.ts';
import { RPC } from './names.ts';
import { AT, INTERFACE, interfaceOf, isLittle, RPC_BYTES, short } from './rpc.ts';

/** A frame of EtherType 0x8892. Nothing in it is sure without that type. */
export function identifyFrame(_bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  return hinted && end - offset >= 2 ? MATCH_YES : MATCH_NO;
}

/** A connectionless RPC PDU for one of the PROFINET interfaces; the endpoint mapper, which others use too, only on its port. */
export function identifyCall(bytes: Uint8Array, offset: number, end: number, hinted: boolean): Match {
  if (end - offset < RPC_BYTES) return hinted && end > offset && bytes[offset] === 4 ? MATCH_MORE : MATCH_NO;
  const target = interfaceOf(bytes, offset, end);
  if (target === INTERFACE.none || (target === INTERFACE.mapper && !hinted)) return MATCH_NO;
  const length = short(bytes, offset + AT.length, isLittle(bytes, offset));
  if (length > end - offset - RPC_BYTES && !hinted) return MATCH_NO;
  const type = bytes[offset + 1]!;
  if (type === RPC.request || type === RPC.ping || type === RPC.cancel) return MATCH_CLIENT;
  return type === RPC.ack || type === RPC.fack ? MATCH_YES : MATCH_SERVER;
}
