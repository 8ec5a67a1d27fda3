/** Mistakes of a YAML file, each with its line: collected, bounded, told together. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml';
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { SITE_CHARACTERS_MAX, SITE_ERRORS_MAX } from '../../limits.ts';

export type Path = readonly (string | number)[];

/** Mistakes whose place is looked for; those told are the first of them in the file. */
const PLACED_MAX = 10 * SITE_ERRORS_MAX;

/** A YAML text with positions; `at` collects mistakes by path. */
export class YamlFile {
  readonly name: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;
  #further = 0;
  readonly #problems: { readonly offset: number; readonly line: string }[] = [];

  /** Syntax errors are collected like all others. Throws BAD_CONFIG for a text that is too long. */
  constructor(text: string, name: string) {
    this.name = name;
    if (text.length > SITE_CHARACTERS_MAX) {
      throw new FiredoorError(ERROR_CODES.BAD_CONFIG, `${name} is longer than ${SITE_CHARACTERS_MAX} characters.`);
    }
    // The library compares each key with all others, which takes half a minute for 20,000 tags: keys are checked below.
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false });
    for (const { pos, message } of this.#document.errors) {
      this.#add(pos[0], '', `not valid YAML: ${message.split('\n')[0]}`);
    }
    visit(this.#document, { Map: (_, map) => this.#checkKeys(map) });
  }

  get problemCount(): number {
    return this.#problems.length;
  }

  /** Plain data; an empty file is an empty mapping. */
  data(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 }) ?? {};
    } catch (error) {
      this.#add(0, '', `not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
      return {};
    }
  }

  /** Notes a mistake in the value at `path` (or, where there is none, its nearest parent). */
  at(path: Path, sentence: string): void {
    if (this.#isFull()) return;
    this.#add(this.#offsetOf(path), path.join('.'), sentence);
  }

  /** Notes a mistake in the key that ends `path`. */
  atKey(path: Path, sentence: string): void {
    if (this.#isFull()) return;
    const key = path.at(-1);
    const parent = this.#document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    const offset = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    this.#add(offset ?? this.#offsetOf(path), path.join('.'), sentence);
  }

  /** Position of a path as `line:column`, for warnings. */
  position(path: Path): string {
    const { line, col } = this.#lines.linePos(this.#offsetOf(path));
    return `${line}:${col}`;
  }

  /** Throws BAD_CONFIG with all mistakes in order of the file, if there are any. */
  throwIfAny(): void {
    if (this.#problems.length === 0) return;
    const inOrder = this.#problems.toSorted((a, b) => a.offset - b.offset).map(({ line }) => line);
    const more = inOrder.length + this.#further - SITE_ERRORS_MAX;
    const listed = inOrder.slice(0, SITE_ERRORS_MAX);
    if (more > 0) listed.push(`${this.name}: ${more} more`);
    throw new FiredoorError(ERROR_CODES.BAD_CONFIG, listed.join('\n'));
  }

  /** Beyond this mistakes are only counted: to find the place of each costs time. */
  #isFull(): boolean {
    if (this.#problems.length < PLACED_MAX) return false;
    this.#further++;
    return true;
  }

  #add(offset: number, where: string, sentence: string): void {
    const { line, col } = this.#lines.linePos(offset);
    const path = where === '' ? '' : ` ${where}:`;
    this.#problems.push({ offset, line: `${this.name}:${line}:${col}${path === '' ? ':' : path} ${sentence}` });
  }

  /** Keys of a mapping must differ; the second of two would silently win. */
  #checkKeys({ items }: YAMLMap): void {
    const seen = new Set<unknown>();
    for (const { key } of items) {
      if (!isScalar(key)) continue;
      if (seen.has(key.value)) this.#add(key.range?.[0] ?? 0, '', `"${String(key.value)}" stands here twice`);
      seen.add(key.value);
    }
  }

  #offsetOf(path: Path): number {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      const offset = isNode(node) ? node.range?.[0] : undefined;
      if (offset !== undefined) return offset;
    }
    return 0;
  }
}
