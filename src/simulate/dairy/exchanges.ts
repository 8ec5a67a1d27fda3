/** The dairy line without sockets: every Modbus exchange of a span of plant time, in order, as fast as the machine computes. */
import { Random } from '../../base/random.ts';
import type { TimeUs } from '../../records.ts';
import { type ClientScript, pduOf, Transactions } from '../client-script.ts';
import { answerRequest } from '../modbus-device.ts';
import { DAIRY_ADDRESSES, type DairyController } from './addresses.ts';
import type { DairyLine } from './line.ts';

/** One request and its answer. The byte arrays are valid until the next exchange is taken. */
export interface Exchange {
  readonly client: string;
  readonly server: string;
  /** Number of the TCP connection, 0 based, in order of opening. */
  readonly connection: number;
  readonly timeUs: TimeUs;
  readonly request: Uint8Array;
  readonly responseTimeUs: TimeUs;
  readonly response: Uint8Array;
}

/** A controller's usual time to answer, and its spread [µs]. */
const LATENCY_US = { least: 1_800, spread: 2_500 } as const;

/** Runs `line` until `untilUs` and yields its exchanges. Attacks may be started on the line between two of them. */
export function* exchanges(line: DairyLine, untilUs: TimeUs, seed = 1): Generator<Exchange, void, undefined> {
  const random = new Random(seed);
  const connections = new Map<ClientScript, { number: number; transactions: Transactions }>();
  for (;;) {
    const client = earliest(line.clients);
    if (client === undefined || client.nextUs > untilUs) break;
    const timeUs = client.nextUs;
    line.advanceTo(timeUs);
    let connection = connections.get(client);
    if (connection === undefined) {
      connection = { number: connections.size, transactions: new Transactions(random.uint32()) };
      connections.set(client, connection);
    }
    const controller = line.controller(client.controller);
    const request = connection.transactions.wrap(client.ask(timeUs), controller.unitId);
    const response = answerRequest(controller, request);
    const responseTimeUs = timeUs + LATENCY_US.least + Math.floor(LATENCY_US.spread * random.next());
    client.answer(response === null ? null : pduOf(response), responseTimeUs);
    if (response === null) continue;
    yield {
      client: client.address,
      server: DAIRY_ADDRESSES[client.controller as DairyController],
      connection: connection.number,
      timeUs,
      request,
      responseTimeUs,
      response,
    };
  }
  line.advanceTo(untilUs);
}

function earliest(clients: readonly ClientScript[]): ClientScript | undefined {
  let first: ClientScript | undefined;
  for (const client of clients) if (first === undefined || client.nextUs < first.nextUs) first = client;
  return first;
}
