/** S7 communication (S7-300, S7-400, and S7-1200/1500 where PUT/GET is allowed) over ISO on TCP. */

import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { isConnectRequest } from '../tpkt/cotp.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, STATUS } from './names.ts';
import { S7commSession } from './session.ts';

export const s7comm: Protocol = {
  name: 's7comm',
  title: 'S7 communication',
  hints: { tcp: [102] },
  overStream: true,
  overDatagram: false,
  overLink: false,
  areas: AREAS,
  identify,
  preamble: isConnectRequest,
  newSession: () => new S7commSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable(STATUS),
};

export { refuse } from './refuse.ts';
