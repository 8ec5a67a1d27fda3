/** PROFINET: DCP, cyclic data and alarms on Ethernet; the context manager over UDP. Two protocol objects, since framing differs. */
import { functionTable, type Protocol } from '../protocol.ts';
import { ContextSession } from './cm-session.ts';
import { identifyCall, identifyFrame } from './identify.ts';
import { AREAS, CM_AREAS, CM_FUNCTIONS, cmStatusName, FUNCTIONS, statusName } from './names.ts';
import { ProfinetSession } from './session.ts';

export { refuse } from './refuse.ts';

export const profinet: Protocol = {
  name: 'profinet',
  title: 'PROFINET',
  hints: { etherTypes: [0x8892] },
  overStream: false,
  overDatagram: false,
  overLink: true,
  areas: AREAS,
  identify: identifyFrame,
  newSession: () => new ProfinetSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName,
};

export const profinetCm: Protocol = {
  name: 'profinet-cm',
  title: 'PROFINET context manager',
  hints: { udp: [34964] },
  overStream: false,
  overDatagram: true,
  overLink: false,
  areas: CM_AREAS,
  identify: identifyCall,
  newSession: () => new ContextSession(),
  functionOf: functionTable(CM_FUNCTIONS),
  statusName: cmStatusName,
};
