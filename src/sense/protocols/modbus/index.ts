/** Modbus: Modbus/TCP, Modbus over UDP, and RTU over TCP. Two protocol objects, since their framing differs; one meaning. */
import { functionTable, type Protocol, statusTable } from '../protocol.ts';
import { identifyRtu, identifyTcp } from './identify.ts';
import { AREAS, EXCEPTIONS, FUNCTIONS } from './names.ts';
import { ModbusSession } from './session.ts';

export { refuse } from './refuse.ts';

const functionOf = functionTable(FUNCTIONS);
const statusName = statusTable(EXCEPTIONS);

export const modbus: Protocol = {
  name: 'modbus',
  title: 'Modbus/TCP',
  hints: { tcp: [502], udp: [502] },
  overStream: true,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify: identifyTcp,
  newSession: () => new ModbusSession(false),
  functionOf,
  statusName,
};

export const modbusRtu: Protocol = {
  name: 'modbus-rtu',
  title: 'Modbus RTU over TCP',
  hints: {},
  overStream: true,
  overDatagram: true,
  overLink: false,
  areas: AREAS,
  identify: identifyRtu,
  newSession: () => new ModbusSession(true),
  functionOf,
  statusName,
};
