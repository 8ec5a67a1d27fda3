/** IEC 60870-5-104 over TCP, in its one profile: cause two octets, common address two, object address three. */
import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, STATUS_NAMES } from './names.ts';
import { Iec104Session } from './session.ts';

export { refuse } from './refuse.ts';

export const iec104: Protocol = {
  name: 'iec104',
  title: 'IEC 60870-5-104',
  hints: { tcp: [2404] },
  overStream: true,
  overDatagram: false,
  overLink: false,
  areas: AREAS,
  identify,
  newSession: () => new Iec104Session(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable(STATUS_NAMES),
};
