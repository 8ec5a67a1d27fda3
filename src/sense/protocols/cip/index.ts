/**
 * EtherNet/IP and CIP. `enip`: encapsulation, explicit CIP messages and PCCC over TCP and UDP 44818; `cip-io`: implicit I/O over
 * UDP 2222. Notes and traps: `NOTES.md`.
 */
import type { Protocol } from '../protocol.ts';
import { functionOf, statusName } from './functions.ts';
import { identifyEnip, identifyIo } from './identify.ts';
import { CipIoSession } from './io.ts';
import { AREAS } from './names.ts';
import { EnipSession } from './session.ts';

export { refuse } from './encode.ts';

export const enip: Protocol = {
  name: 'enip',
  title: 'EtherNet/IP',
  hints: { tcp: [44818], udp: [44818] },
  overStream: true,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify: identifyEnip,
  newSession: () => new EnipSession(),
  functionOf,
  statusName,
};

export const cipIo: Protocol = {
  name: 'cip-io',
  title: 'CIP implicit I/O',
  hints: { udp: [2222] },
  overStream: false,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify: identifyIo,
  newSession: () => new CipIoSession(),
  functionOf,
  statusName,
};
