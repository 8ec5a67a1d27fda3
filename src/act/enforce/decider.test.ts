/** The decision on the wire: real Modbus through a conduit to a simulated controller, in every mode. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import type { Mode } from '../../records.ts';
import { modbus } from '../../sense/protocols/modbus/index.ts';
import { loadSite } from '../../understand/plant/load.ts';
import { Conduit } from './conduit/index.ts';
import { Decider } from './decider.ts';
import { compilePolicy } from './policy/index.ts';
import type { LedgerEntry, LedgerRecord } from './safety/ledger.ts';

const HOST = '127.0.0.1';
const PLC = '10.20.1.11';
const START_US = 1_772_409_600_000_000;

const SITE = loadSite(
  `
zones:
  - {name: cell-1, level: 1, networks: [10.20.1.0/24]}
  - {name: local, level: 2, networks: [127.0.0.0/8]}
conduits:
  - {name: local-to-cell-1, from: local, to: cell-1, protocols: [modbus]}
devices:
  plc-1: {address: ${PLC}, unit: 1}
  hmi-1: {address: ${HOST}}
units:
  - name: P1
    states: {running: flow > 0.5 m3/h, stopped: otherwise}
    tags:
      TT-101: {point: plc-1/holding/100, type: float32-swapped, unit: Cel, role: measurement, limits: {running: {safe: [72, 90]}}}
      SP-101: {point: plc-1/holding/120, type: float32-swapped, unit: Cel, role: setpoint, of: TT-101}
      TT-101.offset: {point: plc-1/holding/160, type: float32-swapped, unit: K, role: calibration, of: TT-101}
      flow: {point: plc-1/holding/104, type: float32-swapped, unit: m3/h, role: measurement}
      FDV: {point: plc-1/coil/12, role: command, safe: 1}
    effects: [{of: SP-101, on: TT-101, gain: 1 K/K, lag: 3 min}]
`,
  'site.yaml',
);
const POLICY = `
conduits:
  local-to-cell-1:
    - {rule: look, allow: read, from: hmi-1}
    - {rule: set-point, allow: write, from: hmi-1, tags: [SP-101], value: 60..78 Cel, step: 2 K per 10 s, unless: leaves(safe)}
    - {rule: calibration, allow: write, from: 10.20.3.10, tags: role(calibration), guard: true}
otherwise: deny
ifFiredoorFails: {local-to-cell-1: open}
`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Bench {
  readonly client: Socket;
  readonly clock: ManualClock;
  readonly decider: Decider;
  readonly conduit: Conduit;
  /** Every byte the device got, and the sockets it has. */
  readonly received: () => Buffer;
  readonly records: LedgerRecord[];
  readonly denials: () => LedgerEntry[];
  /** Sends and gives the bytes that come back. */
  ask(request: Buffer, answerBytes: number): Promise<Buffer>;
}

/** A client, a conduit in `mode` and a device whose registers hold what `registers` says; it answers as a controller does. */
async function bench(mode: Mode, policy = POLICY): Promise<Bench> {
  const chunks: Buffer[] = [];
  const registers = new Map<number, number>();
  for (const [at, value] of [
    [100, 75],
    [104, 4],
    [120, 75],
    [160, 0],
  ] as const)
    putFloat(registers, at, value);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      for (let at = 0; at < chunk.length; at += 6 + chunk.readUInt16BE(at + 4)) {
        socket.write(deviceAnswer(chunk.subarray(at, at + 6 + chunk.readUInt16BE(at + 4)), registers));
      }
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const clock = new ManualClock(START_US);
  const records: LedgerRecord[] = [];
  const decider = new Decider({ record: (record) => void records.push(record), wallUs: () => clock.nowUs() });
  decider.setSite(SITE);
  decider.keeper.setPolicy(compilePolicy(policy, 'policy.yaml', SITE));
  decider.keeper.modes = { 'local-to-cell-1': mode };
  const conduit = new Conduit({
    ...{
      name: 'plc-1',
      listen: { host: HOST, port: 0 },
      device: { host: HOST, port: (server.address() as AddressInfo).port },
    },
    ...{ asDevice: PLC, clock, decide: decider.decide, undecoded: decider.undecoded, protocols: [modbus] },
  });
  const port = await conduit.listen();
  cleanups.push(() => conduit.close());
  const client = connect({ host: HOST, port, noDelay: true });
  client.on('error', () => {});
  cleanups.push(() => client.destroy());
  await once(client, 'connect');
  const ask = async (request: Buffer, answerBytes: number): Promise<Buffer> => {
    client.write(request);
    return bytesOf(client, answerBytes);
  };
  const denials = (): LedgerEntry[] => records.filter((record) => record.kind === 'decision');
  return { client, clock, decider, conduit, received: () => Buffer.concat(chunks), records, denials, ask };
}

