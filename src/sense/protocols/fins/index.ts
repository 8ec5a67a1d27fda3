/** FINS (OMRON) over UDP and TCP. */
import { functionTable, type Protocol } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, statusName } from './names.ts';
import { FinsSession } from './session.ts';

export { refuse } from './refuse.ts';

export const fins: Protocol = {
  name: 'fins',
  title: 'FINS',
  hints: { tcp: [9600], udp: [9600] },
  overStream: true,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify,
  newSession: () => new FinsSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName,
};
