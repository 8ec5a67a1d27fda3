/** Every protocol, one line each. Order is the order of trial where no port hints: strong signatures first. */
import { modbus, modbusRtu } from './modbus/index.ts';
import type { Protocol } from './protocol.ts';

export const PROTOCOLS: readonly Protocol[] = [modbus, modbusRtu];

/** Protocol by name; undefined for a name nobody registered. */
export function protocolNamed(name: string): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.name === name);
}
