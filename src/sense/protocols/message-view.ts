/**
 * The one reusable view of a message on the packet path: numbers, typed arrays and offsets into the one buffer, no object per
 * packet. Valid until the synchronous handler returns; whoever keeps something calls `toMessage()`.
 */
import { ACCESSES_MAX, FACTS_MAX, VIEW_PROBLEMS_MAX } from '../../limits.ts';
import type { Direction, Fact, FrameReference, Message, PointAccess, Problem, WireValue } from '../../records.ts';
import type { Protocol } from './protocol.ts';
import { SymbolTable } from './symbols.ts';
import { readElement, VALUE_TYPE, VALUE_TYPE_BYTES, VALUE_TYPE_NAMES } from './values.ts';

export const DIRECTION_REQUEST = 0;
export const DIRECTION_RESPONSE = 1;
export const DIRECTION_EVENT = 2;
const DIRECTION_NAMES: readonly Direction[] = ['request', 'response', 'event'];

export const QUALITY_GOOD = 0;
export const QUALITY_UNCERTAIN = 1;
export const QUALITY_BAD = 2;
const QUALITY_NAMES = ['good', 'uncertain', 'bad'] as const;

/** Access without a symbol, unit without a name, text without a value. */
export const NO_SYMBOL = -1;
/** No byte position. */
export const NO_OFFSET = -1;
/** Message without a unit behind the address. */
export const NO_UNIT = -1;

/** What the surroundings know of a message and the view does not: names for the immutable record. */
export interface MessageNames {
  readonly capture: string;
  readonly client: string;
  readonly server: string;
  /** Prefix of point names, usually the server's address. */
  readonly device: string;
}

export class MessageView {
  /** Names met on the wire; shared by every session of the worker. */
  readonly symbols: SymbolTable;

  // Set by the stream layer before `dissect`.
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte of the PDU in `bytes`, and one past its last. */
  offset = 0;
  end = 0;
  /**
   * The PDU in the stream's own buffer, `pduOffset` to `pduEnd`: the same as `offset` and `end` unless the dissector put the message
   * together from several PDUs and points `bytes` at what it built. Whoever cuts streams goes by these.
   */
  pduOffset = 0;
  pduEnd = 0;
  timeUs = 0;
  protocol: Protocol | null = null;
  /** Conversation slot of the stream layer. */
  conversation = 0;
  fromClient = true;
  frame = 0;
  firstFrame = 0;
  /** Byte range of the PDU: from in `firstFrame`, to in `frame`. */
  frameFrom = 0;
  frameTo = 0;

  // Filled by the dissector.
  direction = DIRECTION_REQUEST;
  functionCode = 0;
  /** Unit number behind the address, or `NO_UNIT`. */
  unit = NO_UNIT;
  /** Named unit (Sparkplug device, CIP route) or `NO_SYMBOL`. */
  unitSymbol = NO_SYMBOL;
  transaction = 0;
  status = 0;
  /** Frame of the paired request, 0 = none; its time. */
  pairedFrame = 0;
  pairedTimeUs = Number.NaN;
  /** False where the function is not known: its bytes do not count as understood. */
  understood = true;
  /** Bytes the dissector leaves to itself: free detail number for the protocol's own consumers (e.g. a sub-function). */
  detail = 0;

  accessCount = 0;
  /** Index into the protocol's `areas`; below `AREAS_MAX`. */
  readonly accessArea = new Uint32Array(ACCESSES_MAX);
  readonly accessAddress = new Float64Array(ACCESSES_MAX);
  readonly accessSymbol = new Int32Array(ACCESSES_MAX);
  readonly accessElements = new Int32Array(ACCESSES_MAX);
  readonly accessWrite = new Uint8Array(ACCESSES_MAX);
  readonly accessType = new Uint8Array(ACCESSES_MAX);
  /** Where the first element stands in `bytes`, or `NO_OFFSET`. */
  readonly accessOffset = new Int32Array(ACCESSES_MAX);
  /** Length in bytes of text and byte values. */
  readonly accessLength = new Int32Array(ACCESSES_MAX);
  /** Decoded value where there is just one and it is a number; else NaN. */
  readonly accessNumber = new Float64Array(ACCESSES_MAX);
  readonly accessQuality = new Uint8Array(ACCESSES_MAX);
  /** Time stamped by the device, or NaN. */
  readonly accessTimeUs = new Float64Array(ACCESSES_MAX);

