/** MMS (ISO 9506) over ISO on TCP: IEC 61850-8-1 and TASE.2 (ICCP). */

import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { isConnectRequest } from '../tpkt/cotp.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, STATUS } from './names.ts';
import { MmsSession } from './session.ts';

export const mms: Protocol = {
  name: 'mms',
  title: 'MMS (IEC 61850, TASE.2)',
  hints: { tcp: [102] },
  overStream: true,
  overDatagram: false,
  overLink: false,
  areas: AREAS,
  identify,
  preamble: isConnectRequest,
  newSession: () => new MmsSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable(STATUS),
};

export { refuse } from './refuse.ts';
