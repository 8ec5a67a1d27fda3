/** HART-IP over UDP and TCP: HART devices behind multiplexers, gateways and Ethernet-APL. */
import { functionTable, type Protocol } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, statusName } from './names.ts';
import { HartIpSession } from './session.ts';

export { refuse } from './refuse.ts';

export const hartIp: Protocol = {
  name: 'hart-ip',
  title: 'HART-IP',
  hints: { tcp: [5094], udp: [5094] },
  overStream: true,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify,
  newSession: () => new HartIpSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName,
};
