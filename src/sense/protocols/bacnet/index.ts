/** BACnet (ANSI/ASHRAE 135, ISO 16484-5) over UDP (BACnet/IP) and on Ethernet (ISO 8802-2). */
import { functionTable, type Protocol } from '../protocol.ts';
import { LLC_SAP } from './framing.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, statusName } from './names.ts';
import { BacnetSession } from './session.ts';

export { refuse } from './refuse.ts';

export const bacnet: Protocol = {
  name: 'bacnet',
  title: 'BACnet',
  hints: { udp: [47808], llcSaps: [LLC_SAP] },
  overStream: false,
  overDatagram: true,
  overLink: true,
  areas: AREAS,
  identify,
  newSession: () => new BacnetSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName,
};
