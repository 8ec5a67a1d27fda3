/** A simulated controller on a real TCP socket. */
import { createServer, type Server, type Socket } from 'node:net';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import { tcpFrameLength } from '../sense/protocols/modbus/framing.ts';
import { NEED_MORE, NOT_MINE } from '../sense/protocols/protocol.ts';
import { answerRequest } from './modbus-device.ts';
import type { Controller } from './plant.ts';

/** Connections one controller takes at once; small controllers take fewer. */
const CONNECTIONS_MAX = 32;
/** Unanswered bytes of one connection before it is closed. [bytes] */
const PENDING_BYTES_MAX = 8 * 1024;

export class ModbusServer {
  readonly #controller: Controller;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Requests answered, and connections closed because what came was not Modbus. */
  requests = 0;
  refused = 0;

  constructor(controller: Controller) {
    this.#controller = controller;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Listens; resolves with the port (useful where 0 was asked for). Rejects with PORT_TAKEN where the address is in use. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        const sentence = `The simulated controller ${this.#controller.name} cannot listen at ${host}:${port}: ${error.message}.`;
        reject(new FiredoorError(ERROR_CODES.PORT_TAKEN, sentence, { cause: error }));
      });
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Closes the listener and every connection. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let pending: Uint8Array = new Uint8Array(0);
    socket.on('data', (chunk: Uint8Array) => {
      const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const rest = this.#answerAll(socket, bytes);
      if (rest < 0 || bytes.length - rest > PENDING_BYTES_MAX) {
        this.refused++;
        socket.destroy();
      } else pending = bytes.slice(rest);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  /** Answers every whole request; returns where the unfinished rest begins, negative where the bytes are not Modbus. */
  #answerAll(socket: Socket, bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      const length = tcpFrameLength(bytes, at, bytes.length);
      if (length === NOT_MINE) return -1;
      if (length === NEED_MORE || at + length > bytes.length) break;
      const answer = answerRequest(this.#controller, bytes, at, at + length);
      this.requests++;
      // The answer buffer is reused, so what is written must be a copy.
      if (answer !== null) socket.write(answer.slice());
      at += length;
    }
    return at;
  }
}