async function bytesOf(socket: Socket, length: number): Promise<Buffer> {
  const got: Buffer[] = [];
  for (let count = 0; count < length; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    got.push(chunk);
    count += chunk.length;
  }
  return Buffer.concat(got);
}

function later(clock: ManualClock, us: number): void {
  clock.advanceTo(clock.nowUs() + us);
}

/** MBAP header (transaction, protocol 0, length, unit 1) before a PDU (MODBUS Messaging on TCP/IP V1.0b, 3.1.3). */
function adu(transaction: number, ...pdu: number[]): Buffer {
  return Buffer.from([transaction >> 8, transaction & 255, 0, 0, 0, pdu.length + 1, 1, ...pdu]);
}
/** Function 3: registers from `address` on. */
const read = (transaction: number, address: number, count: number) =>
  adu(transaction, 3, address >> 8, address & 255, 0, count);
/** Function 16: a float in two registers, low word first. */
function writeFloat(transaction: number, address: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return adu(transaction, 16, address >> 8, address & 255, 0, 2, 4, bytes[2]!, bytes[3]!, bytes[0]!, bytes[1]!);
}
/** Function 5: one coil. */
const writeCoil = (transaction: number, address: number, on: boolean) =>
  adu(transaction, 5, address >> 8, address & 255, on ? 0xff : 0, 0);
/** Function 6: one register. */
const writeRegister = (transaction: number, address: number, value: number) =>
  adu(transaction, 6, address >> 8, address & 255, value >> 8, value & 255);

function putFloat(registers: Map<number, number>, at: number, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  registers.set(at, bytes.readUInt16BE(2)).set(at + 1, bytes.readUInt16BE(0));
}

/** What a controller answers to functions 3, 5, 6 and 16. */
function deviceAnswer(request: Buffer, registers: Map<number, number>): Buffer {
  const transaction = request.readUInt16BE(0);
  const code = request[7]!;
  const address = request.readUInt16BE(8);
  if (code === 3) {
    const count = request.readUInt16BE(10);
    const values = Array.from({ length: count }, (_, i) => registers.get(address + i) ?? 0);
    return adu(transaction, 3, 2 * count, ...values.flatMap((value) => [value >> 8, value & 255]));
  }
  if (code === 6) registers.set(address, request.readUInt16BE(10));
  if (code === 16)
    for (let i = 0; i < request.readUInt16BE(10); i++) registers.set(address + i, request.readUInt16BE(13 + 2 * i));
  return adu(transaction, code, ...request.subarray(8, 12));
}

/** Exception 1 to a function (V1.1b3, 7). */
const refusal = (transaction: number, code: number) => adu(transaction, code | 0x80, 1);

test('enforce: what a rule allows reaches the device byte for byte, the rest is refused by the protocol and stands in the ledger', async () => {
  const { ask, received, denials, conduit, decider } = await bench('enforce');
  expect((await ask(read(1, 100, 22), 9 + 44)).length).toBe(53);
  const allowed = writeFloat(2, 120, 76);
  expect(await ask(allowed, 12)).toEqual(adu(2, 16, 0, 120, 0, 2));
  expect(await ask(writeFloat(3, 160, 4), 9)).toEqual(refusal(3, 16));
  expect(await ask(writeFloat(4, 120, 79.5), 9)).toEqual(refusal(4, 16));
  expect(received()).toEqual(Buffer.concat([read(1, 100, 22), allowed]));
  expect(denials().map(({ rule, reason, outcome }) => [rule, reason, outcome])).toEqual([
    ['calibration', 'source-not-allowed', 'denied'],
    ['set-point', 'value-outside', 'denied'],
  ]);
  expect(denials()[1]).toMatchObject({
    ...{ conduit: 'local-to-cell-1', mode: 'enforce', client: HOST, device: PLC, protocol: 'modbus', transaction: 4 },
    function: { code: 16, name: 'write-multiple-registers' },
    writes: [{ tag: 'SP-101', value: 79.5, before: 76 }],
    states: { P1: 'running' },
    answered: 'modbus refusal',
    bytes: writeFloat(4, 120, 79.5).toString('hex'),
    expectedEffect: expect.stringContaining('SP-101 76 → 79.5 °C: TT-101 about 78.5 °C after 180 s'),
  });
  expect(conduit.health()).toMatchObject({ denied: 2, decisionErrors: 0, disconnected: 0 });
  expect(decider.counters()).toMatchObject({ 'local-to-cell-1': { passed: 2, denied: 2, deniable: 3 } });
});

