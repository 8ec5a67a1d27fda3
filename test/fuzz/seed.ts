/** What the fuzzer feeds: a conversation turn by turn, or frames; as values, and as text files that a person can read and edit. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One segment, datagram or frame. */
export interface Turn {
  readonly fromClient: boolean;
  readonly bytes: Uint8Array;
  /** Bytes of this direction were lost before it. */
  readonly gap?: boolean;
  /** Streams: where the turn is cut in two, 0: nowhere. */
  readonly cut?: number;
}

export interface Input {
  readonly transport: 'tcp' | 'udp' | 'link' | 'frames';
  readonly port: number;
  /** The protocol counts as named; else content decides among all. */
  readonly settled: boolean;
  readonly turns: readonly Turn[];
}

/** An input with the place it comes from. */
export interface Seed extends Input {
  readonly name: string;
}

/** `# comment`, `transport tcp`, `port 502`, `settled yes`, then `> hex` of the client, `< hex` of the server; `!` before: a gap; `@n` behind: cut at n. */
export function toText(input: Input, comment: string): string {
  const lines = comment.split('\n').map((line) => `# ${line}`.trimEnd());
  lines.push(`transport ${input.transport}`, `port ${input.port}`, `settled ${input.settled ? 'yes' : 'no'}`);
  for (const { fromClient, bytes, gap = false, cut = 0 } of input.turns) {
    const hex = Buffer.from(bytes).toString('hex');
    lines.push(`${gap ? '!' : ''}${fromClient ? '>' : '<'} ${hex}${cut > 0 ? ` @${cut}` : ''}`);
  }
  return `${lines.join('\n')}\n`;
}

export function fromText(text: string): Input {
  const input = { transport: 'tcp' as Input['transport'], port: 0, settled: true, turns: [] as Turn[] };
  for (const line of text.split('\n')) {
    const [word = '', first = '', second = ''] = line.trim().split(/\s+/);
    if (word === '' || word === '#') continue;
    if (word === 'transport') input.transport = first as Input['transport'];
    else if (word === 'port') input.port = Number(first);
    else if (word === 'settled') input.settled = first === 'yes';
    else if (/^!?[<>]$/.test(word)) {
      const bytes = first.startsWith('@') ? new Uint8Array(0) : Uint8Array.from(Buffer.from(first, 'hex'));
      const cut = Number((first.startsWith('@') ? first : second).replace('@', '')) || 0;
      input.turns.push({ fromClient: word.endsWith('>'), bytes, gap: word.startsWith('!'), cut });
    } else throw new Error(`not a line of a fuzz input: ${line}`);
  }
  return input;
}

/** Inputs saved in a folder, by file name. */
export function seedsOf(folder: string): Seed[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort();
  return files.map((name) => ({ name, ...fromText(readFileSync(join(folder, name), 'utf8')) }));
}

/** Saves an input; the name tells target, kind and content. Returns the file name. */
export function save(folder: string, target: string, kind: string, input: Input, comment: string): string {
  mkdirSync(folder, { recursive: true });
  const hash = createHash('sha256').update(toText(input, '')).digest('hex').slice(0, 12);
  const name = `${target}-${kind}-${hash}.txt`;
  writeFileSync(join(folder, name), toText(input, comment));
  return name;
}
