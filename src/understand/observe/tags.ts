/**
 * Points become tags. Declared tags decode straight from the view; points no site file names become tags once `inference` is sure
 * what they are. Values come from answers and events; what a request writes counts at once (a device that refuses shows it in
 * its next answer).
 */
import { AREAS_MAX, POINT_AREAS_MAX, TAGS_MAX } from '../../limits.ts';
import type { Message, PointAccess, Quality, Sample, TimeUs } from '../../records.ts';
import {
  DIRECTION_REQUEST,
  DIRECTION_RESPONSE,
  type MessageView,
  NO_SYMBOL,
  pointName,
  QUALITY_BAD,
  QUALITY_GOOD,
} from '../../sense/protocols/message-view.ts';
import type { Protocol } from '../../sense/protocols/protocol.ts';
import { VALUE_TYPE } from '../../sense/protocols/values.ts';
import type { Site, Tag } from '../plant/model.ts';
import { decodeRegisters, TAG_TYPE_WORDS } from '../plant/register-values.ts';
import { InferenceStore, type InferredPoint } from './inference.ts';
import { PointArea } from './point-area.ts';

export interface TagMapperHandler {
  /** A point no site file names became a tag. Declared tags are in `tags()` from the start. */
  onTag(tag: Tag, index: number): void;
  /** A value of tag `index`, scaled. `value` is NaN only where quality is bad. */
  onSample(index: number, timeUs: TimeUs, value: number, quality: Quality): void;
}

/** One value a message writes. */
export interface WriteValue {
  /** Null where the point is no tag (yet). */
  readonly tag: Tag | null;
  readonly tagIndex: number;
  /** `device/unit/area/address` of the first element. */
  readonly point: string;
  /** Scaled; for a point that is no tag the likeliest reading of its bytes. NaN where the message carries no number. */
  readonly value: number;
  /** Last value known before this message; NaN where none is. */
  readonly before: number;
}

/** The part of a conversation's ends the mapper needs. */
export interface ServerEnd {
  readonly server: string;
}

/** Registers a tag takes at most. */
const WORDS_MAX = 4;
const QUALITIES: readonly Quality[] = ['good', 'uncertain', 'bad'];

export class TagMapper {
  /** Points and areas that got no tag because a bound (`TAGS_MAX`, `POINT_AREAS_MAX`) was reached. */
  overflow = 0;
  /** Reads that held a tag only in part: nothing is made of them, halves of two scans do not fit together. */
  partialReads = 0;
  readonly #handler: TagMapperHandler;
  readonly #tags: Tag[] = [];
  readonly #byName = new Map<string, number>();
  /** Declared points in full, for symbolic addresses. */
  readonly #byPoint = new Map<string, number>();
  readonly #areas = new Map<string, PointArea>();
  readonly #inference = new InferenceStore();
  // Columns by tag index.
  #words = new Uint8Array(64);
  #scale = new Float64Array(64);
  #value = new Float64Array(64);
  #timeUs = new Float64Array(64);
  #quality = new Uint8Array(64);
  /** Value before the last write, and when that was. */
  #before = new Float64Array(64);
  #writtenUs = new Float64Array(64);
  /** Registers last seen, so that a write of half a value can be understood. */
  #raw = new Uint16Array(64 * WORDS_MAX);
  // Look-up by server, protocol, unit and area without making strings.
  readonly #servers = new Map<string, Map<Protocol, Map<number, PointArea>>>();
  #lastServer = '';
  #lastProtocol: Protocol | null = null;
  #lastAreas: Map<number, PointArea> = new Map();
  readonly #buffer = new Uint16Array(WORDS_MAX);
  /** Words of the answer in hand, for inference. */
  #block = new Uint16Array(256);

  constructor(site: Site, handler: TagMapperHandler) {
    this.#handler = handler;
    for (const unit of site.units) for (const tag of unit.tags) this.#add(tag);
  }

  /** All tags, declared first; the position is the tag index. */
  tags(): readonly Tag[] {
    return this.#tags;
  }

