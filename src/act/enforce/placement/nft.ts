/** Applies rule sets: one `nft -f -` a batch, which the kernel takes whole or not at all; and one kept `nft -i` for the map of clients. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { ERROR_CODES, FiredoorError } from '../../../base/errors.ts';
import { renderClient, renderClientEnd } from '../nftables/index.ts';

/** Applies a batch. Rejects with MISSING_REQUIREMENT where there is no nft, FAILED with what it says. */
export function applyRules(text: string, options: { readonly checkOnly?: boolean } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const nft = spawn('nft', [...(options.checkOnly === true ? ['-c'] : []), '-f', '-'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    nft.stderr.setEncoding('utf8').on('data', (part: string) => {
      said = (said + part).slice(0, 4_096);
    });
    nft.on('error', (cause) => {
      const sentence = 'The program nft is not there. Install the package nftables, or place the conduits by address.';
      reject(new FiredoorError(ERROR_CODES.MISSING_REQUIREMENT, sentence, { cause }));
    });
    nft.on('close', (code) => {
      if (code === 0) return resolve();
      return reject(
        new FiredoorError(ERROR_CODES.FAILED, `nft did not take the rule set: ${said.trim() || `exit code ${code}`}`),
      );
    });
    nft.stdin.on('error', () => {});
    nft.stdin.end(text);
  });
}

/** Ports that conduits bind; each is used again only after all others, so that no late packet meets a new client. */
const FIRST_PORT = 20_000;
const PORTS = 8_000;

/**
 * Which client each local port speaks for. A port has to be in the kernel's map before the connection is made: `bind` waits until nft
 * has answered, some milliseconds once per connection.
 */
export class ClientPorts {
  #nft: ChildProcessWithoutNullStreams | undefined;
  #next = 0;
  #said = '';
  readonly #waiting: { readonly done: () => void; readonly failed: (error: Error) => void }[] = [];
  readonly #used = new Map<number, string>();

  /** A local port whose connections go out under `client`. Rejects with FAILED where nft does not take it. */
  async bind(client: string): Promise<number> {
    const port = this.#free();
    this.#used.set(port, client);
    try {
      await this.#run(renderClient(port, client));
    } catch (error) {
      this.#used.delete(port);
      throw error;
    }
    return port;
  }

  /** The connection is over. */
  async release(port: number): Promise<void> {
    const client = this.#used.get(port);
    if (client === undefined) return;
    this.#used.delete(port);
    await this.#run(renderClientEnd(port, client)).catch(() => {});
  }

  close(): void {
    this.#nft?.stdin.end();
    this.#nft = undefined;
  }

  #free(): number {
    for (let tries = 0; tries < PORTS; tries++) {
      const port = FIRST_PORT + (this.#next++ % PORTS);
      if (!this.#used.has(port)) return port;
    }
    throw new FiredoorError(ERROR_CODES.TOO_MANY, `All ${PORTS} ports for connections to devices are in use.`);
  }

  /** Commands are answered in order; a harmless one after each tells that it is done. */
  #run(command: string): Promise<void> {
    const nft = this.#nft ?? this.#start();
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed });
      nft.stdin.write(`${command}list tables netdev_firedoor_done\n`);
    });
  }

  #start(): ChildProcessWithoutNullStreams {
    const nft = spawn('nft', ['-i'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#nft = nft;
    nft.stdin.on('error', () => {});
    nft.stdout.resume();
    nft.stderr.setEncoding('utf8').on('data', (part: string) => this.#hear(part));
    nft.on('error', (cause) => this.#lost(cause));
    nft.on('exit', () => this.#lost(new FiredoorError(ERROR_CODES.FAILED, 'nft ended.')));
    return nft;
  }

  /** The harmless command is one that nft complains about: what came before the complaint belongs to the command before it. */
  #hear(part: string): void {
    this.#said += part;
    for (;;) {
      const at = this.#said.indexOf('netdev_firedoor_done');
      if (at < 0) return;
      const end = this.#said.indexOf('^\n', at);
      if (end < 0) return;
      const before = this.#said.slice(0, at);
      this.#said = this.#said.slice(end + 2);
      const waiting = this.#waiting.shift();
      // The complaint about the harmless command itself has one "Error:".
      if ((before.match(/Error:/g) ?? []).length > 1)
        waiting?.failed(new FiredoorError(ERROR_CODES.FAILED, `nft: ${before.trim()}`));
      else waiting?.done();
    }
  }

  #lost(cause: Error): void {
    this.#nft = undefined;
    for (const { failed } of this.#waiting.splice(0)) failed(cause);
  }
}
