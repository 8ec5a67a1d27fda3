/** Every protocol, one line each. Order is the order of trial where no port hints: strong signatures first. */
import { bacnet } from './bacnet/index.ts';
import { cipIo, enip } from './cip/index.ts';
import { dnp3 } from './dnp3/index.ts';
import { fins } from './fins/index.ts';
import { goose } from './goose/index.ts';
import { hartIp } from './hart-ip/index.ts';
import { iec104 } from './iec104/index.ts';
import { mms } from './mms/index.ts';
import { modbus, modbusRtu } from './modbus/index.ts';
import { mqtt } from './mqtt/index.ts';
import { opcua } from './opcua/index.ts';
import { profinet, profinetCm } from './profinet/index.ts';
import type { Protocol } from './protocol.ts';
import { s7comm } from './s7comm/index.ts';
import { s7commPlus } from './s7comm-plus/index.ts';
import { sv } from './sv/index.ts';

export const PROTOCOLS: readonly Protocol[] = [
  opcua,
  dnp3,
  s7comm,
  s7commPlus,
  mms,
  iec104,
  enip,
  cipIo,
  bacnet,
  fins,
  hartIp,
  profinetCm,
  profinet,
  modbus,
  modbusRtu,
  mqtt,
  goose,
  sv,
];

/** Protocol by name; undefined for a name nobody registered. */
export function protocolNamed(name: string): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.name === name);
}
