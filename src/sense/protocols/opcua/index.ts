/** OPC UA over TCP in the binary encoding (OPC 10000-6, 7.2 UA Secure Conversation). */
import { functionTable, type Protocol } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, statusName } from './names.ts';
import { OpcUaSession } from './session.ts';

export { neutralise, refuse } from './refuse.ts';

export const opcua: Protocol = {
  name: 'opcua',
  title: 'OPC UA',
  hints: { tcp: [4840] },
  overStream: true,
  overDatagram: false,
  overLink: false,
  areas: AREAS,
  identify,
  newSession: () => new OpcUaSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName,
};
