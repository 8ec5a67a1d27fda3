/**
 * Writes OPC UA messages without security: the inverse of `session.ts`, `requests.ts` and `responses.ts`, for simulators and tests. A
 * `Body` writes into a `UaWriter`; `putMessage` puts the headers round it. Clauses: OPC 10000-6, 5.2, 6.7 and 7.1.
 */
import { CHUNK, MESSAGE, POLICY_PREFIX, SERVICES } from './names.ts';
import { TYPE } from './variant.ts';

/** Node id in text form: `i=85`, `ns=2;s=Pump`. */
export type NodeText = string;

/** Grows as it is written to; `bytes()` gives what was written. */
export class UaWriter {
  #data = new Uint8Array(256);
  #view = new DataView(this.#data.buffer);
  #length = 0;

  bytes(): Uint8Array {
    return this.#data.slice(0, this.#length);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#room(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#room(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#room(4), value, true);
    return this;
  }

  f32(value: number): this {
    this.#view.setFloat32(this.#room(4), value, true);
    return this;
  }

  f64(value: number): this {
    this.#view.setFloat64(this.#room(8), value, true);
    return this;
  }

  i64(value: bigint): this {
    this.#view.setBigInt64(this.#room(8), value, true);
    return this;
  }

  /** Text, or null. */
  text(value: string | null): this {
    return this.blob(value === null ? null : new TextEncoder().encode(value));
  }

  blob(value: Uint8Array | null): this {
    if (value === null) return this.u32(0xffffffff);
    this.u32(value.length);
    return this.raw(value);
  }

  raw(value: Uint8Array): this {
    this.#data.set(value, this.#room(value.length));
    return this;
  }

  /** DateTime of microseconds since 1970; NaN is "never". */
  timeUs(value: number): this {
    return this.i64(Number.isNaN(value) ? 0n : BigInt(Math.round(value)) * 10n + 116_444_736_000_000_000n);
  }

  node(text: NodeText): this {
    const [, namespace = '0', kind, value = ''] = /^(?:ns=(\d+);)?([is])=(.*)$/s.exec(text) ?? [];
    if (kind === 's') return this.u8(3).u16(Number(namespace)).text(value);
    const number = Number(value);
    if (Number(namespace) < 256 && number < 0x10000) return this.u8(1).u8(Number(namespace)).u16(number);
    return this.u8(2).u16(Number(namespace)).u32(number);
  }

  array<T>(items: readonly T[], one: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) one(item);
    return this;
  }

  /** ExtensionObject with a binary body. */
  extension(encodingId: number, body: Uint8Array | null): this {
    this.u8(1).u8(0).u16(encodingId);
    return body === null ? this.u8(0) : this.u8(1).blob(body);
  }

  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#data.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#data.length));
      larger.set(this.#data);
      this.#data = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** A value with its built-in type (`TYPE`); arrays of fixed types are arrays of numbers. */
export interface UaValue {
  readonly type: number;
  readonly value: number | bigint | boolean | string | readonly number[];
}

export interface UaData {
  readonly value?: UaValue;
  readonly status?: number;
  readonly sourceUs?: number;
}

export type Body = (writer: UaWriter) => void;

export interface ChannelNumbers {
  readonly channel: number;
  readonly token: number;
  readonly sequence: number;
  readonly requestId: number;
}

/** Encoding id of the response to `service`. */
export function responseId(service: number): number {
  return SERVICES.find(([request]) => request === service)?.[2] ?? service;
}

/** HEL or ACK (7.1.2.3, 7.1.2.4); HEL with the endpoint. */
export function putHello(out: Uint8Array, at: number, endpoint?: string): number {
  const writer = new UaWriter().u32(0).u32(65_536).u32(65_536).u32(0).u32(0);
  if (endpoint !== undefined) writer.text(endpoint);
  return putChunk(out, at, endpoint === undefined ? MESSAGE.acknowledge : MESSAGE.hello, CHUNK.final, writer.bytes());
}

/** ERR (7.1.2.5). */
export function putError(out: Uint8Array, at: number, status: number, reason: string): number {
  return putChunk(out, at, MESSAGE.error, CHUNK.final, new UaWriter().u32(status).text(reason).bytes());
}

/** OPN with security policy `None`, or with the header alone where another is named: its body would be encrypted. */
export function putOpen(
  out: Uint8Array,
  at: number,
  numbers: ChannelNumbers,
  encodingId: number,
  body: Body,
  policy = 'None',
  certificate: Uint8Array | null = null,
): number {
  const writer = new UaWriter()
    .u32(numbers.channel)
    .text(POLICY_PREFIX + policy)
    .blob(certificate)
    .blob(null);
  writer.u32(numbers.sequence).u32(numbers.requestId).u8(1).u8(0).u16(encodingId);
  body(writer);
  return putChunk(out, at, MESSAGE.open, CHUNK.final, writer.bytes());
}

/** MSG (or CLO) in as many chunks as `chunkBytes` of body ask for; the sequence number rises with each. */
export function putMessage(
  out: Uint8Array,
  at: number,
  numbers: ChannelNumbers,
  encodingId: number,
  body: Body,
  chunkBytes = Number.POSITIVE_INFINITY,
  type: number = MESSAGE.message,
): number {
  const writer = new UaWriter().u8(1).u8(0).u16(encodingId);
  body(writer);
  const bytes = writer.bytes();
  let next = at;
  let sequence = numbers.sequence;
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const part = bytes.slice(from, Math.min(bytes.length, from + chunkBytes));
    const header = new UaWriter().u32(numbers.channel).u32(numbers.token).u32(sequence++).u32(numbers.requestId);
    const kind = from + chunkBytes >= bytes.length ? CHUNK.final : CHUNK.intermediate;
    next = putChunk(out, next, type, kind, header.raw(part).bytes());
  }
  return next;
}

