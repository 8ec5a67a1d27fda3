/** DNP3 (IEEE 1815) over TCP and UDP: link frames, transport function and application layer. */
import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, STATUS_NAMES } from './names.ts';
import { Dnp3Session } from './session.ts';

export { refuse } from './refuse.ts';

export const dnp3: Protocol = {
  name: 'dnp3',
  title: 'DNP3',
  hints: { tcp: [20000], udp: [20000] },
  overStream: true,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify,
  newSession: () => new Dnp3Session(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable(STATUS_NAMES),
};
