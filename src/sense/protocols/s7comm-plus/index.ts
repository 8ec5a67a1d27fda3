/** S7-plus (S7-1200, S7-1500) over ISO on TCP, in plain or up to where it turns to TLS. */

import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { isConnectRequest } from '../tpkt/cotp.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, STATUS } from './names.ts';
import { S7plusSession } from './session.ts';

export const s7commPlus: Protocol = {
  name: 's7comm-plus',
  title: 'S7-plus',
  hints: { tcp: [102] },
  overStream: true,
  overDatagram: false,
  overLink: false,
  areas: AREAS,
  identify,
  preamble: isConnectRequest,
  newSession: () => new S7plusSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable(STATUS),
};

export { refuse } from './refuse.ts';
