/** Lines of a text file, gunzipped where it is compressed, and their fields. A quoted field may hold separators, but no line breaks: no historian writes them. */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../../base/errors.ts';
import { LINE_CHARACTERS_MAX } from '../../../limits.ts';

export interface Line {
  readonly number: number;
  readonly text: string;
}

/** The first bytes of a file; throws BAD_INPUT with one sentence where it cannot be read. */
export function firstBytes(path: string, count: number): Uint8Array {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(count);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, count, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = (error as { code?: string }).code;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : sentenceOf(error);
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot read ${path}: ${why}.`, { cause: error });
  }
}

/** True where the bytes begin like gzip (RFC 1952, 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Lines of a text file, numbered from 1. A damaged end of a gzip file ends the lines; `onDamage` hears of it. */
export async function* linesOf(path: string, onDamage: (sentence: string) => void): AsyncGenerator<Line> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const source = isGzip(firstBytes(path, 2)) ? file.pipe(createGunzip({ chunkSize: 1 << 20 })) : file;
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let number = 0;
  try {
    for await (const chunk of source) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      let from = 0;
      for (;;) {
        const at = rest.indexOf('\n', from);
        if (at < 0) break;
        number += 1;
        yield { number, text: clean(rest, from, at) };
        from = at + 1;
      }
      rest = rest.slice(from);
      if (rest.length > LINE_CHARACTERS_MAX) {
        onDamage(`line ${number + 1} is longer than ${LINE_CHARACTERS_MAX} characters: not a table`);
        return;
      }
    }
  } catch (error) {
    onDamage(`reading stopped after line ${number}: ${sentenceOf(error)}`);
  }
  if (rest.length > 0) yield { number: number + 1, text: clean(rest, 0, rest.length) };
}

function clean(text: string, from: number, to: number): string {
  const end = to > from && text.charCodeAt(to - 1) === 13 ? to - 1 : to;
  const start = from === 0 && text.charCodeAt(0) === 0xfeff ? 1 : from;
  return text.slice(start, end);
}

/** Splits a line into fields (RFC 4180 quoting) into `out`; returns how many. */
export function splitLine(text: string, separator: string, out: string[]): number {
  let count = 0;
  if (!text.includes('"')) {
    let from = 0;
    for (;;) {
      const at = text.indexOf(separator, from);
      out[count] = at < 0 ? text.slice(from) : text.slice(from, at);
      count += 1;
      if (at < 0) return count;
      from = at + 1;
    }
  }
  let at = 0;
  while (at <= text.length) {
    let value = '';
    if (text[at] === '"') {
      at += 1;
      while (at < text.length) {
        if (text[at] === '"') {
          if (text[at + 1] !== '"') break;
          at += 1;
        }
        value += text[at];
        at += 1;
      }
      at += 1;
      const end = text.indexOf(separator, at);
      at = end < 0 ? text.length + 1 : end + 1;
    } else {
      const end = text.indexOf(separator, at);
      value = end < 0 ? text.slice(at) : text.slice(at, end);
      at = end < 0 ? text.length + 1 : end + 1;
    }
    out[count] = value;
    count += 1;
  }
  return count;
}

/** The separator that gives the same number of fields (over one) on most of the lines, and the most of them. */
export function separatorOf(lines: readonly string[]): string {
  let best = ',';
  let bestScore = 0;
  const scratch: string[] = [];
  for (const separator of [';', '\t', '|', ',']) {
    const counts = lines.map((line) => splitLine(line, separator, scratch));
    const usual = counts.slice().sort((a, b) => a - b)[Math.floor(counts.length / 2)] ?? 1;
    if (usual < 2) continue;
    const agree = counts.filter((count) => count === usual).length / counts.length;
    const score = agree * 1000 + Math.min(usual, 500);
    if (score > bestScore) {
      best = separator;
      bestScore = score;
    }
  }
  return best;
}
