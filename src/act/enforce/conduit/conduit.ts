/**
 * An inline door before one device and port: a TCP listener that relays to the device, message by message. It passes what it is not
 * told to refuse, also what it does not understand; it is a sensor besides. Nothing of detection, store or page is needed here.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../../base/errors.ts';
import { CONDUIT_CONNECT_MS_MAX, CONDUIT_CONNECTIONS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';
import type { Protocol } from '../../../sense/protocols/protocol.ts';
import { PROTOCOLS } from '../../../sense/protocols/registry.ts';
import { ProtocolStreams } from '../../../sense/protocols/streams.ts';
import type { ConduitPeers, Decide } from './decision.ts';
import { LatencyHistogram } from './latency.ts';
import { type GateCounters, GateSink, MessageGate } from './message-gate.ts';
import { ConduitObserver } from './observer.ts';
import { Relay, type RelayCounters } from './relay.ts';

export interface ConduitEndpoint {
  readonly host: string;
  readonly port: number;
}

export interface ConduitOptions {
  readonly name: string;
  /** Port 0: any free one, see `Conduit.listen`. */
  readonly listen: ConduitEndpoint;
  readonly device: ConduitEndpoint;
  /** Address of the device in frames and decisions, where it is reached under another one. Default: the device's host. */
  readonly asDevice?: string;
  /** Local address for connections to the device. Default: as the system routes. */
  readonly localAddress?: string;
  /** Gives each connection a local port under which the network lets it go out as its client; see `placement/`. */
  readonly sourcePorts?: SourcePorts;
  readonly clock: Clock;
  /**
   * Both sides as Ethernet frames (link type 1) of the true client and the device, in order of time. Called outside the relaying,
   * through a bounded queue; may be slow (then frames are dropped, counted) and may throw (counted).
   */
  readonly onFrame?: (frame: Uint8Array, timeUs: TimeUs) => void;
  /** Decides each message; without it all pass. */
  readonly decide?: Decide;
  /** Bytes of a client that make no message: true ends its connection, false (the default) lets them go on. */
  readonly undecoded?: (peers: ConduitPeers) => boolean;
  /** False: this client gets no connection (island mode). */
  readonly admit?: (client: string) => boolean;
  /** What is spoken here. Default: any protocol. Those named are recognised from their first byte on, whatever the port. */
  readonly protocols?: readonly Protocol[];
}

export interface SourcePorts {
  bind(client: string): Promise<number>;
  release(port: number): Promise<void>;
}

export interface ConduitHealth {
  readonly name: string;
  readonly listening: boolean;
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Connections refused because `CONDUIT_CONNECTIONS_MAX` were open. */
  readonly connectionsRefused: number;
  /** Connections closed because the device did not take them. */
  readonly deviceRefusals: number;
  readonly bytesToDevice: number;
  readonly bytesToClient: number;
  readonly messages: number;
  readonly denied: number;
  readonly decisionErrors: number;
  readonly framingErrors: number;
  readonly disconnected: number;
  readonly heldTooLong: number;
  /** From the arrival of the first byte of what is written to the end of the write, inside this process. */
  readonly latency: { readonly count: number; readonly p50Us: number; readonly p99Us: number; readonly maxUs: number };
  readonly framesObserved: number;
  readonly framesDropped: number;
  readonly observerErrors: number;
}

export class Conduit {
  readonly name: string;
  readonly #options: ConduitOptions;
  readonly #server: Server;
  readonly #sink = new GateSink();
  readonly #streams: ProtocolStreams;
  readonly #observer: ConduitObserver | undefined;
  readonly #latency = new LatencyHistogram();
  readonly #relays = new Set<Relay>();
  readonly #gates: GateCounters = { messages: 0, denied: 0, decisionErrors: 0, framingErrors: 0, disconnected: 0 };
  readonly #bytes: RelayCounters = { bytesToDevice: 0, bytesToClient: 0, heldTooLong: 0 };
  #connectionsTotal = 0;
  #connectionsRefused = 0;
  #deviceRefusals = 0;

