/**
 * Modbus functions, sub-functions and exceptions. Source: MODBUS Application Protocol Specification V1.1b3 (2012), section 6 and 7;
 * legacy Modicon codes: Modicon Modbus Protocol Reference Guide PI-MBUS-300 Rev. J. Classes, effects and risk are Firedoor's judgement.
 */
import type { FunctionInfo } from '../../../records.ts';

export const FC = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeSingleCoil: 5,
  writeSingleRegister: 6,
  readExceptionStatus: 7,
  diagnostics: 8,
  getCommEventCounter: 11,
  getCommEventLog: 12,
  writeMultipleCoils: 15,
  writeMultipleRegisters: 16,
  reportServerId: 17,
  readFileRecord: 20,
  writeFileRecord: 21,
  maskWriteRegister: 22,
  readWriteMultipleRegisters: 23,
  readFifoQueue: 24,
  encapsulatedInterface: 43,
  umas: 90,
} as const;

/** Diagnostics sub-functions that change something, 6.8.1. */
export const DIAGNOSTIC = { restartCommunications: 1, forceListenOnly: 4, clearCounters: 10 } as const;

/** MEI types of function 43: CANopen 13, device identification 14 (6.19 to 6.21). */
export const MEI = { canOpen: 13, deviceIdentification: 14 } as const;

/** Areas a point may lie in; index = area number in the view. */
export const AREAS = ['coil', 'discrete', 'input', 'holding', 'file', 'fifo'] as const;
export const AREA = { coil: 0, discrete: 1, input: 2, holding: 3, file: 4, fifo: 5 } as const;

/** Objects of the device identification (6.21, table of object ids). */
export const IDENTIFICATION_OBJECTS: Readonly<Record<number, string>> = {
  0: 'vendor',
  1: 'product-code',
  2: 'firmware',
  3: 'vendor-url',
  4: 'product-name',
  5: 'model',
  6: 'application',
};

/** Exception code of a function that the device does not have or does not allow (7). */
export const EXCEPTION = { illegalFunction: 1 } as const;

/** Exception codes (7). */
export const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'illegal-function',
  2: 'illegal-data-address',
  3: 'illegal-data-value',
  4: 'server-device-failure',
  5: 'acknowledge',
  6: 'server-device-busy',
  7: 'negative-acknowledge',
  8: 'memory-parity-error',
  10: 'gateway-path-unavailable',
  11: 'gateway-target-failed-to-respond',
};

const read = { class: 'read', effect: 'none', risk: 0, techniques: ['T0801'] } as const;
const diagnostic = { class: 'diagnostic', effect: 'none', risk: 1, techniques: ['T0888'] } as const;
const switches = {
  class: 'control',
  effect: 'changes-value',
  risk: 3,
  techniques: ['T1692.001', 'T0806', 'T0831'],
} as const;
const writes = { class: 'write', effect: 'changes-value', risk: 3, techniques: ['T1692.001', 'T0836'] } as const;
const legacy = { class: 'program', effect: 'changes-logic', risk: 4, techniques: ['T0843', 'T0889'] } as const;

export const FUNCTIONS: readonly FunctionInfo[] = [
  { code: 1, name: 'read-coils', ...read },
  { code: 2, name: 'read-discrete-inputs', ...read },
  { code: 3, name: 'read-holding-registers', ...read },
  { code: 4, name: 'read-input-registers', ...read },
  { code: 5, name: 'write-single-coil', ...switches },
  { code: 6, name: 'write-single-register', ...writes },
  { code: 7, name: 'read-exception-status', ...diagnostic },
  { code: 8, name: 'diagnostics', ...diagnostic },
  { code: 8, subCode: 0, name: 'diagnostics-echo', ...diagnostic },
  {
    code: 8,
    subCode: 1,
    name: 'diagnostics-restart-communications',
    class: 'diagnostic',
    effect: 'restarts',
    risk: 4,
    techniques: ['T0816', 'T0814'],
  },
  { code: 8, subCode: 2, name: 'diagnostics-register', ...diagnostic },
  {
    code: 8,
    subCode: 3,
    name: 'diagnostics-change-delimiter',
    class: 'config',
    effect: 'changes-mode',
    risk: 2,
    techniques: ['T0836'],
  },
  {
    code: 8,
    subCode: 4,
    name: 'diagnostics-force-listen-only',
    class: 'control',
    effect: 'stops',
    risk: 4,
    techniques: ['T0814', 'T1691.001', 'T1691.002'],
  },
  { code: 8, subCode: 10, name: 'diagnostics-clear-counters', ...diagnostic, effect: 'changes-value', risk: 2 },
  { code: 8, subCode: 20, name: 'diagnostics-clear-overrun', ...diagnostic, effect: 'changes-value', risk: 2 },
  { code: 9, name: 'legacy-program-484', ...legacy },
  { code: 10, name: 'legacy-poll-484', ...legacy },
  { code: 11, name: 'get-comm-event-counter', ...diagnostic },
  { code: 12, name: 'get-comm-event-log', ...diagnostic },
  { code: 13, name: 'legacy-program-controller', ...legacy },
  { code: 14, name: 'legacy-poll-controller', ...legacy },
  { code: 15, name: 'write-multiple-coils', ...switches },
  { code: 16, name: 'write-multiple-registers', ...writes },
  { code: 17, name: 'report-server-id', class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888'] },
  { code: 18, name: 'legacy-program-884', ...legacy },
  { code: 19, name: 'legacy-reset-communications', ...legacy },
  { code: 20, name: 'read-file-record', ...read, techniques: ['T0801', 'T0893'] },
  {
    code: 21,
    name: 'write-file-record',
    class: 'config',
    effect: 'changes-value',
    risk: 2,
    techniques: ['T0836'],
  },
  { code: 22, name: 'mask-write-register', ...writes },
  { code: 23, name: 'read-write-multiple-registers', ...writes },
  { code: 24, name: 'read-fifo-queue', ...read },
  { code: 43, name: 'encapsulated-interface', class: 'discovery', effect: 'none', risk: 1, techniques: ['T0888'] },
  { code: 43, subCode: 13, name: 'canopen-general-reference', ...writes, techniques: ['T0836'] },
  {
    code: 43,
    subCode: 14,
    name: 'read-device-identification',
    class: 'discovery',
    effect: 'none',
    risk: 1,
    techniques: ['T0888'],
  },
  {
    code: 90,
    name: 'umas',
    class: 'program',
    effect: 'changes-logic',
    risk: 4,
    techniques: ['T0843', 'T0845', 'T0858'],
  },
];
