/** What takes over a listening port when the enforcer is gone: bytes both ways, nothing read. As small as can be. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { CONDUIT_CONNECTIONS_MAX } from '../../../limits.ts';
import type { ConduitEndpoint } from '../conduit/index.ts';

export class PlainRelay {
  /** Connections passed on, and those of clients that stay shut out. */
  passed = 0;
  refused = 0;
  readonly #listen: ConduitEndpoint;
  readonly #device: ConduitEndpoint;
  readonly #admit: (client: string) => boolean;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor(listen: ConduitEndpoint, device: ConduitEndpoint, admit: (client: string) => boolean) {
    this.#listen = listen;
    this.#device = device;
    this.#admit = admit;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server.maxConnections = CONDUIT_CONNECTIONS_MAX;
  }

  /** Listens; tries again while the port is still the dying process's. Rejects with what the system says, or when it is closed. */
  async listen(tries = 50): Promise<void> {
    for (let left = tries; ; left--) {
      try {
        await this.#listenOnce();
        break;
      } catch (error) {
        if (left <= 0 || this.#closed) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.#server.on('error', () => this.refused++);
  }

  #listenOnce(): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        server.off('error', done);
        server.off('listening', done);
        // Closed while it was waiting for the port: it must not keep it from the enforcer.
        if (this.#closed) server.close();
        if (error === undefined) resolve();
        else reject(error);
      };
      server.on('error', done);
      server.on('listening', done);
      server.listen(this.#listen);
    });
  }

  /** Stops and ends every connection: its clients come back to the enforcer. */
  async close(): Promise<void> {
    this.#closed = true;
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', () => client.destroy());
    if (!this.#admit((client.remoteAddress ?? '').replace(/^::ffff:/, ''))) {
      this.refused++;
      client.resetAndDestroy();
      return;
    }
    this.passed++;
    const device = connect({ ...this.#device, noDelay: true, allowHalfOpen: true });
    for (const [from, to] of [
      [client, device],
      [device, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.resetAndDestroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!to.destroyed) to.destroySoon();
      });
    }
  }
}

/** Between two tries to get the port of a process that is just dying. [ms] */
const RETRY_MS = 10;
