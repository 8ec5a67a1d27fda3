/**
 * How a command line reaches the running service on the same machine: one JSON line there, one back, over a socket file in the
 * data folder. Whoever may write to the folder may command; there is no network way in.
 */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { API_BODY_BYTES_MAX } from '../../limits.ts';

/** What a command line may ask of the service. */
export interface ControlRequest {
  readonly command: string;
  readonly arguments: Readonly<Record<string, string>>;
}

export interface ControlReply {
  readonly done: boolean;
  readonly sentence: string;
  readonly data?: unknown;
}

/** Longest socket path every kernel takes. [bytes] */
const SOCKET_PATH_BYTES_MAX = 100;
/** Wall time a command waits for the service. [ms] */
const REPLY_MS = 15_000;

/** Where the service of a data folder listens. */
export function controlPath(dataFolder: string): string {
  const path = join(resolve(dataFolder), 'control.sock');
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  return join(tmpdir(), `firedoor-${createHash('sha256').update(path).digest('hex').slice(0, 16)}.sock`);
}

/** Listens for commands; `handle` answers each. Resolves when it listens. */
export async function listenControl(
  dataFolder: string,
  handle: (request: ControlRequest) => Promise<ControlReply>,
): Promise<{ close(): Promise<void> }> {
  const path = controlPath(dataFolder);
  // The store's lock has shown that no other service runs here: a socket file is left over from a crash.
  if (existsSync(path)) rmSync(path);
  const server: Server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > API_BODY_BYTES_MAX) return socket.destroy();
      const end = text.indexOf('\n');
      if (end < 0) return undefined;
      void answer(text.slice(0, end), handle).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
      return undefined;
    });
  });
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(path, done);
  });
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done());
      }),
  };
}

async function answer(line: string, handle: (request: ControlRequest) => Promise<ControlReply>): Promise<ControlReply> {
  try {
    return await handle(JSON.parse(line) as ControlRequest);
  } catch (error) {
    return { done: false, sentence: sentenceOf(error) };
  }
}

/** Sends one command to the service of a data folder. Throws NOT_AVAILABLE where none runs. */
export function sendControl(dataFolder: string, request: ControlRequest): Promise<ControlReply> {
  const path = controlPath(dataFolder);
  const none = `No Firedoor is running with the data folder ${resolve(dataFolder)}. Start one with "npm start", or name its folder with --data.`;
  return new Promise((done, failed) => {
    const socket = createConnection(path);
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(REPLY_MS, () => {
      socket.destroy();
      failed(new FiredoorError(ERROR_CODES.FAILED, 'The running Firedoor did not answer in time.'));
    });
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('error', (cause) => failed(new FiredoorError(ERROR_CODES.BAD_USAGE, none, { cause })));
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => {
      if (text.trim() === '')
        return failed(new FiredoorError(ERROR_CODES.FAILED, 'The running Firedoor gave no answer.'));
      return done(JSON.parse(text) as ControlReply);
    });
  });
}
