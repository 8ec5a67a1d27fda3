import { afterEach, describe, expect, it } from 'vitest';
import { RunningClock } from '../base/clock.ts';
import { FC } from '../sense/protocols/modbus/names.ts';
import { pduOf, readPdu, Transactions, writeTagPdu } from './client-script.ts';
import { type DairyEndpoints, LiveDairyLine } from './live-line.ts';
import { ModbusClient } from './modbus-client.ts';
import { type ChildMessage, PlantProcess } from './process.ts';

const ANY_PORT: DairyEndpoints = {
  listen: { P1: { host: '127.20.101.11', port: 0 }, F1: { host: '127.20.101.12', port: 0 } },
};
const lines: LiveDairyLine[] = [];

function liveLine(speed: number, endpoints = ANY_PORT): LiveDairyLine {
  const line = new LiveDairyLine({ seed: 4, clock: new RunningClock(speed), endpoints });
  lines.push(line);
  return line;
}

/** Waits until `ready`, at most ten seconds. */
async function until(ready: () => boolean): Promise<void> {
  for (let n = 0; n < 500 && !ready(); n++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(ready()).toBe(true);
}

afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.stop()));
});

describe('the dairy line over sockets', () => {
  it('is polled by its HMI and then takes an attack, which a stranger carries out over the wire', async () => {
    const line = liveLine(100);
    await line.listen();
    expect(() => line.attack('calibration-offset')).toThrow(/refused/);
    line.connect();
    await until(() => {
      try {
        line.attack('calibration-offset');
        return true;
      } catch {
        return false;
      }
    });
    await until(() => line.truth().attacks[0]?.ended === true);
    const { registers } = line.line.p1;
    expect(registers.read(registers.tag('TT-101.offset'))).toBe(4);
    expect(line.truth().attacks[0]?.outcomes.at(-1)?.outcome).toBe('ok');
    expect(line.unanswered).toBe(0);
  }, 30_000);

  it('refuses to attack what does not answer with its own start number', async () => {
    const other = liveLine(50);
    const target = await other.listen();
    const line = new LiveDairyLine({ seed: 5, clock: new RunningClock(50), endpoints: ANY_PORT });
    lines.push(line);
    await line.listen();
    line.connect(target);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(() => line.attack('line-stopped')).toThrow(/refused/);
  }, 30_000);

  it('stays on loopback', () => {
    const target = { P1: { host: '10.20.1.11', port: 502 }, F1: { host: '10.20.1.12', port: 502 } };
    expect(() => liveLine(1, { ...ANY_PORT, target })).toThrow(/loopback/);
  });

  it('answers split and joined requests, unknown functions and addresses as the standard says', async () => {
    const line = liveLine(1);
    const { P1 } = await line.listen();
    const client = new ModbusClient(P1, '127.20.2.9', 2_000);
    const transactions = new Transactions();
    const ask = async (pdu: Uint8Array): Promise<number[]> => {
      const answer = await client.exchange(transactions.wrap(pdu, 1));
      return answer === null ? [] : [...pduOf(answer)];
    };
    expect(await ask(readPdu(FC.readHoldingRegisters, 199, 2))).toEqual([0x83, 2]);
    expect(await ask(readPdu(FC.readHoldingRegisters, 0, 126))).toEqual([0x83, 3]);
    expect(await ask(readPdu(0x5b, 0, 1))).toEqual([0xdb, 1]);
    expect(await ask(writeTagPdu(line.line.p1.registers.tag('SP-101'), 76))).toEqual([16, 0, 120, 0, 2]);
    expect(await ask(readPdu(FC.readHoldingRegisters, 120, 2))).toEqual([3, 4, 0x00, 0x00, 0x42, 0x98]);
    client.close();
  });

  it('speaks with its parent in messages', async () => {
    const sent: ChildMessage[] = [];
    const plant = new PlantProcess((message) => sent.push(message));
    await plant.handle({ type: 'truth', id: 1 });
    await plant.handle({ type: 'start', seed: 2, speed: 20, addresses: ANY_PORT });
    await plant.handle({ type: 'attack', id: 2, name: 'rain' });
    await plant.handle({ type: 'truth', id: 3 });
    await plant.handle({ type: 'stop' });
    expect(sent.map(({ type }) => type)).toEqual(['error', 'ready', 'attack', 'truth']);
    expect(sent[2]).toMatchObject({ id: 2, started: false });
  });
});
