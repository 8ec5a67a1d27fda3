/**
 * Messages as JSON Lines, a million a second: what repeats (conversation, function, point prefix) is rendered once and copied as
 * bytes, numbers are written digit by digit into one buffer. Field names are those of the `Message` record; what says nothing is left
 * out: `frame.firstNumber` where the message lies in one frame, `statusCode` of `ok`, `pairedWith` where nothing is answered, `values`
 * and `type` of an access without values, `conversation` (its client, server and protocol stand there).
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../base/errors.ts';
import { ACCESS_POINTS_MAX, AREAS_MAX } from '../limits.ts';
import { type MessageView, pointName } from '../sense/protocols/message-view.ts';
import { VALUE_TYPE } from '../sense/protocols/values.ts';
import type { ConversationState } from '../understand/observe/conversations.ts';

const BUFFER_BYTES = 1024 * 1024;
/** Room for single bytes and times, which do not look whether they fit. */
const SLACK_BYTES = 128;
/** Rendered pieces kept besides the last ones of each conversation; beyond it they are rendered anew. */
const PIECES_MAX = 65_536;
/** Pieces of each kind at hand for one conversation; a power of two. */
const RECENT = 16;
const DIRECTIONS = ['request', 'response', 'event'] as const;
const QUALITIES = ['good', 'uncertain', 'bad'] as const;

/** Up to this length a loop is faster than a call. [bytes] */
const COPIED_BYTES = 24;

const encoder = new TextEncoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);
const PIECE = {
  time: bytesOf('{"timeUs":'),
  firstNumber: bytesOf(',"firstNumber":'),
  from: bytesOf(',"from":'),
  to: bytesOf(',"to":'),
  status: bytesOf(',"status":"ok"'),
  okAccesses: bytesOf(',"status":"ok","accesses":['),
  pairedWith: bytesOf(',"pairedWith":'),
  latency: bytesOf(',"latencyUs":'),
  accesses: bytesOf(',"accesses":['),
  count: bytesOf('","count":'),
  read: bytesOf(',"write":false'),
  write: bytesOf(',"write":true'),
  asked: bytesOf(',"write":false}'),
  values: bytesOf(',"values":['),
  end: bytesOf(']}\n'),
};

