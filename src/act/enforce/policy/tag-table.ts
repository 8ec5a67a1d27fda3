/**
 * From a message on the wire to values of tags, for the conduit: which tags it writes (also in part), which it shows. The same
 * decoding of registers as observation uses; no inference, only the tags the site names.
 */
import { TAG_AREAS_KNOWN_MAX } from '../../../limits.ts';
import {
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_SYMBOL,
  pointName,
  QUALITY_GOOD,
} from '../../../sense/protocols/message-view.ts';
import { VALUE_TYPE } from '../../../sense/protocols/values.ts';
import type { Tag } from '../../../understand/plant/model.ts';
import { decodeRegisters, TAG_TYPE_WORDS } from '../../../understand/plant/register-values.ts';
import type { PolicyItem } from './policy.ts';

/** Registers a tag takes at most. */
const WORDS_MAX = 4;
const NO_ITEMS: readonly PolicyItem[] = [];

/** Tags of one area, by ascending address. */
interface TagArea {
  readonly prefix: string;
  readonly indexes: number[];
  readonly addresses: number[];
}

/** Told for each tag a message shows or writes. */
export type TagValueHandler = (tag: Tag, value: number, good: boolean) => void;

export class TagTable {
  readonly #tags: Tag[] = [];
  readonly #areas = new Map<string, TagArea>();
  readonly #byPoint = new Map<string, number>();
  /** Registers last seen, so that a write of half a value can be understood; and whether they are. */
  readonly #raw: Uint16Array;
  readonly #seen: Uint8Array;
  /** Area of device, protocol, unit and area number, without making strings. */
  readonly #known = new Map<string, Map<number, TagArea | null>>();
  readonly #buffer = new Uint16Array(WORDS_MAX);

  constructor(tags: Iterable<Tag>) {
    for (const tag of tags) this.#add(tag);
    for (const { indexes, addresses } of this.#areas.values()) {
      indexes.sort((a, b) => addressOf(this.#tags[a]!.point) - addressOf(this.#tags[b]!.point));
      addresses.push(...indexes.map((index) => addressOf(this.#tags[index]!.point)));
    }
    this.#raw = new Uint16Array(this.#tags.length * WORDS_MAX);
    this.#seen = new Uint8Array(this.#tags.length);
  }

  /** What a request writes, tag by tag, then the ranges that are no tags; with `reads` also what it asks for. */
  items(view: MessageView, device: string, reads: boolean): readonly PolicyItem[] {
    let items: PolicyItem[] | undefined;
    for (let i = 0; i < view.accessCount; i++) {
      const write = view.accessWrite[i] === 1;
      if (!write && !reads) continue;
      items ??= [];
      this.#itemsOf(view, i, device, write, items);
    }
    return items ?? NO_ITEMS;
  }

  /** Takes what an answer shows, or what a request that went on writes, and tells it tag by tag. */
  note(view: MessageView, device: string, each: TagValueHandler): void {
    for (let i = 0; i < view.accessCount; i++) {
      const write = view.accessWrite[i] === 1;
      if (write ? view.direction === DIRECTION_RESPONSE : view.direction === DIRECTION_REQUEST) continue;
      if (!view.hasValues(i)) continue;
      const area = this.#areaOf(view, i, device);
      if (area === null) continue;
      const good = view.accessQuality[i] === QUALITY_GOOD;
      this.#tagsOf(view, i, area, (index) => {
        const value = this.#valueOf(view, i, index, true);
        const finite = Number.isFinite(value);
        each(this.#tags[index]!, finite ? value : Number.NaN, good && finite);
      });
    }
  }

  #itemsOf(view: MessageView, i: number, device: string, write: boolean, items: PolicyItem[]): void {
    const area = this.#areaOf(view, i, device);
    const prefix = area?.prefix ?? this.#prefixOf(view, i, device);
    const symbol = view.accessSymbol[i]!;
    const address = symbol >= 0 ? view.symbols.name(symbol) : view.accessAddress[i]!;
    const count = view.accessElements[i]!;
    let covered = 0;
    if (area !== null) {
      this.#tagsOf(view, i, area, (index) => {
        const tag = this.#tags[index]!;
        covered += this.#overlap(view, i, index);
        const value = write ? this.#valueOf(view, i, index, false) : Number.NaN;
        items.push(itemOf(write, tag.name, prefix, symbol >= 0 ? address : addressOf(tag.point), 1, value));
      });
    }
    // What belongs to no tag is asked for as one range: allowed whole or not at all.
    if (symbol >= 0 ? covered > 0 : covered >= count) return;
    const single = write && count === 1 ? view.valueOf(i, 0) : Number.NaN;
    items.push(itemOf(write, '', prefix, address, Math.max(count, 1), single));
  }

  /** Calls `each` for the tags that lie at least in part in access `i`. */
  #tagsOf(view: MessageView, i: number, area: TagArea, each: (index: number) => void): void {
    const symbol = view.accessSymbol[i]!;
    if (symbol !== NO_SYMBOL) {
      const index = this.#byPoint.get(`${area.prefix}/${view.symbols.name(symbol)}`);
      if (index !== undefined) each(index);
      return;
    }
    const first = view.accessAddress[i]!;
    const end = first + view.accessElements[i]!;
    const step = stepOf(view, i);
    const { addresses, indexes } = area;
    let low = 0;
    let high = addresses.length;
    const from = first - WORDS_MAX * Math.max(step, 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (addresses[middle]! < from) low = middle + 1;
      else high = middle;
    }
    for (; low < addresses.length && addresses[low]! < end; low++) {
      const index = indexes[low]!;
      if (addresses[low]! + this.#sizeOf(index, step) > first) each(index);
    }
  }

  /** Elements of access `i` that belong to a tag. */
  #overlap(view: MessageView, i: number, index: number): number {
    const symbol = view.accessSymbol[i]!;
    if (symbol !== NO_SYMBOL) return 1;
    const first = view.accessAddress[i]!;
    const start = addressOf(this.#tags[index]!.point);
    const end = start + this.#sizeOf(index, stepOf(view, i));
    return Math.min(end, first + view.accessElements[i]!) - Math.max(start, first);
  }

  /** Addresses a tag takes; `step` elements make a word, 0: each element is a value. */
  #sizeOf(index: number, step: number): number {
    const { type } = this.#tags[index]!;
    return step === 0 || type === 'native' || type === 'bool' ? 1 : TAG_TYPE_WORDS[type] * step;
  }

