/** Under mutation and any cut of the stream, what a device receives is byte for byte what was allowed. Seeded. */
import { expect, test } from 'vitest';
import { Random } from '../../../base/random.ts';
import * as dnp3 from '../../../sense/protocols/dnp3/encode.ts';
import { dnp3 as dnp3Protocol } from '../../../sense/protocols/dnp3/index.ts';
import { FC } from '../../../sense/protocols/dnp3/names.ts';
import { modbus } from '../../../sense/protocols/modbus/index.ts';
import type { Protocol } from '../../../sense/protocols/protocol.ts';
import { ProtocolStreams } from '../../../sense/protocols/streams.ts';
import { GateSink, MessageGate } from './message-gate.ts';

const SEED = 8_151;
const STREAMS = 20_000;

/** A gate that lets reads pass and notes their bytes as the dissector saw them. */
function gateFor(protocol: Protocol, port: number) {
  const sink = new GateSink();
  const streams = new ProtocolStreams([protocol], sink);
  const allowed: number[] = [];
  let answers = 0;
  const counters = { messages: 0, denied: 0, decisionErrors: 0, framingErrors: 0, disconnected: 0 };
  const gate = new MessageGate({
    ...{ streams, sink, state: streams.open(1, 40_000, port, true, true), fromClient: true, counters },
    peers: { client: 'c', clientPort: 40_000, device: 'd', devicePort: port },
    decide(view) {
      const forward = protocol.functionOf(view.functionCode).class === 'read';
      if (forward) allowed.push(view.pduEnd - view.pduOffset);
      return forward ? { forward } : { forward, answer: new Uint8Array(1) };
    },
    answer: () => void answers++,
    undecoded: () => true,
  });
  return { gate, allowed, counters, answers: () => answers };
}

function modbusRequest(random: Random): number[] {
  const code = [1, 3, 4, 5, 6, 15, 16, 43, 90][random.below(9)]!;
  const body =
    code === 16
      ? [0, 7, 0, 1, 2, random.below(256), 9]
      : code === 15
        ? [0, 1, 0, 3, 1, 5]
        : code === 43
          ? [14, 1, 0]
          : [0, random.below(256), 0, 1];
  return [random.below(256), random.below(256), 0, 0, 0, body.length + 2, 1, code, ...body];
}

function dnp3Request(random: Random): number[] {
  const code = [FC.read, FC.write, FC.operate, FC.coldRestart, FC.delayMeasurement][random.below(5)]!;
  const fragment = new Uint8Array(2 + (code === FC.read ? 3 : 0));
  dnp3.putRequest(fragment, 0, code, random.below(16));
  if (code === FC.read) fragment.set([60, 2, 6], 2);
  const out = new Uint8Array(dnp3.fragmentWireBytes(fragment.length));
  dnp3.putFragment(out, 0, { source: 3, destination: 4, fromMaster: true }, fragment, 0, fragment.length);
  return [...out];
}

for (const [name, protocol, port, make] of [
  ['Modbus', modbus, 502, modbusRequest],
  ['DNP3', dnp3Protocol, 20_000, dnp3Request],
] as const) {
  test(`${name}: ${STREAMS} mutated streams (seed ${SEED})`, () => {
    const random = new Random(SEED);
    let denied = 0;
    let ended = 0;
    let passed = 0;
    for (let i = 0; i < STREAMS; i++) {
      const requests = Array.from({ length: 1 + random.below(6) }, () => make(random));
      const stream = Uint8Array.from(requests.flat());
      const mutations = random.below(3);
      for (let m = 0; m < mutations; m++) stream[random.below(stream.length)] = random.below(256);
      const { gate, allowed, counters } = gateFor(protocol, port);
      const out: number[] = [];
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + 1 + random.below(20));
        out.push(...gate.take(stream.slice(at, end), 0));
        at = end;
      }
      // Nothing but whole allowed messages, and all of them unless the connection ended.
      const total = allowed.reduce((sum, length) => sum + length, 0);
      if (counters.disconnected === 0 && out.length !== total)
        throw new Error(`stream ${i}: ${out.length} of ${total} allowed bytes`);
      expect(out.length).toBeLessThanOrEqual(total);
      if (mutations === 0) {
        const clean = requests.filter((request) => isRead(name, request)).flat();
        expect(out).toEqual(clean);
        expect(counters).toMatchObject({ decisionErrors: 0, framingErrors: 0, disconnected: 0 });
      }
      denied += counters.denied;
      ended += counters.disconnected;
      passed += allowed.length;
    }
    expect(Math.min(denied, ended, passed)).toBeGreaterThan(STREAMS / 20);
  });
}

/** Reads by the place of their function code: behind MBAP; behind link header, transport octet and application control. */
function isRead(protocol: string, request: readonly number[]): boolean {
  return protocol === 'Modbus' ? [1, 3, 4].includes(request[7]!) : request[12] === FC.read;
}
