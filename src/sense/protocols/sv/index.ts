/** Sampled Values (IEC 61850-9-2): streams of measured currents and voltages, multicast on the Ethernet. */
import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, ETHER_TYPES, FUNCTIONS } from './names.ts';
import { SampledValuesSession } from './session.ts';

export const sv: Protocol = {
  name: 'sv',
  title: 'IEC 61850 Sampled Values',
  hints: { etherTypes: ETHER_TYPES },
  overStream: false,
  overDatagram: false,
  overLink: true,
  areas: AREAS,
  identify,
  newSession: () => new SampledValuesSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable({}),
};
