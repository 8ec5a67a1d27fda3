/** What a gate keeps back of a stream whose messages are put together from frames: exactly the frames, whatever the view points at. */
import { describe, expect, it } from 'vitest';
import * as encode from '../../../sense/protocols/dnp3/encode.ts';
import { dnp3, refuse } from '../../../sense/protocols/dnp3/index.ts';
import { FC } from '../../../sense/protocols/dnp3/names.ts';
import { ProtocolStreams } from '../../../sense/protocols/streams.ts';
import { GateSink, MessageGate } from './message-gate.ts';

const MASTER = { source: 3, destination: 4, fromMaster: true };
const PEERS = { client: 'c', clientPort: 40_000, device: 'd', devicePort: 20_000 };

/** A request with `objects` octets behind its header, as link frames. */
function request(code: number, objects = 0): Uint8Array {
  const fragment = new Uint8Array(2 + objects);
  encode.putRequest(fragment, 0, code, 1);
  const out = new Uint8Array(encode.fragmentWireBytes(fragment.length));
  encode.putFragment(out, 0, MASTER, fragment, 0, fragment.length);
  return out;
}

/** A gate from a master to its outstation that lets no restart through. */
function gate() {
  const sink = new GateSink();
  const streams = new ProtocolStreams([dnp3], sink);
  const answers: Uint8Array[] = [];
  const counters = { messages: 0, denied: 0, decisionErrors: 0, framingErrors: 0, disconnected: 0 };
  let ends = 0;
  const made = new MessageGate({
    streams,
    sink,
    state: streams.open(1, 40_000, 20_000, true),
    fromClient: true,
    peers: PEERS,
    decide(view) {
      if (view.functionCode !== FC.coldRestart) return { forward: true };
      const out = new Uint8Array(64);
      return { forward: false, answer: out.slice(0, refuse(view, out, 0)) };
    },
    counters,
    answer: (bytes) => void answers.push(bytes),
    disconnect: () => void ends++,
  });
  return { made, answers, counters, ended: () => ends };
}

describe('a gate in front of a DNP3 outstation', () => {
  const before = request(FC.delayMeasurement);
  const restart = request(FC.coldRestart);
  const after = request(FC.recordCurrentTime);

  it('keeps back the frame of the refused request and answers for the outstation', () => {
    const { made, answers, counters } = gate();
    const passed = made.take(new Uint8Array([...before, ...restart, ...after]), 0);
    expect([...passed]).toEqual([...before, ...after]);
    // IIN2.0, no function support, stands behind link header, transport octet, application control and function.
    expect(answers.map((answer) => [answer[12], answer[14]])).toEqual([[FC.response, 1]]);
    expect(counters).toMatchObject({ messages: 3, denied: 1, decisionErrors: 0 });
  });

  it('also where the bytes come one by one', () => {
    const { made } = gate();
    const passed: number[] = [];
    for (const byte of [...before, ...restart, ...after]) passed.push(...made.take(new Uint8Array([byte]), 0));
    expect(passed).toEqual([...before, ...after]);
  });

  it('of a request in two frames neither goes on', () => {
    const { made, answers, ended } = gate();
    const long = request(FC.coldRestart, 300);
    const passed = made.take(new Uint8Array([...before, ...long, ...after]), 0);
    expect([...passed]).toEqual([...before, ...after]);
    expect(answers).toHaveLength(1);
    expect(ended()).toBe(0);
  });

  it('where the first of two frames went on before, the connection ends, so that nothing is joined to it', () => {
    const { made, answers, counters, ended } = gate();
    const long = request(FC.coldRestart, 300);
    expect([...made.take(long.slice(0, 292), 0)]).toEqual([...long.slice(0, 292)]);
    expect([...made.take(new Uint8Array([...long.slice(292), ...after]), 0)]).toEqual([]);
    expect(answers).toHaveLength(1);
    expect(counters).toMatchObject({ denied: 1, disconnected: 1 });
    expect(ended()).toBe(1);
    expect([...made.take(after, 0)]).toEqual([]);
  });
});