/** Any chunk: letters, length, content. Throws RangeError where it does not fit. */
export function putChunk(out: Uint8Array, at: number, type: number, kind: number, content: Uint8Array): number {
  const length = 8 + content.length;
  if (at + length > out.length) throw new RangeError(`OPC UA chunk of ${length} bytes does not fit`);
  out[at] = type & 255;
  out[at + 1] = (type >> 8) & 255;
  out[at + 2] = type >> 16;
  out[at + 3] = kind;
  for (let i = 0; i < 4; i++) out[at + 4 + i] = (length >>> (8 * i)) & 255;
  out.set(content, at + 8);
  return at + length;
}

/** RequestHeader (OPC 10000-4, 7.33). */
export function requestHeader(writer: UaWriter, handle = 1, timeUs = Number.NaN): UaWriter {
  return writer.node('i=0').timeUs(timeUs).u32(handle).u32(0).text(null).u32(10_000).u16(0).u8(0);
}

/** ResponseHeader (7.34). */
export function responseHeader(writer: UaWriter, handle = 1, result = 0, timeUs = Number.NaN): UaWriter {
  return writer.timeUs(timeUs).u32(handle).u32(result).u8(0).u32(0).u16(0).u8(0);
}

/** Read (5.11.2): node and attribute each. */
export function readBody(nodes: readonly (readonly [NodeText, number])[]): Body {
  return (writer) => {
    requestHeader(writer).f64(0).u32(2);
    writer.array(nodes, ([node, attribute]) => writer.node(node).u32(attribute).text(null).u16(0).text(null));
  };
}

/** Results of Read. */
export function readResultBody(results: readonly UaData[]): Body {
  return (writer) => {
    responseHeader(writer)
      .array(results, (data) => dataValue(writer, data))
      .u32(0);
  };
}

/** Write (5.11.4). */
export function writeBody(values: readonly (readonly [NodeText, number, UaData])[]): Body {
  return (writer) => {
    requestHeader(writer).array(values, ([node, attribute, data]) => {
      dataValue(writer.node(node).u32(attribute).text(null), data);
    });
  };
}

/** A response whose results are status codes: Write, DeleteSubscriptions … */
export function statusesBody(statuses: readonly number[], result = 0): Body {
  return (writer) => {
    responseHeader(writer, 1, result)
      .array(statuses, (status) => writer.u32(status))
      .u32(0);
  };
}

/** Call (5.12.2) of one method. */
export function callBody(object: NodeText, method: NodeText, inputs: readonly UaValue[]): Body {
  return (writer) => {
    requestHeader(writer).u32(1).node(object).node(method);
    writer.array(inputs, (input) => variant(writer, input));
  };
}

/** CreateMonitoredItems (5.13.2): node and client handle each, attribute Value. */
export function monitorBody(subscription: number, items: readonly (readonly [NodeText, number])[]): Body {
  return (writer) => {
    requestHeader(writer).u32(subscription).u32(2);
    writer.array(items, ([node, handle]) => {
      writer.node(node).u32(13).text(null).u16(0).text(null).u32(2);
      writer.u32(handle).f64(1000).u16(0).u8(0).u32(1).u8(1);
    });
  };
}

/** Publish response (5.14.5) with data changes: client handle and value each. */
export function publishResultBody(subscription: number, changes: readonly (readonly [number, UaData])[]): Body {
  return (writer) => {
    const change = new UaWriter();
    change.array(changes, ([handle, data]) => dataValue(change.u32(handle), data)).u32(0);
    responseHeader(writer).u32(subscription).u32(0).u8(0).u32(1).timeUs(Number.NaN);
    writer.u32(1).extension(811, change.bytes()).u32(0).u32(0);
  };
}

/** ServiceFault (7.30). */
export function faultBody(handle: number, status: number): Body {
  return (writer) => {
    responseHeader(writer, handle, status);
  };
}

export function dataValue(writer: UaWriter, data: UaData): void {
  const { value, status, sourceUs } = data;
  writer.u8((value === undefined ? 0 : 1) | (status === undefined ? 0 : 2) | (sourceUs === undefined ? 0 : 4));
  if (value !== undefined) variant(writer, value);
  if (status !== undefined) writer.u32(status);
  if (sourceUs !== undefined) writer.timeUs(sourceUs);
}

export function variant(writer: UaWriter, { type, value }: UaValue): void {
  if (Array.isArray(value)) {
    writer.u8(type | 0x80).array(value as readonly number[], (one) => scalar(writer, type, one));
    return;
  }
  writer.u8(type);
  scalar(writer, type, value as number | bigint | boolean | string);
}

function scalar(writer: UaWriter, type: number, value: number | bigint | boolean | string): void {
  switch (type) {
    case TYPE.boolean:
      writer.u8(value === true ? 1 : 0);
      return;
    case TYPE.sbyte:
    case TYPE.byte:
      writer.u8(Number(value));
      return;
    case TYPE.int16:
    case TYPE.uint16:
      writer.u16(Number(value));
      return;
    case TYPE.int64:
    case TYPE.uint64:
      writer.i64(BigInt(value));
      return;
    case TYPE.float:
      writer.f32(Number(value));
      return;
    case TYPE.double:
      writer.f64(Number(value));
      return;
    case TYPE.string:
      writer.text(String(value));
      return;
    case TYPE.localizedText:
      writer.u8(2).text(String(value));
      return;
    case TYPE.dateTime:
      writer.timeUs(Number(value));
      return;
    default:
      writer.u32(Number(value));
  }
}