  /** Takes up tags that an earlier run inferred, in their order; told as if found now. */
  restore(tags: readonly Tag[]): void {
    for (const tag of tags) if (!this.#byName.has(tag.name)) this.#add(tag);
  }

  /** Index of a tag by name, or -1. */
  indexOf(name: string): number {
    return this.#byName.get(name) ?? -1;
  }

  /** Last value of a tag, NaN where none is known. */
  lastValue(index: number): number {
    return this.#value[index] ?? Number.NaN;
  }

  /** Time of the last value, NaN where none is known. */
  lastTimeUs(index: number): TimeUs {
    return this.#timeUs[index] ?? Number.NaN;
  }

  /** Last sample of a tag; undefined where there is none. */
  last(index: number): Sample | undefined {
    const timeUs = this.lastTimeUs(index);
    const tag = this.#tags[index];
    if (tag === undefined || Number.isNaN(timeUs)) return undefined;
    return { tag: tag.name, timeUs, value: this.lastValue(index), quality: QUALITIES[this.#quality[index]!]! };
  }

  /** Tags that lie at least in part in `count` elements from `point` on. */
  tagsOfPoint(point: string, count = 1): readonly Tag[] {
    const exact = this.#byPoint.get(point);
    const slash = point.lastIndexOf('/');
    const address = Number(point.slice(slash + 1));
    const area = this.#areas.get(point.slice(0, slash));
    if (area === undefined || !Number.isInteger(address)) return exact === undefined ? [] : [this.#tags[exact]!];
    return this.#tagsIn(area, address, count).map((index) => this.#tags[index]!);
  }

  /** Takes access `i` of a view: the hook of the packet path. */
  access(view: MessageView, i: number, ends: ServerEnd): void {
    if (!view.hasValues(i)) return;
    const write = view.accessWrite[i] === 1;
    // A request carries what is written, an answer what is read; an answer that repeats what was written says nothing new.
    if (write ? view.direction === DIRECTION_RESPONSE : view.direction === DIRECTION_REQUEST) return;
    const type = view.accessType[i]!;
    if (type === VALUE_TYPE.text || type === VALUE_TYPE.bytes) return;
    const area = this.#areaOf(view, i, ends.server);
    const symbol = view.accessSymbol[i]!;
    if (symbol !== NO_SYMBOL) this.#named(view, i, area, symbol);
    else if (type === VALUE_TYPE.uint16 || type === VALUE_TYPE.int16) this.#registers(view, i, area, 1);
    // A range of bytes is memory; one byte by itself is a value.
    else if (type === VALUE_TYPE.uint8 && view.accessElements[i]! > 1) this.#registers(view, i, area, 2);
    else this.#elements(view, i, area);
  }

  /**
   * What a message writes, tag by tag; points that are no tags as their bytes likely read. Empty for messages that write nothing.
   * `before` is the value known before the message, whether or not `access` saw it already.
   */
  decodeWrites(message: Message): WriteValue[] {
    const writes: WriteValue[] = [];
    for (const access of message.accesses) {
      if (!access.write || access.values.length === 0) continue;
      this.#decodeWrite(access, message.timeUs, writes);
    }
    return writes;
  }

  #decodeWrite(access: PointAccess, timeUs: TimeUs, writes: WriteValue[]): void {
    const numbers = access.values.map((value) =>
      typeof value === 'boolean' || typeof value === 'bigint'
        ? Number(value)
        : typeof value === 'number'
          ? value
          : Number.NaN,
    );
    const { address, point } = access;
    if (typeof address === 'string') {
      const index = this.#byPoint.get(point) ?? -1;
      writes.push(this.#writeOf(index, point, this.#scaled(index, numbers[0]!), timeUs));
      return;
    }
    const prefix = point.slice(0, point.length - String(address).length - 1);
    const area = this.#areas.get(prefix);
    const indexes = area === undefined ? [] : this.#tagsIn(area, address, numbers.length);
    const step = access.type === 'uint8' ? 2 : access.type === 'uint16' || access.type === 'int16' ? 1 : 0;
    const registers = step === 1;
    for (const index of indexes) {
      const tag = this.#tags[index]!;
      const start = addressOf(tag.point);
      const value =
        step > 0 && tag.type !== 'native' && !(step === 2 && tag.type === 'bool')
          ? this.#overlaid(index, tag, numbers, address - start, step)
          : (numbers[start - address] ?? Number.NaN);
      writes.push(this.#writeOf(index, tag.point, this.#scaled(index, value), timeUs));
    }
    this.#unnamedWrites(area, prefix, address, numbers, registers, writes);
  }

  /** Parts of a write that belong to no tag: a pair of registers as the float it likely is, all else as it stands. */
  #unnamedWrites(
    area: PointArea | undefined,
    prefix: string,
    address: number,
    numbers: readonly number[],
    registers: boolean,
    writes: WriteValue[],
  ): void {
    for (let k = 0; k < numbers.length; k++) {
      if (area?.isTaken(address + k) === true) continue;
      const pairFree = k + 1 < numbers.length && area?.isTaken(address + k + 1) !== true;
      const pair =
        registers && pairFree ? this.#inference.likelyPair(prefix, numbers[k]!, numbers[k + 1]!) : Number.NaN;
      const value = Number.isNaN(pair) ? numbers[k]! : pair;
      writes.push({ tag: null, tagIndex: -1, point: `${prefix}/${address + k}`, value, before: Number.NaN });
      if (!Number.isNaN(pair)) k++;
    }
  }

  /** Words of a tag as they will be after a write that begins `shift` addresses after the tag does. */
  #overlaid(index: number, tag: Tag, written: readonly number[], shift: number, step: number): number {
    const words = TAG_TYPE_WORDS[tag.type];
    let missing = false;
    for (let k = 0; k < words; k++) {
      const at = k * step - shift;
      const low = written[at + step - 1];
      const high = step === 1 ? 0 : written[at];
      const fresh = low === undefined || high === undefined ? undefined : high * 256 + low;
      if (fresh === undefined && Number.isNaN(this.#timeUs[index]!)) missing = true;
      this.#buffer[k] = fresh ?? this.#raw[index * WORDS_MAX + k]!;
    }
    return missing ? Number.NaN : decodeRegisters(tag.type, this.#buffer, 0);
  }

  #writeOf(index: number, point: string, value: number, timeUs: TimeUs): WriteValue {
    const tag = this.#tags[index] ?? null;
    const before = this.#writtenUs[index] === timeUs ? this.#before[index]! : this.lastValue(index);
    return { tag, tagIndex: index, point, value, before };
  }

  #scaled(index: number, value: number): number {
    return index < 0 ? value : value * this.#scale[index]!;
  }

  /** Indexes of tags with at least one of `count` elements from `address` on. */
  #tagsIn(area: PointArea, address: number, count: number): number[] {
    const found: number[] = [];
    for (let at = Math.max(0, address - WORDS_MAX * area.step + 1); at < address + count; at++) {
      const index = area.tagAt(at);
      if (index >= 0 && at + this.#sizeOf(index, area.step) > address) found.push(index);
    }
    return found;
  }

  /**
   * Raw memory: tags over one or more 16-bit words, the rest to inference. `step` elements make a word: 1 where they are registers,
   * 2 where they are bytes (high byte first) and addresses count bytes.
   */
  #registers(view: MessageView, i: number, area: PointArea, step: 1 | 2): void {
    if (area.step !== step) this.#setStep(area, step);
    const first = view.accessAddress[i]!;
    const count = view.accessElements[i]!;
    const write = view.accessWrite[i] === 1;
    for (let k = write ? 1 - WORDS_MAX * step : 0; k < count; k++) {
      const address = first + k;
      if (address < 0) continue;
      const index = area.tagAt(address);
      if (index < 0) continue;
      const size = this.#sizeOf(index, step);
      if (k >= 0 && k + size <= count) this.#whole(view, i, k, index, step);
      else if (write && k + size > 0) this.#partWritten(view, i, k, index, step);
      else if (!write) this.partialReads++;
    }
    if (write) return;
    const words = Math.floor(count / step);
    if (words > this.#block.length) this.#block = new Uint16Array(2 * words);
    for (let w = 0; w < words; w++) this.#block[w] = wordOf(view, i, w * step, step);
    const found = this.#inference.add(area, first, words, this.#block);
    if (found !== null) for (const point of found) this.#infer(area, point);
  }

  /** Addresses a tag takes. A bit or native byte takes one, however wide a word is. */
  #sizeOf(index: number, step: 1 | 2): number {
    const { type } = this.#tags[index]!;
    return type === 'native' || type === 'bool' ? 1 : this.#words[index]! * step;
  }

  /** What an area's addresses count shows with its first access; tags declared there may take more of them. */
  #setStep(area: PointArea, step: 1 | 2): void {
    area.step = step;
    for (const index of area.tags) area.put(addressOf(this.#tags[index]!.point), this.#sizeOf(index, step), index);
  }

  #whole(view: MessageView, i: number, k: number, index: number, step: 1 | 2): void {
    const { type } = this.#tags[index]!;
    if (type === 'native' || (type === 'bool' && step === 2)) {
      const value = view.valueOf(i, k);
      return this.#emit(view, i, index, type === 'bool' && value !== 0 ? 1 : value);
    }
    const words = this.#words[index]!;
    const raw = index * WORDS_MAX;
    for (let w = 0; w < words; w++) this.#buffer[w] = this.#raw[raw + w] = wordOf(view, i, k + w * step, step);
    this.#emit(view, i, index, decodeRegisters(type, this.#buffer, 0));
  }

  /** A write that reaches only some words of a tag changes those. */
  #partWritten(view: MessageView, i: number, k: number, index: number, step: 1 | 2): void {
    if (Number.isNaN(this.#timeUs[index]!)) return;
    const raw = index * WORDS_MAX;
    const count = view.accessElements[i]!;
    for (let w = 0; w < this.#words[index]!; w++) {
      const at = k + w * step;
      if (at >= 0 && at + step <= count) this.#raw[raw + w] = wordOf(view, i, at, step);
      this.#buffer[w] = this.#raw[raw + w]!;
    }
    this.#emit(view, i, index, decodeRegisters(this.#tags[index]!.type, this.#buffer, 0));
  }

  /** Elements whose type the protocol states: each is a tag of its own. */
  #elements(view: MessageView, i: number, area: PointArea): void {
    const first = view.accessAddress[i]!;
    const count = view.accessElements[i]!;
    const type = view.accessType[i]!;
    const kind = type === VALUE_TYPE.bit || type === VALUE_TYPE.bool ? 'bool' : 'native';
    const write = view.accessWrite[i] === 1;
    for (let k = 0; k < count; k++) {
      const address = first + k;
      let index = area.tagAt(address);
      // A point that was only ever written becomes a tag when it is first read: an attacker must not make tags.
      if (index < 0 && write) continue;
      if (index < 0) index = this.#infer(area, { address, words: 1, type: kind, kind: 'value', confidence: 1 });
      if (index >= 0) this.#emit(view, i, index, view.valueOf(i, k));
    }
  }

  /** A point with a name instead of an address. */
  #named(view: MessageView, i: number, area: PointArea, symbol: number): void {
    let index = area.bySymbol.get(symbol);
    if (index === undefined) {
      const point = `${area.prefix}/${view.symbols.name(symbol)}`;
      index = this.#byPoint.get(point) ?? -1;
      if (index < 0 && view.accessWrite[i] !== 1 && !Number.isNaN(view.valueOf(i, 0))) {
        index = this.#add(undeclaredTag(point, 'native', 1));
      }
      if (index >= 0 || view.accessWrite[i] !== 1) area.bySymbol.set(symbol, index);
    }
    if (index >= 0) this.#emit(view, i, index, view.valueOf(i, 0));
  }

  #emit(view: MessageView, i: number, index: number, raw: number): void {
    const deviceTimeUs = view.accessTimeUs[i]!;
    const timeUs = Number.isNaN(deviceTimeUs) ? view.timeUs : deviceTimeUs;
    const finite = Number.isFinite(raw);
    const quality = finite ? view.accessQuality[i]! : QUALITY_BAD;
    const value = finite ? raw * this.#scale[index]! : Number.NaN;
    if (view.accessWrite[i] === 1 && this.#writtenUs[index] !== view.timeUs) {
      this.#before[index] = this.#value[index]!;
      this.#writtenUs[index] = view.timeUs;
    }
    this.#value[index] = value;
    this.#timeUs[index] = timeUs;
    this.#quality[index] = quality;
    this.#handler.onSample(index, timeUs, value, QUALITIES[quality]!);
  }

  #areaOf(view: MessageView, i: number, server: string): PointArea {
    const protocol = view.protocol!;
    if (server !== this.#lastServer || protocol !== this.#lastProtocol) {
      const byProtocol = this.#servers.get(server) ?? new Map<Protocol, Map<number, PointArea>>();
      const areas = byProtocol.get(protocol) ?? new Map<number, PointArea>();
      if (this.#servers.size < POINT_AREAS_MAX) this.#servers.set(server, byProtocol);
      byProtocol.set(protocol, areas);
      this.#lastServer = server;
      this.#lastProtocol = protocol;
      this.#lastAreas = areas;
    }
    const number = view.accessArea[i]!;
    const unit = view.unitSymbol >= 0 ? 0x1_0000_0000 + view.unitSymbol : view.unit + 1;
    const key = unit * AREAS_MAX + number;
    let area = this.#lastAreas.get(key);
    if (area === undefined) {
      const name = protocol.areas[number] ?? `area${number}`;
      area = this.#areaNamed(pointName(server, view.unitName(), name, '').slice(0, -1));
      if (this.#lastAreas.size < POINT_AREAS_MAX) this.#lastAreas.set(key, area);
    }
    return area;
  }

  #areaNamed(prefix: string): PointArea {
    let area = this.#areas.get(prefix);
    if (area === undefined) {
      area = new PointArea(prefix);
      if (this.#areas.size < POINT_AREAS_MAX) this.#areas.set(prefix, area);
      else this.overflow++;
    }
    return area;
  }

  /** Makes a tag of a point that inference is sure of; its index, or -1 when there are too many. */
  #infer(area: PointArea, point: InferredPoint): number {
    return this.#add(undeclaredTag(`${area.prefix}/${point.address}`, point.type, point.confidence));
  }

  #add(tag: Tag): number {
    const index = this.#tags.length;
    if (index >= TAGS_MAX) {
      this.overflow++;
      return -1;
    }
    this.#grow(index + 1);
    this.#tags.push(tag);
    this.#byName.set(tag.name, index);
    this.#byPoint.set(tag.point, index);
    const words = TAG_TYPE_WORDS[tag.type];
    this.#words[index] = words;
    this.#scale[index] = tag.scale;
    const address = addressOf(tag.point);
    if (address >= 0) {
      const area = this.#areaNamed(tag.point.slice(0, tag.point.lastIndexOf('/')));
      area.tags.push(index);
      area.put(address, this.#sizeOf(index, area.step), index);
    }
    if (!tag.declared) this.#handler.onTag(tag, index);
    return index;
  }

  #grow(count: number): void {
    const size = this.#scale.length;
    if (count > size) {
      this.#words = grown(this.#words, new Uint8Array(2 * size));
      this.#scale = grown(this.#scale, new Float64Array(2 * size));
      this.#value = grown(this.#value, new Float64Array(2 * size));
      this.#timeUs = grown(this.#timeUs, new Float64Array(2 * size));
      this.#quality = grown(this.#quality, new Uint8Array(2 * size));
      this.#before = grown(this.#before, new Float64Array(2 * size));
      this.#writtenUs = grown(this.#writtenUs, new Float64Array(2 * size));
      this.#raw = grown(this.#raw, new Uint16Array(2 * size * WORDS_MAX));
    }
    const index = count - 1;
    this.#value[index] = this.#timeUs[index] = this.#before[index] = this.#writtenUs[index] = Number.NaN;
    this.#quality[index] = QUALITY_GOOD;
  }
}

function grown<T extends Uint8Array | Uint16Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Word that begins with element `k` of access `i`. */
function wordOf(view: MessageView, i: number, k: number, step: 1 | 2): number {
  return step === 1 ? view.valueOf(i, k) & 0xffff : (view.valueOf(i, k) << 8) | view.valueOf(i, k + 1);
}

/** Numeric address at the end of a point, or -1. */
function addressOf(point: string): number {
  const text = point.slice(point.lastIndexOf('/') + 1);
  return /^\d{1,10}$/.test(text) ? Number(text) : -1;
}

/** A tag for a point nobody named: it is called what it is. */
function undeclaredTag(point: string, type: Tag['type'], confidence: number): Tag {
  return {
    name: point,
    title: '',
    plantUnit: '',
    point,
    type,
    scale: 1,
    unit: '',
    role: type === 'bool' ? 'status' : 'measurement',
    reporting: 'sampled',
    limits: {},
    maxRate: Number.NaN,
    twin: null,
    of: '',
    safe: Number.NaN,
    proofTest: '',
    declared: false,
    confidence,
  };
}