  constructor(options: ConduitOptions) {
    this.name = options.name;
    this.#options = options;
    this.#streams = new ProtocolStreams(options.protocols ?? PROTOCOLS, this.#sink);
    this.#observer = options.onFrame === undefined ? undefined : new ConduitObserver(options.onFrame);
    // A client is not read before the device is there, and may end its side first.
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  /** Listens; resolves with the port. Rejects with PORT_TAKEN, or MISSING_REQUIREMENT where this machine has no such address or right. */
  listen(): Promise<number> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => reject(this.#listenError(error));
      this.#server.once('error', refuse);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', refuse);
        // Later errors (no file descriptors left) lose one connection, not the door.
        this.#server.on('error', () => this.#connectionsRefused++);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  health(): ConduitHealth {
    const observed = this.#observer?.figures();
    return {
      name: this.name,
      listening: this.#server.listening,
      connections: this.#relays.size,
      connectionsTotal: this.#connectionsTotal,
      connectionsRefused: this.#connectionsRefused,
      deviceRefusals: this.#deviceRefusals,
      ...this.#bytes,
      ...this.#gates,
      latency: this.#latency.figures(),
      framesObserved: observed?.frames ?? 0,
      framesDropped: observed?.dropped ?? 0,
      observerErrors: observed?.errors ?? 0,
    };
  }

  /** Ends the connections of clients for which `test` holds. */
  resetWhere(test: (client: string) => boolean): void {
    for (const relay of this.#relays) if (test(relay.client)) relay.reset();
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const relay of this.#relays) relay.reset();
    await closed;
  }

  #accept(client: Socket): void {
    if (this.#relays.size >= CONDUIT_CONNECTIONS_MAX || this.#options.admit?.(addressOf(client)) === false) {
      this.#connectionsRefused++;
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    this.#connectionsTotal++;
    const { sourcePorts } = this.#options;
    if (sourcePorts === undefined) return this.#serve(client, undefined);
    const giveUp = (): void => {
      client.destroy();
    };
    client.once('error', giveUp);
    const refuse = (): void => {
      this.#deviceRefusals++;
      client.resetAndDestroy();
    };
    const serve = (port: number): void => {
      client.off('error', giveUp);
      if (client.destroyed) void sourcePorts.release(port);
      else this.#serve(client, port);
    };
    sourcePorts.bind(addressOf(client)).then(serve, refuse);
  }

  #serve(client: Socket, localPort: number | undefined): void {
    const { device: target, localAddress, sourcePorts } = this.#options;
    const device = connect({
      ...{ ...target, allowHalfOpen: true },
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localPort === undefined ? {} : { localPort }),
    });
    if (localPort !== undefined) device.once('close', () => void sourcePorts?.release(localPort));
    const relay = this.#relay(client, device);
    const refuse = (): void => {
      this.#deviceRefusals++;
      device.destroy();
      client.resetAndDestroy();
    };
    const timer = setTimeout(refuse, CONDUIT_CONNECT_MS_MAX);
    const refused = (): void => {
      clearTimeout(timer);
      refuse();
    };
    device.once('error', refused);
    device.once('close', () => clearTimeout(timer));
    device.once('connect', () => {
      clearTimeout(timer);
      device.off('error', refused);
      relay.start();
    });
  }

  #relay(client: Socket, device: Socket): Relay {
    const peers: ConduitPeers = {
      client: addressOf(client),
      clientPort: client.remotePort ?? 0,
      device: this.#options.asDevice ?? this.#options.device.host,
      devicePort: this.#options.device.port,
    };
    const number = this.#connectionsTotal;
    const state = this.#streams.open(number, peers.clientPort, hintPort(this.#options), true, true);
    const { decide, undecoded, clock } = this.#options;
    const gate = (fromClient: boolean): MessageGate =>
      new MessageGate({
        streams: this.#streams,
        sink: this.#sink,
        state,
        fromClient,
        peers,
        decide,
        counters: this.#gates,
        answer: (bytes) => relay.answer(fromClient, bytes),
        disconnect: () => relay.endAfterAnswer(),
        ...(undecoded === undefined ? {} : { undecoded }),
      });
    const relay: Relay = new Relay(
      {
        client,
        device,
        clientAddress: peers.client,
        observed: this.#observer?.connection(peers, number),
        latency: this.#latency,
        counters: this.#bytes,
        nowUs: () => clock.nowUs(),
        decides: decide !== undefined,
        closed: () => this.#relays.delete(relay),
      },
      [gate(true), gate(false)],
    );
    this.#relays.add(relay);
    return relay;
  }

  #listenError(error: Error): FiredoorError {
    const { host, port } = this.#options.listen;
    const where = `The conduit ${this.name} cannot listen at ${host}:${port}`;
    const code = 'code' in error ? error.code : '';
    const cause = { cause: error };
    if (code === 'EADDRINUSE') {
      const sentence = `${where}: another program listens there. Stop it, or give the conduit another address or port.`;
      return new FiredoorError(ERROR_CODES.PORT_TAKEN, sentence, cause);
    }
    const help: Readonly<Record<string, string>> = {
      EACCES: 'ports below 1024 need a right. Start as root, or allow it: setcap cap_net_bind_service=+ep on node.',
      EADDRNOTAVAIL: 'this machine has no such address. Add it to an interface, or change the conduit.',
    };
    const sentence = `${where}: ${help[String(code)] ?? `${sentenceOf(error)}.`}`;
    return new FiredoorError(ERROR_CODES.MISSING_REQUIREMENT, sentence, cause);
  }
}

/** The port that makes a protocol look at its first bytes: the device's own, or that of the protocol spoken here. */
function hintPort({ device, protocols = [] }: ConduitOptions): number {
  const ports = protocols.flatMap(({ hints }) => hints.tcp ?? []);
  return ports.includes(device.port) ? device.port : (ports[0] ?? device.port);
}

/** The other end of a connection; an IPv4 client at a listener for both families stands as IPv4. */
function addressOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:/, '');
}
