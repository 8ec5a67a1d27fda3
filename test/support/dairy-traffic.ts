/** Modbus traffic of the simulated dairy as messages, without frames: for tests of what understanding makes of it. */

import type { MessageView } from '../../src/sense/protocols/message-view.ts';
import { modbus } from '../../src/sense/protocols/modbus/index.ts';
import { ProtocolStreams, type StreamState } from '../../src/sense/protocols/streams.ts';
import { exchanges } from '../../src/simulate/dairy/exchanges.ts';
import { DairyLine } from '../../src/simulate/dairy/line.ts';

export const DAIRY_START_US = Date.UTC(2026, 2, 2, 8) * 1000;

export interface DairyEnds {
  readonly client: string;
  readonly server: string;
}

export type DairyMessage = (view: MessageView, ends: DairyEnds) => void;

/** A simulated dairy whose messages go to `onMessage`; the view is valid only during the call. `localStartS`: time of day at the start. */
export class DairyTraffic {
  readonly line: DairyLine;
  readonly #streams: ProtocolStreams;
  readonly #states: { readonly state: StreamState; readonly ends: DairyEnds }[] = [];
  readonly #seed: number;
  #ends: DairyEnds = { client: '', server: '' };
  #frame = 0;

  constructor(seed: number, onMessage: DairyMessage, localStartS?: number) {
    const local = localStartS === undefined ? {} : { localStartS };
    this.line = new DairyLine({ seed, startUs: DAIRY_START_US, ...local });
    this.#seed = seed;
    this.#streams = new ProtocolStreams([modbus], { message: (view) => onMessage(view, this.#ends) });
  }

  /** Runs the plant for `seconds` of plant time. */
  run(seconds: number): void {
    const untilUs = Math.round(this.line.nowUs / 1e6 + seconds) * 1e6;
    for (const exchange of exchanges(this.line, untilUs, this.#seed)) {
      const { client, server, connection, request, response, timeUs, responseTimeUs } = exchange;
      let known = this.#states.find(({ ends }) => ends.client === client && ends.server === server);
      if (known === undefined) {
        known = { state: this.#streams.open(connection, 50_000, 502, true, true), ends: { client, server } };
        this.#states.push(known);
      }
      this.#ends = known.ends;
      this.#send(known.state, true, request, timeUs);
      this.#send(known.state, false, response, responseTimeUs);
    }
  }

  #send(state: StreamState, fromClient: boolean, bytes: Uint8Array, timeUs: number): void {
    this.#frame++;
    this.#streams.stream(state, fromClient, bytes, 0, bytes.length, { timeUs, frame: this.#frame, frameStart: 0 });
  }
}