  factCount = 0;
  readonly factAbout: Fact['about'][] = new Array<Fact['about']>(FACTS_MAX).fill('server');
  readonly factKind: string[] = new Array<string>(FACTS_MAX).fill('');
  readonly factText: string[] = new Array<string>(FACTS_MAX).fill('');

  problemCount = 0;
  readonly problemKind: string[] = new Array<string>(VIEW_PROBLEMS_MAX).fill('');
  readonly problemOffset = new Int32Array(VIEW_PROBLEMS_MAX);

  constructor(symbols: SymbolTable = new SymbolTable()) {
    this.symbols = symbols;
  }

  /** Clears what a dissector fills; call before each further message of the same PDU. The stream layer calls it for the first. */
  reset(): void {
    this.direction = this.fromClient ? DIRECTION_REQUEST : DIRECTION_RESPONSE;
    this.functionCode = 0;
    this.unit = NO_UNIT;
    this.unitSymbol = NO_SYMBOL;
    this.transaction = 0;
    this.status = 0;
    this.pairedFrame = 0;
    this.pairedTimeUs = Number.NaN;
    this.understood = true;
    this.detail = 0;
    this.accessCount = 0;
    this.factCount = 0;
    this.problemCount = 0;
  }

  /**
   * Adds an access to `elements` consecutive values of `type` from `address` in `area`; `valueOffset` is where the first stands
   * in `bytes` (`NO_OFFSET`: the message carries no value). Returns the access index for further fields, or -1 when full.
   */
  access(area: number, address: number, elements: number, write: boolean, type: number, valueOffset: number): number {
    const i = this.accessCount;
    if (i >= ACCESSES_MAX) {
      this.problem('too-many-accesses', this.offset);
      return -1;
    }
    this.accessCount = i + 1;
    this.accessArea[i] = area;
    this.accessAddress[i] = address;
    this.accessSymbol[i] = NO_SYMBOL;
    this.accessElements[i] = elements;
    this.accessWrite[i] = write ? 1 : 0;
    this.accessType[i] = type;
    this.accessOffset[i] = valueOffset;
    this.accessLength[i] = 0;
    this.accessNumber[i] = Number.NaN;
    this.accessQuality[i] = QUALITY_GOOD;
    this.accessTimeUs[i] = Number.NaN;
    return i;
  }

  /** Adds an access to one value with a decoded number (`valueOffset` may be `NO_OFFSET`). Returns its index or -1. */
  numberAccess(
    area: number,
    address: number,
    write: boolean,
    type: number,
    value: number,
    valueOffset: number,
  ): number {
    const i = this.access(area, address, 1, write, type, valueOffset);
    if (i >= 0) this.accessNumber[i] = value;
    return i;
  }

  /** Element `index` of access `i` as a number; NaN where there is none or it is text. Bits and booleans are 0 or 1. */
  valueOf(i: number, index: number): number {
    const single = this.accessNumber[i]!;
    if (index === 0 && !Number.isNaN(single)) return single;
    const offset = this.accessOffset[i]!;
    if (offset < 0) return Number.NaN;
    return readElement(this.bytes, offset, this.accessType[i]!, index);
  }

  /** True where access `i` carries values. */
  hasValues(i: number): boolean {
    return this.accessOffset[i]! >= 0 || !Number.isNaN(this.accessNumber[i]!);
  }

  /** Says something about who the client, server or unit is; kinds: vendor, model, firmware, serial, module, project, user … */
  fact(about: Fact['about'], kind: string, text: string): void {
    if (text === '' || this.factCount >= FACTS_MAX) return;
    this.factAbout[this.factCount] = about;
    this.factKind[this.factCount] = kind;
    this.factText[this.factCount++] = text;
  }

  /** Names an oddity at `offset` in `bytes`; `kind` is a constant in kebab-case. */
  problem(kind: string, offset: number): void {
    if (this.problemCount >= VIEW_PROBLEMS_MAX) return;
    this.problemKind[this.problemCount] = kind;
    this.problemOffset[this.problemCount++] = offset - this.offset;
  }

  /** Name of the unit behind the address: its number, its name, or empty. */
  unitName(): string {
    if (this.unitSymbol >= 0) return this.symbols.name(this.unitSymbol);
    return this.unit === NO_UNIT ? '' : String(this.unit);
  }

