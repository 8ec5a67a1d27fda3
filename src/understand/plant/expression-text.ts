/**
 * First step of an expression: text as an engineer writes it → text the parser understands. Tag names (which may hold `-` and `.`)
 * and numbers with UCUM units become symbols; `d(TAG)/dt` becomes a symbol of its own.
 */
import { UNIT_ONE, type Unit, unitAt } from './units.ts';

/** What a symbol of the translated text stands for. */
export type ExpressionSymbol =
  | { readonly kind: 'tag'; readonly tag: string; readonly text: string }
  | { readonly kind: 'rate'; readonly tag: string; readonly text: string }
  | { readonly kind: 'number'; readonly value: number; readonly unit: Unit; readonly text: string };

export interface Translated {
  /** For the parser: only operators, functions and symbols `$0`, `$1` … */
  readonly text: string;
  readonly symbols: ReadonlyMap<string, ExpressionSymbol>;
}

/** Functions an expression may call. */
export const EXPRESSION_FUNCTIONS = ['abs', 'min', 'max', 'mean', 'sqrt', 'sign', 'exp', 'log'] as const;
/** Words with a meaning of their own: no tag may bear these names. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  ...EXPRESSION_FUNCTIONS,
  ...['and', 'or', 'not', 'xor', 'to', 'in', 'mod', 'd', 'dt', 'true', 'false', 'otherwise', 'role', 'work', 'leaves'],
]);

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const RATE_HEAD = /d\(\s*/y;
const RATE_TAIL = /\s*\)\s*\/\s*dt(?![\p{L}\p{N}_])/uy;
const PUNCTUATION = /[\s()+\-*/^,<>=!]+/y;
const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

/** Tag names with fast look-up of the longest one that begins at a position. */
export class TagNames {
  readonly all: ReadonlySet<string>;
  readonly #byFirst = new Map<string, string[]>();

  constructor(names: Iterable<string>) {
    this.all = new Set(names);
    for (const name of this.all) {
      const list = this.#byFirst.get(name[0]!) ?? [];
      list.push(name);
      this.#byFirst.set(name[0]!, list);
    }
    for (const list of this.#byFirst.values()) list.sort((a, b) => b.length - a.length);
  }

  /** Longest tag name at `at` that does not end inside a word; undefined where none stands there. */
  longestAt(text: string, at: number): string | undefined {
    return this.#byFirst
      .get(text[at]!)
      ?.find((name) => text.startsWith(name, at) && !WORD_CHARACTER.test(text[at + name.length] ?? ' '));
  }
}

/** Translates `text`. A string is the sentence of what is wrong. */
export function translate(text: string, tags: TagNames): Translated | string {
  const translator = new Translator(text, tags);
  const problem = translator.run();
  return problem ?? { text: translator.out, symbols: translator.symbols };
}

class Translator {
  readonly #text: string;
  readonly #tags: TagNames;
  readonly symbols = new Map<string, ExpressionSymbol>();
  out = '';
  #at = 0;

  constructor(text: string, tags: TagNames) {
    this.#text = text;
    this.#tags = tags;
  }

  run(): string | null {
    while (this.#at < this.#text.length) {
      const problem = this.#step();
      if (problem !== null) return problem;
    }
    return null;
  }

  #step(): string | null {
    const punctuation = this.#match(PUNCTUATION);
    if (punctuation !== null) {
      this.out += punctuation;
      return null;
    }
    const number = this.#match(NUMBER);
    if (number !== null) return this.#number(number);
    if (this.#rate()) return null;
    const tag = this.#tags.longestAt(this.#text, this.#at);
    if (tag !== undefined && !RESERVED_WORDS.has(tag)) {
      this.#at += tag.length;
      this.#symbol({ kind: 'tag', tag, text: tag });
      return null;
    }
    return this.#word();
  }

  #number(digits: string): string | null {
    const gap = /^ ?/.exec(this.#text.slice(this.#at, this.#at + 1))![0].length;
    const start = this.#at + gap;
    const found = this.#unitAt(start, gap > 0);
    if (found === null) {
      const word = this.#peek(WORD, start);
      if (word !== null && !RESERVED_WORDS.has(word)) {
        if (this.#tags.longestAt(this.#text, start) !== undefined)
          return `write an operator between ${digits} and ${word}`;
        return `unknown unit "${word}" after ${digits}; expected a UCUM code like Cel, %, m3/h or kW`;
      }
      this.#symbol({ kind: 'number', value: Number(digits), unit: UNIT_ONE, text: digits });
      return null;
    }
    this.#at = found.end;
    this.#symbol({ kind: 'number', value: Number(digits), unit: found.unit, text: `${digits} ${found.unit.text}` });
    return null;
  }

  /** A unit after a number. `100 /min` is one; `heater/100 / (x)` and `2 * h` are none. */
  #unitAt(start: number, afterSpace: boolean): { readonly unit: Unit; readonly end: number } | null {
    const first = this.#text[start] ?? '';
    if (!/[A-Za-z%[{/]/.test(first)) return null;
    // `5/min` could be a division by a tag: a tag of that name wins unless a space stands before the stroke.
    if (first === '/' && !afterSpace && this.#tags.longestAt(this.#text, start + 1) !== undefined) return null;
    const word = this.#peek(WORD, start);
    if (word !== null && RESERVED_WORDS.has(word) && word !== 'min' && word !== 'd') return null;
    const found = unitAt(this.#text, start);
    return found === null || this.#text[found.end] === '(' ? null : found;
  }

  #rate(): boolean {
    const start = this.#at;
    if (this.#match(RATE_HEAD) === null) return false;
    const tag = this.#tags.longestAt(this.#text, this.#at);
    if (tag !== undefined) {
      this.#at += tag.length;
      if (this.#match(RATE_TAIL) !== null) {
        this.#symbol({ kind: 'rate', tag, text: `d(${tag})/dt` });
        return true;
      }
    }
    this.#at = start;
    return false;
  }

  #word(): string | null {
    const word = this.#match(WORD);
    if (word === null) return `unexpected "${this.#text[this.#at]}"`;
    if (word === 'd') return 'd( … )/dt takes one tag name';
    if (word === 'true' || word === 'false') {
      this.#symbol({ kind: 'number', value: word === 'true' ? 1 : 0, unit: UNIT_ONE, text: word });
      return null;
    }
    const called = /^\s*\(/.test(this.#text.slice(this.#at));
    if ((EXPRESSION_FUNCTIONS as readonly string[]).includes(word) && called) {
      this.out += word;
      return null;
    }
    if (word === 'and' || word === 'or' || word === 'not') {
      this.out += ` ${word} `;
      return null;
    }
    if (called) return `unknown function ${word}; expected one of ${EXPRESSION_FUNCTIONS.join(', ')}`;
    // What is not a tag may still hold - and .: show all of it.
    const rest = /^[\p{L}\p{N}_.-]*/u.exec(this.#text.slice(this.#at))![0];
    return `unknown tag "${word}${rest}"`;
  }

  #symbol(symbol: ExpressionSymbol): void {
    const name = `$${this.symbols.size}`;
    this.symbols.set(name, symbol);
    this.out += ` ${name} `;
  }

  #match(pattern: RegExp): string | null {
    const found = this.#peek(pattern, this.#at);
    if (found !== null) this.#at += found.length;
    return found;
  }

  #peek(pattern: RegExp, at: number): string | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }
}