  /** Scaled value of a tag as access `i` shows or leaves it; NaN where it cannot be known. `keep`: remember its registers. */
  #valueOf(view: MessageView, i: number, index: number, keep: boolean): number {
    const { type, scale, point } = this.#tags[index]!;
    if (view.accessSymbol[i] !== NO_SYMBOL) return view.valueOf(i, 0) * scale;
    const step = stepOf(view, i);
    const shift = addressOf(point) - view.accessAddress[i]!;
    if (step === 0 || type === 'native' || (type === 'bool' && step === 2)) {
      const value = view.valueOf(i, shift);
      return (type === 'bool' && value !== 0 && !Number.isNaN(value) ? 1 : value) * scale;
    }
    const words = TAG_TYPE_WORDS[type];
    const count = view.accessElements[i]!;
    let missing = false;
    for (let w = 0; w < words; w++) {
      const at = shift + w * step;
      const fresh = at >= 0 && at + step <= count;
      if (!fresh && this.#seen[index] !== 1) missing = true;
      this.#buffer[w] = fresh ? wordOf(view, i, at, step) : this.#raw[index * WORDS_MAX + w]!;
    }
    if (missing) return Number.NaN;
    if (keep) {
      this.#seen[index] = 1;
      for (let w = 0; w < words; w++) this.#raw[index * WORDS_MAX + w] = this.#buffer[w]!;
    }
    return decodeRegisters(type, this.#buffer, 0) * scale;
  }

  #areaOf(view: MessageView, i: number, device: string): TagArea | null {
    let areas = this.#known.get(device);
    if (areas === undefined) {
      areas = new Map();
      if (this.#known.size < TAG_AREAS_KNOWN_MAX) this.#known.set(device, areas);
    }
    const unit = view.unitSymbol >= 0 ? 0x1_0000_0000 + view.unitSymbol : view.unit + 1;
    const key = unit * 0x20000 + view.accessArea[i]!;
    let area = areas.get(key);
    if (area === undefined) {
      area = this.#areas.get(this.#prefixOf(view, i, device)) ?? null;
      if (areas.size < TAG_AREAS_KNOWN_MAX) areas.set(key, area);
    }
    return area;
  }

  #prefixOf(view: MessageView, i: number, device: string): string {
    const number = view.accessArea[i]!;
    return pointName(device, view.unitName(), view.protocol?.areas[number] ?? `area${number}`, '').slice(0, -1);
  }

  #add(tag: Tag): void {
    const index = this.#tags.length;
    this.#tags.push(tag);
    this.#byPoint.set(tag.point, index);
    const prefix = tag.point.slice(0, tag.point.lastIndexOf('/'));
    let area = this.#areas.get(prefix);
    if (area === undefined) {
      area = { prefix, indexes: [], addresses: [] };
      this.#areas.set(prefix, area);
    }
    if (addressOf(tag.point) >= 0) area.indexes.push(index);
  }
}

function itemOf(
  write: boolean,
  tag: string,
  area: string,
  address: number | string,
  count: number,
  value: number,
): PolicyItem {
  return { write, tag, area, address, count, value, point: `${area}/${address}` };
}

/** Elements of access `i` that make a 16-bit word: 1 registers, 2 bytes, 0 where each element is a value of its own. */
function stepOf(view: MessageView, i: number): number {
  const type = view.accessType[i]!;
  if (type === VALUE_TYPE.uint16 || type === VALUE_TYPE.int16) return 1;
  return type === VALUE_TYPE.uint8 && view.accessElements[i]! > 1 ? 2 : 0;
}

function wordOf(view: MessageView, i: number, k: number, step: number): number {
  return step === 1 ? view.valueOf(i, k) & 0xffff : (view.valueOf(i, k) << 8) | view.valueOf(i, k + 1);
}

/** Numeric address at the end of a point, or -1. */
function addressOf(point: string): number {
  const text = point.slice(point.lastIndexOf('/') + 1);
  return /^\d{1,10}$/.test(text) ? Number(text) : -1;
}
