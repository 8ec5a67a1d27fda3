/** Network namespaces for tests: made, joined by veth pairs, taken down. Needs root, ip and nft; else tests skip by name. */
import { execFileSync, spawnSync } from 'node:child_process';

/** Why namespaces cannot be used here; empty where they can. */
export function whyNot(): string {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const [program, flag] of [
    ['ip', '-V'],
    ['nft', '-v'],
  ] as const) {
    if (spawnSync(program, [flag]).error !== undefined) return `needs ${program}`;
  }
  const name = `fd-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name]).status === 0;
  // Some containers make namespaces but have no nftables in them.
  const works = made && spawnSync('ip', ['netns', 'exec', name, 'nft', 'list', 'tables']).status === 0;
  if (made) spawnSync('ip', ['netns', 'del', name]);
  return works ? '' : 'needs namespaces with nftables';
}

export class Namespaces {
  readonly #prefix: string;
  readonly #names: string[] = [];

  /** `prefix`: short, since names of interfaces have 15 characters. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  name(of: string): string {
    return `${this.#prefix}-${of}`;
  }

  add(of: string): void {
    this.ip('netns', 'add', this.name(of));
    this.#names.push(this.name(of));
    this.run(of, 'ip', 'link', 'set', 'lo', 'up');
  }

  /** A cable: `interfaceA` in namespace `a`, `interfaceB` in `b`, with their addresses (empty: none). */
  cable(a: string, interfaceA: string, addressA: string, b: string, interfaceB: string, addressB: string): void {
    this.ip(
      'link',
      'add',
      interfaceA,
      'netns',
      this.name(a),
      'type',
      'veth',
      'peer',
      'name',
      interfaceB,
      'netns',
      this.name(b),
    );
    for (const [of, name, address] of [
      [a, interfaceA, addressA],
      [b, interfaceB, addressB],
    ] as const) {
      if (address !== '') this.run(of, 'ip', 'addr', 'add', address, 'dev', name);
      this.run(of, 'ip', 'link', 'set', name, 'up');
    }
  }

  /** Runs a program inside; its output. Throws where it fails. */
  run(of: string, ...command: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.name(of), ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** The command that runs something inside, for spawning. */
  inside(of: string, ...command: readonly string[]): readonly [string, readonly string[]] {
    return ['ip', ['netns', 'exec', this.name(of), ...command]];
  }

  ip(...args: readonly string[]): void {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  remove(): void {
    for (const name of this.#names.splice(0)) spawnSync('ip', ['netns', 'del', name]);
  }
}