export class MessageWriter {
  /** Lines written. */
  lines = 0;
  readonly #path: string;
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES + SLACK_BYTES);
  #at = 0;
  #capture: Uint8Array = captureBytes('');
  readonly #heads = new Map<string, Uint8Array>();
  readonly #points = new Map<string, Uint8Array>();
  /** What was rendered last, by index of the conversation. */
  readonly #last: (Rendered | undefined)[] = [];
  #second = -1;
  readonly #secondDigits = new Uint8Array(10);

  /** Throws BAD_USAGE where the file cannot be made. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new FiredoorError(ERROR_CODES.BAD_USAGE, `Cannot write ${path}: ${sentenceOf(error)}.`, { cause: error });
    }
  }

  /** Frames from now on are of this capture. */
  capture(name: string): void {
    this.#capture = captureBytes(name);
  }

  /** Writes one line; the shape of the observer's message hook. */
  message(view: MessageView, conversation: ConversationState): void {
    this.lines++;
    this.#room(4_096);
    const rendered = this.#last[conversation.index] ?? this.#firstOf(conversation);
    this.#frame(view);
    this.#put(this.#head(view, conversation, rendered));
    this.#number(view.transaction);
    if (view.status === 0 && view.pairedFrame === 0 && view.factCount === 0 && view.problemCount === 0)
      this.#put(PIECE.okAccesses);
    else this.#outcome(view);
    for (let i = 0; i < view.accessCount; i++) {
      if (i > 0) this.#buffer[this.#at++] = 0x2c;
      this.#access(view, conversation, rendered, i);
    }
    this.#put(PIECE.end);
  }

  /** From the status to the list of accesses. */
  #outcome(view: MessageView): void {
    if (view.status === 0) this.#put(PIECE.status);
    else this.#text(`,"status":${JSON.stringify(view.protocol!.statusName(view.status))},"statusCode":${view.status}`);
    if (view.pairedFrame !== 0) {
      this.#put(PIECE.pairedWith);
      this.#number(view.pairedFrame);
    }
    const latency = view.timeUs - view.pairedTimeUs;
    if (latency >= 0) {
      this.#put(PIECE.latency);
      this.#number(latency);
    }
    if (view.factCount > 0) this.#facts(view);
    if (view.problemCount > 0) this.#problems(view);
    this.#put(PIECE.accesses);
  }

  #firstOf(conversation: ConversationState): Rendered {
    const rendered = new Rendered();
    // Indices come in order: the list has no holes.
    while (this.#last.length < conversation.index) this.#last.push(undefined);
    this.#last[conversation.index] = rendered;
    return rendered;
  }

  /** Writes what is left and closes the file. */
  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #frame(view: MessageView): void {
    this.#put(PIECE.time);
    this.#time(view);
    this.#put(this.#capture);
    this.#number(view.frame);
    if (view.firstFrame !== view.frame) {
      this.#put(PIECE.firstNumber);
      this.#number(view.firstFrame);
    }
    this.#put(PIECE.from);
    this.#number(view.frameFrom);
    this.#put(PIECE.to);
    this.#number(view.frameTo);
  }

  #head(view: MessageView, conversation: ConversationState, rendered: Rendered): Uint8Array {
    const { direction, functionCode } = view;
    const unit = view.unitSymbol >= 0 ? -2 - view.unitSymbol : view.unit;
    const place = (functionCode + 5 * direction + 3 * unit) & (RECENT - 1);
    const last = rendered.heads[place] ?? null;
    if (last !== null && last.code === functionCode && last.unit === unit && last.direction === direction)
      return last.bytes;
    const key = `${conversation.index} ${view.direction} ${view.functionCode} ${unit}`;
    let bytes = this.#heads.get(key);
    if (bytes === undefined) {
      bytes = bytesOf(headText(view, conversation));
      if (this.#heads.size >= PIECES_MAX) this.#heads.clear();
      this.#heads.set(key, bytes);
    }
    rendered.heads[place] = { code: functionCode, unit, direction, bytes };
    return bytes;
  }

  #access(view: MessageView, conversation: ConversationState, rendered: Rendered, i: number): void {
    this.#put(this.#pointPrefix(view, conversation, rendered, view.accessArea[i]!));
    const symbol = view.accessSymbol[i]!;
    if (symbol >= 0) this.#text(JSON.stringify(view.symbols.name(symbol)).slice(1, -1));
    else this.#address(view, i);
    this.#put(PIECE.count);
    this.#number(view.accessElements[i]!);
    const write = view.accessWrite[i] === 1;
    if (!view.hasValues(i)) {
      this.#put(write ? PIECE.write : PIECE.asked);
      if (write) this.#buffer[this.#at++] = 0x7d;
      return;
    }
    this.#put(write ? PIECE.write : PIECE.read);
    this.#put(TYPE_PIECES[view.accessType[i]!]!);
    if (view.accessQuality[i] !== 0) this.#text(`,"quality":"${QUALITIES[view.accessQuality[i]!]}"`);
    const stampUs = view.accessTimeUs[i]!;
    if (!Number.isNaN(stampUs)) this.#text(`,"sourceTimeUs":${stampUs}`);
    this.#put(PIECE.values);
    this.#values(view, i);
    this.#put(CLOSE);
  }

  #values(view: MessageView, i: number): void {
    const type = view.accessType[i]!;
    if (type === VALUE_TYPE.text || type === VALUE_TYPE.bytes) {
      this.#text(
        view
          .wireValues(i)
          .map((value) => JSON.stringify(value))
          .join(','),
      );
      return;
    }
    const elements = Math.min(view.accessElements[i]!, ACCESS_POINTS_MAX);
    const bits = type === VALUE_TYPE.bit || type === VALUE_TYPE.bool;
    if (type === VALUE_TYPE.uint16 && Number.isNaN(view.accessNumber[i]!)) {
      this.#registers(view.bytes, view.accessOffset[i]!, elements);
      return;
    }
    if (type === VALUE_TYPE.bit && Number.isNaN(view.accessNumber[i]!)) {
      this.#bits(view.bytes, view.accessOffset[i]!, elements);
      return;
    }
    for (let k = 0; k < elements; k++) {
      if (k > 0) this.#buffer[this.#at++] = 0x2c;
      const value = view.valueOf(i, k);
      if (bits) this.#put(value === 0 ? FALSE : TRUE);
      else this.#number(value);
    }
  }

  /** Packed bits, least significant first: a comma and four or five letters each. */
  #bits(bytes: Uint8Array, offset: number, elements: number): void {
    this.#room(elements * 6);
    const out = this.#buffer;
    let to = this.#at;
    for (let k = 0; k < elements; k++) {
      if (k > 0) out[to++] = 0x2c;
      if (((bytes[offset + (k >> 3)]! >> (k & 7)) & 1) === 0) {
        out[to] = 0x66; // false
        out[to + 1] = 0x61;
        out[to + 2] = 0x6c;
        out[to + 3] = 0x73;
        out[to + 4] = 0x65;
        to += 5;
      } else {
        out[to] = 0x74; // true
        out[to + 1] = 0x72;
        out[to + 2] = 0x75;
        out[to + 3] = 0x65;
        to += 4;
      }
    }
    this.#at = to;
  }

  /** Big-endian registers: most values there are. */
  #registers(bytes: Uint8Array, offset: number, elements: number): void {
    this.#room(elements * 6);
    const out = this.#buffer;
    let to = this.#at;
    for (let k = 0, from = offset; k < elements; k++, from += 2) {
      if (k > 0) out[to++] = 0x2c;
      const value = (bytes[from]! << 8) | bytes[from + 1]!;
      if (value < 10) out[to++] = 0x30 + value;
      else to = putDigits(out, to, value);
    }
    this.#at = to;
  }

  #pointPrefix(view: MessageView, conversation: ConversationState, rendered: Rendered, area: number): Uint8Array {
    const unit = view.unitSymbol >= 0 ? 0x10000000 + view.unitSymbol : view.unit + 1;
    const key = unit * AREAS_MAX + area;
    const place = (area + 3 * unit) & (RECENT - 1);
    const last = rendered.points[place] ?? null;
    if (last !== null && last.key === key) return last.bytes;
    const name = `${conversation.index} ${key}`;
    let bytes = this.#points.get(name);
    if (bytes === undefined) {
      const areaName = view.protocol!.areas[area] ?? `area${area}`;
      const point = pointName(conversation.device, view.unitName(), areaName, '');
      bytes = bytesOf(`{"point":${JSON.stringify(point).slice(0, -1)}`);
      if (this.#points.size >= PIECES_MAX) this.#points.clear();
      this.#points.set(name, bytes);
    }
    rendered.points[place] = { key, bytes };
    return bytes;
  }

  #facts(view: MessageView): void {
    const facts: unknown[] = [];
    for (let i = 0; i < view.factCount; i++) {
      facts.push({ about: view.factAbout[i], kind: view.factKind[i], text: view.factText[i] });
    }
    this.#text(`,"facts":${JSON.stringify(facts)}`);
  }

  #problems(view: MessageView): void {
    const problems: unknown[] = [];
    for (let i = 0; i < view.problemCount; i++) {
      problems.push({ kind: view.problemKind[i], offset: view.problemOffset[i] });
    }
    this.#text(`,"problems":${JSON.stringify(problems)}`);
  }

  /** Makes sure of `bytes` free bytes; more than the buffer is never asked for. */
  #room(bytes: number): void {
    if (this.#at + bytes > BUFFER_BYTES) this.#flush();
  }

  #flush(): void {
    try {
      for (let from = 0; from < this.#at; ) from += writeSync(this.#descriptor, this.#buffer, from, this.#at - from);
    } catch (error) {
      const sentence = `Cannot write ${this.#path}: ${sentenceOf(error)}.`;
      throw new FiredoorError(ERROR_CODES.FAILED, sentence, { cause: error });
    }
    this.#at = 0;
  }

  #put(bytes: Uint8Array): void {
    if (this.#at + bytes.length > BUFFER_BYTES) this.#flush();
    const { length } = bytes;
    if (length > COPIED_BYTES) this.#buffer.set(bytes, this.#at);
    else {
      const out = this.#buffer;
      const at = this.#at;
      for (let i = 0; i < length; i++) out[at + i] = bytes[i]!;
    }
    this.#at += length;
  }

  #text(text: string): void {
    const bytes = bytesOf(text);
    for (let from = 0; from < bytes.length; from += BUFFER_BYTES / 2) {
      this.#put(bytes.subarray(from, from + BUFFER_BYTES / 2));
    }
  }

  /** A time in whole microseconds; the ten digits of its second are kept from message to message. */
  #time({ timeUs }: MessageView): void {
    const second = Math.floor(timeUs / 1_000_000);
    if (second < 1_000_000_000 || second > 9_999_999_999) return this.#number(timeUs);
    if (second !== this.#second) {
      this.#second = second;
      for (let i = 9, left = second; i >= 0; i--) {
        this.#secondDigits[i] = 0x30 + (left % 10);
        left = Math.floor(left / 10);
      }
    }
    const out = this.#buffer;
    let at = this.#at;
    for (let i = 0; i < 10; i++) out[at++] = this.#secondDigits[i]!;
    let micros = Math.floor(timeUs - second * 1_000_000) | 0;
    for (let i = at + 5; i >= at; i--) {
      const next = (micros / 10) | 0;
      out[i] = 0x30 + micros - next * 10;
      micros = next;
    }
    this.#at = at + 6;
  }

  #address(view: MessageView, i: number): void {
    const address = view.accessAddress[i]!;
    const small = address | 0;
    if (small === address && small >= 0) this.#integer(small);
    else this.#number(address);
  }

  #number(value: number): void {
    if (this.#at > BUFFER_BYTES - 32) this.#flush();
    if (value >= 0 && value < 0x7fffffff && (value | 0) === value) return this.#integer(value);
    const text = Number.isFinite(value) ? String(value) : 'null';
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  #integer(value: number): void {
    const out = this.#buffer;
    if (value < 10) {
      out[this.#at++] = 0x30 + value;
      return;
    }
    this.#at = putDigits(out, this.#at, value);
  }
}