  /** The immutable record of this message; everything is copied out of the buffer. */
  toMessage(names: MessageNames): Message {
    const protocol = this.protocol;
    if (protocol === null) throw new Error('toMessage() on a view without protocol');
    const unit = this.unitName();
    const accesses: PointAccess[] = [];
    for (let i = 0; i < this.accessCount; i++) accesses.push(this.#accessRecord(protocol, names.device, unit, i));
    const facts: Fact[] = [];
    for (let i = 0; i < this.factCount; i++) {
      facts.push({ about: this.factAbout[i]!, kind: this.factKind[i]!, text: this.factText[i]! });
    }
    const problems: Problem[] = [];
    for (let i = 0; i < this.problemCount; i++) {
      problems.push({ kind: this.problemKind[i]!, offset: this.problemOffset[i]! });
    }
    const latencyUs = this.timeUs - this.pairedTimeUs;
    return {
      timeUs: this.timeUs,
      frame: this.frameReference(names.capture),
      conversation: this.conversation,
      client: names.client,
      server: names.server,
      direction: DIRECTION_NAMES[this.direction]!,
      protocol: protocol.name,
      function: protocol.functionOf(this.functionCode),
      unit,
      transaction: this.transaction,
      accesses,
      facts,
      status: protocol.statusName(this.status),
      statusCode: this.status,
      pairedWith: this.pairedFrame,
      ...(Number.isNaN(latencyUs) ? {} : { latencyUs }),
      problems,
    };
  }

  /** Where this message stands, for evidence. */
  frameReference(capture: string): FrameReference {
    return { capture, number: this.frame, firstNumber: this.firstFrame, from: this.frameFrom, to: this.frameTo };
  }

  /** Values of access `i`, decoded; empty where the message carries none. */
  wireValues(i: number): WireValue[] {
    const type = this.accessType[i]!;
    const offset = this.accessOffset[i]!;
    if (type === VALUE_TYPE.text || type === VALUE_TYPE.bytes) {
      if (offset < 0) return [];
      const raw = this.bytes.subarray(offset, offset + this.accessLength[i]!);
      return [type === VALUE_TYPE.text ? new TextDecoder().decode(raw) : Buffer.from(raw).toString('hex')];
    }
    if (!this.hasValues(i)) return [];
    const values: WireValue[] = [];
    const elements = this.accessElements[i]!;
    for (let k = 0; k < elements; k++) {
      const value = this.valueOf(i, k);
      values.push(type === VALUE_TYPE.bool || type === VALUE_TYPE.bit ? value !== 0 : value);
    }
    return values;
  }

  #accessRecord(protocol: Protocol, device: string, unit: string, i: number): PointAccess {
    const area = protocol.areas[this.accessArea[i]!] ?? `area${this.accessArea[i]!}`;
    const symbol = this.accessSymbol[i]!;
    const address = symbol >= 0 ? this.symbols.name(symbol) : this.accessAddress[i]!;
    const timeUs = this.accessTimeUs[i]!;
    return {
      point: pointName(device, unit, area, address),
      area,
      address,
      count: this.accessElements[i]!,
      write: this.accessWrite[i] === 1,
      type: VALUE_TYPE_NAMES[this.accessType[i]!]!,
      values: this.wireValues(i),
      quality: QUALITY_NAMES[this.accessQuality[i]!]!,
      ...(Number.isNaN(timeUs) ? {} : { sourceTimeUs: timeUs }),
    };
  }

  /** Overwrites everything with nonsense: tests call it after the handler returned, so that a kept view shows. */
  poison(): void {
    this.bytes = new Uint8Array(0);
    this.offset = this.end = this.functionCode = this.frame = -0x5a5a5a;
    this.accessCount = this.factCount = this.problemCount = 0;
    this.accessOffset.fill(-0x5a5a5a);
    this.accessAddress.fill(Number.NaN);
  }
}

/** `device/unit/area/address`; the unit part is left out where there is none. */
export function pointName(device: string, unit: string, area: string, address: number | string): string {
  return unit === '' ? `${device}/${area}/${address}` : `${device}/${unit}/${area}/${address}`;
}

/** Bytes that the values of `elements` elements of `type` take; bits are packed. 0 for text and bytes. */
export function valueBytes(type: number, elements: number): number {
  return type === VALUE_TYPE.bit ? (elements + 7) >> 3 : VALUE_TYPE_BYTES[type]! * elements;
}
