/** A Modbus/TCP client on a real socket: one request at a time, bound to a chosen local address. */
import { connect, type Socket } from 'node:net';
import { tcpFrameLength } from '../sense/protocols/modbus/framing.ts';
import { u16 } from '../sense/protocols/values.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

interface Waiting {
  readonly transaction: number;
  readonly resolve: (message: Uint8Array | null) => void;
  readonly timer: NodeJS.Timeout;
}

export class ModbusClient {
  readonly #target: Endpoint;
  readonly #localAddress: string;
  readonly #timeoutMs: number;
  #socket: Socket | null = null;
  #waiting: Waiting | null = null;
  #pending: Uint8Array = new Uint8Array(0);
  /** Connections made. */
  connections = 0;

  constructor(target: Endpoint, localAddress: string, timeoutMs: number) {
    this.#target = target;
    this.#localAddress = localAddress;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends a whole message (connecting first where needed) and resolves with the answer, or null where none came in time. */
  async exchange(message: Uint8Array): Promise<Uint8Array | null> {
    if (this.#waiting !== null) throw new RangeError('one request at a time');
    const socket = this.#socket ?? (await this.#connect());
    if (socket === null) return null;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#lose(socket), this.#timeoutMs);
      this.#waiting = { transaction: u16(message, 0), resolve, timer };
      socket.write(message.slice());
    });
  }

  close(): void {
    if (this.#socket !== null) this.#lose(this.#socket);
  }

  #connect(): Promise<Socket | null> {
    return new Promise((resolve) => {
      const { host, port } = this.#target;
      const socket = connect({ host, port, localAddress: this.#localAddress, noDelay: true });
      const giveUp = (): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(null);
      };
      const timer = setTimeout(giveUp, this.#timeoutMs);
      socket.once('error', giveUp);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', giveUp);
        socket.on('error', () => this.#lose(socket));
        socket.on('close', () => this.#lose(socket));
        socket.on('data', (chunk: Uint8Array) => this.#receive(socket, chunk));
        this.connections++;
        this.#socket = socket;
        resolve(socket);
      });
    });
  }

  #receive(socket: Socket, chunk: Uint8Array): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (at < bytes.length) {
      const length = tcpFrameLength(bytes, at, bytes.length);
      if (length < 0) return this.#lose(socket);
      if (length === 0 || at + length > bytes.length) break;
      // A late answer to a request already given up is skipped by its transaction.
      if (this.#waiting?.transaction === u16(bytes, at)) this.#settle(bytes.slice(at, at + length));
      at += length;
    }
    this.#pending = bytes.slice(at);
  }

  #lose(socket: Socket): void {
    socket.destroy();
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#pending = new Uint8Array(0);
    this.#settle(null);
  }

  #settle(message: Uint8Array | null): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    clearTimeout(waiting.timer);
    waiting.resolve(message);
  }
}
