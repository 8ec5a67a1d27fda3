/** MQTT 3.1, 3.1.1 and 5.0 over TCP, and Sparkplug B inside. */
import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { identify } from './identify.ts';
import { AREAS, FUNCTIONS, STATUS_NAMES } from './names.ts';
import { MqttSession } from './session.ts';

export { refuse } from './refuse.ts';

export const mqtt: Protocol = {
  name: 'mqtt',
  title: 'MQTT',
  hints: { tcp: [1883] },
  overStream: true,
  overDatagram: false,
  overLink: false,
  areas: AREAS,
  identify,
  newSession: () => new MqttSession(),
  functionOf: functionTable(FUNCTIONS),
  statusName: statusTable(STATUS_NAMES),
};
