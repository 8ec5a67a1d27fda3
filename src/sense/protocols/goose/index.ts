/** GOOSE (IEC 61850-8-1): events of protection and control devices, multicast on the Ethernet. */
import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, ETHER_TYPES, FUNCTIONS } from './names.ts';
import { GooseSession } from './session.ts';

export const goose: Protocol = {
  name: 'goose',
  title: 'GOOSE',
  hints: { etherTypes: ETHER_TYPES },
  overStream: false,
  overDatagram: false,
  overLink: true,
  areas: AREAS,
  identify,
  newSession: () => new GooseSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable({}),
};