/** The last pieces rendered for one conversation: most of its messages repeat them. */
class Rendered {
  readonly heads: (Head | undefined)[] = new Array<Head | undefined>(RECENT).fill(undefined);
  readonly points: (Prefix | undefined)[] = new Array<Prefix | undefined>(RECENT).fill(undefined);
}

interface Head {
  readonly code: number;
  readonly unit: number;
  readonly direction: number;
  readonly bytes: Uint8Array;
}

interface Prefix {
  readonly key: number;
  readonly bytes: Uint8Array;
}

const CLOSE = bytesOf(']}');
const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const TYPE_PIECES: readonly Uint8Array[] = Object.keys(VALUE_TYPE).map((name) => bytesOf(`,"type":"${name}"`));

/** Everything from the end of the time to the number of the frame. */
function captureBytes(name: string): Uint8Array {
  return bytesOf(`,"frame":{"capture":${JSON.stringify(name)},"number":`);
}

/** Both digits of 0 to 99. */
const TENS = Uint8Array.from({ length: 100 }, (_, n) => 0x30 + Math.floor(n / 10));
const ONES = Uint8Array.from({ length: 100 }, (_, n) => 0x30 + (n % 10));

/** Writes the digits of an integer from 10 to 2^31 - 1; returns where they end. */
function putDigits(out: Uint8Array, from: number, value: number): number {
  const digits =
    value < 10_000
      ? value < 100
        ? 2
        : value < 1_000
          ? 3
          : 4
      : value < 1_000_000
        ? value < 100_000
          ? 5
          : 6
        : value < 10_000_000
          ? 7
          : value < 100_000_000
            ? 8
            : value < 1_000_000_000
              ? 9
              : 10;
  let at = from + digits;
  let left = value;
  while (left >= 100) {
    const hundreds = (left / 100) | 0;
    const two = left - hundreds * 100;
    out[--at] = ONES[two]!;
    out[--at] = TENS[two]!;
    left = hundreds;
  }
  out[--at] = ONES[left]!;
  if (left >= 10) out[--at] = TENS[left]!;
  return from + digits;
}

/** Everything from the end of the frame's byte range to the transaction's number. */
function headText(view: MessageView, conversation: ConversationState): string {
  const { code, subCode, name, class: functionClass } = view.protocol!.functionOf(view.functionCode);
  const fields = {
    client: conversation.clientText,
    server: conversation.serverText,
    direction: DIRECTIONS[view.direction],
    protocol: conversation.protocolName,
    unit: view.unitName(),
    function: { code, ...(subCode === undefined ? {} : { subCode }), name, class: functionClass },
  };
  return `},${JSON.stringify(fields).slice(1, -1)},"transaction":`;
}