test('observe and learn pass in silence, shadow writes the would-be denial, guard acts on marked rules only', async () => {
  const outcomes: Record<string, unknown> = {};
  for (const mode of ['observe', 'learn', 'shadow', 'guard'] as const) {
    const { ask, received, denials } = await bench(mode);
    await ask(read(1, 100, 22), 53);
    const setPoint = await ask(writeFloat(2, 120, 79.5), 12);
    const calibration = await ask(writeFloat(3, 160, 4), mode === 'guard' ? 9 : 12);
    expect(setPoint[7]).toBe(16);
    outcomes[mode] = [calibration[7], received().length, denials().map(({ rule, outcome }) => `${rule} ${outcome}`)];
  }
  const both = 12 + 17 + 17;
  expect(outcomes).toEqual({
    observe: [16, both, []],
    learn: [16, both, []],
    shadow: [16, both, ['set-point would-deny', 'calibration would-deny']],
    guard: [0x90, 12 + 17, ['set-point would-deny', 'calibration denied']],
  });
});

test('pipelined: between allowed messages the denied one stays out, in small steps too', async () => {
  const { ask, client, received, decider } = await bench('enforce');
  await ask(read(9, 100, 22), 53);
  const messages = Buffer.concat([
    read(1, 100, 22),
    writeFloat(2, 160, 4),
    read(3, 120, 2),
    writeRegister(4, 7, 1),
    read(5, 104, 2),
  ]);
  for (const byte of messages) client.write(Buffer.from([byte]));
  const answers = await bytesOf(client, 53 + 9 + 13 + 9 + 13);
  expect(received()).toEqual(Buffer.concat([read(9, 100, 22), read(1, 100, 22), read(3, 120, 2), read(5, 104, 2)]));
  const byTransaction = new Map<number, Buffer>();
  for (let at = 0; at < answers.length; at += 6 + answers.readUInt16BE(at + 4)) {
    byTransaction.set(answers.readUInt16BE(at), answers.subarray(at, at + 6 + answers.readUInt16BE(at + 4)));
  }
  expect(byTransaction.get(2)).toEqual(refusal(2, 16));
  expect(byTransaction.get(4)).toEqual(refusal(4, 6));
  expect([...byTransaction.keys()].sort()).toEqual([1, 2, 3, 4, 5]);
  expect(decider.counters()['local-to-cell-1']?.denied).toBe(2);
});

test('steps add up: many small writes in one breath are one large change', async () => {
  const { ask, clock } = await bench('enforce');
  await ask(read(1, 100, 22), 53);
  expect((await ask(writeFloat(2, 120, 76), 12))[7]).toBe(16);
  expect((await ask(writeFloat(3, 120, 77), 12))[7]).toBe(16);
  // 75 to 78 within ten seconds is 3 K.
  expect(await ask(writeFloat(4, 120, 78), 9)).toEqual(refusal(4, 16));
  later(clock, 11e6);
  expect((await ask(writeFloat(5, 120, 78), 12))[7]).toBe(16);
});

test('half of a value is judged as the whole that it makes', async () => {
  const { ask, received } = await bench('enforce');
  await ask(read(1, 100, 22), 53);
  // 75.0 is 0x42960000; 0x4496 as its high word would make 1200.
  expect(await ask(writeRegister(2, 121, 0x4496), 9)).toEqual(refusal(2, 6));
  expect((await ask(writeRegister(3, 121, 0x4297), 12))[7]).toBe(6);
  expect(received().length).toBe(12 + 12);
});

