/** `firedoor` as a process of its own, as a person starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const FIREDOOR = fileURLToPath(new URL('../../bin/firedoor.js', import.meta.url));
/** Wall time anything may take on a loaded machine; never a measure of speed. */
export const PATIENCE_MS = 150_000;

export class RunningFiredoor {
  output = '';
  readonly child: ChildProcess;
  /** Exit code, null after a signal. */
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [FIREDOOR, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code) => resolve(code));
    });
  }

  /** Waits until it has said `text`. */
  async says(text: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.output.includes(text)) {
      if (performance.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`never said "${text}":\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ctrl-C; the exit code. */
  async interrupt(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
    return this.ended;
  }
}

/** A TCP port nobody uses right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