test('never blocked: the safe direction, and back to the last good value, by a known station; a calibration has neither', async () => {
  const { ask, clock, denials } = await bench('enforce');
  await ask(read(1, 100, 22), 53);
  later(clock, 61e6);
  await ask(read(2, 100, 22), 53);
  expect((await ask(writeCoil(3, 12, true), 12))[7]).toBe(5);
  expect(await ask(writeCoil(4, 12, false), 9)).toEqual(refusal(4, 5));
  expect((await ask(writeFloat(5, 120, 77), 12))[7]).toBe(16);
  later(clock, 61e6);
  await ask(read(6, 100, 22), 53);
  expect((await ask(writeFloat(7, 120, 78.9), 9))[7]).toBe(0x90);
  // From 77 back to 75 in one step is allowed by the step; from 78 by nobody but the set-back.
  expect((await ask(writeFloat(8, 120, 78), 12))[7]).toBe(16);
  expect((await ask(writeFloat(9, 120, 75.5), 9))[7]).toBe(0x90);
  expect((await ask(writeFloat(10, 120, 77), 12))[7]).toBe(16);
  expect(await ask(writeFloat(11, 160, 0), 9)).toEqual(refusal(11, 16));
  expect(denials().map(({ outcome, sparedBy }) => `${outcome} ${sparedBy}`.trim())).toEqual([
    'spared safe-direction',
    'denied',
    'denied',
    'denied',
    'denied',
  ]);
});

test('a grant lets the repeat of a refused message pass for its time, and nothing else', async () => {
  const { ask, clock, decider, denials } = await bench('enforce');
  await ask(read(1, 100, 22), 53);
  expect(await ask(writeFloat(2, 160, 0.5), 9)).toEqual(refusal(2, 16));
  const {
    client,
    device,
    function: { name },
    writes,
  } = denials()[0]!;
  const points = writes.map(({ point }) => point);
  decider.keeper.grants.add(
    { id: 'g1', client, device, functions: [name], points, untilUs: clock.nowUs() + 600e6, by: 'ann' },
    clock.nowUs(),
  );
  expect((await ask(writeFloat(3, 160, 0.5), 12))[7]).toBe(16);
  expect(await ask(writeRegister(4, 7, 1), 9)).toEqual(refusal(4, 6));
  later(clock, 601e6);
  expect(await ask(writeFloat(5, 160, 0.5), 9)).toEqual(refusal(5, 16));
});

test('bypass lets everything pass and says so', async () => {
  const { ask, decider, denials } = await bench('enforce');
  decider.keeper.bypass = true;
  expect((await ask(writeFloat(1, 160, 4), 12))[7]).toBe(16);
  expect(denials().map(({ outcome }) => outcome)).toEqual(['bypassed']);
});

test('bytes that make no message end the connection in enforce, so that nothing slips by undecoded', async () => {
  const { client, received, records, conduit } = await bench('enforce');
  const closed = once(client, 'close');
  // A wrong protocol identifier, then a write that a decoder out of step would not see.
  client.write(
    Buffer.concat([read(1, 100, 2), Buffer.from([0, 9, 7, 7, 0, 6, 1, 3, 0, 0, 0, 1]), writeFloat(3, 160, 4)]),
  );
  await closed;
  expect(received().length).toBeLessThanOrEqual(12);
  expect(conduit.health().disconnected).toBe(1);
  expect(records).toMatchObject([{ kind: 'event', what: 'undecoded' }]);
});

test('a flood of equal denials is one entry and a count', async () => {
  const { client, records, decider } = await bench('enforce');
  const flood = Buffer.concat(Array.from({ length: 500 }, (_, i) => writeFloat(i, 160, 4)));
  client.write(flood);
  await bytesOf(client, 500 * 9);
  decider.flush(Number.POSITIVE_INFINITY);
  expect(records.map(({ kind }) => kind)).toEqual(['decision', 'repeats']);
  expect(records[1]).toMatchObject({ of: (records[0] as LedgerEntry).id, count: 499 });
});

test('what cannot be evaluated passes and is recorded', async () => {
  const { ask, denials } = await bench('enforce');
  // Nothing was read yet: neither the value before nor the state is known. The state unknown makes enforce act as guard.
  expect((await ask(writeFloat(1, 120, 76), 12))[7]).toBe(16);
  expect(denials()).toMatchObject([{ outcome: 'not-evaluated', rule: 'set-point' }]);
  expect(denials()[0]?.notEvaluated.join()).toContain('step of SP-101');
});
