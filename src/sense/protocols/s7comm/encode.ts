/**
 * Writers of S7 PDUs: the inverse of `message.ts`, `items.ts`, `userdata.ts`. Each writes a whole TPKT at `at` of `out` and returns the
 * offset after it. Nothing is allocated; a PDU that does not fit is a RangeError of the caller.
 */
import { finishData, USER_DATA_AT } from '../tpkt/encode.ts';
import { ANSWER_HEADER_BYTES, HEADER_BYTES } from './framing.ts';
import { FC, PROTOCOL_ID, ROSCTR } from './names.ts';

/** Transport sizes of items; the data of an item have their own (`DATA`). */
export const TRANSPORT = { bit: 1, byte: 2, char: 3, word: 4, int: 5, dword: 6, dint: 7, real: 8 } as const;
/** Transport sizes of data: length in bits for the first three, in octets for the others. */
export const DATA = { none: 0, bit: 3, bytes: 4, integer: 5, dint: 6, real: 7, octets: 9 } as const;

/** An S7ANY item: `count` elements of `transport` from `byte`.`bit` of an area (`ITEM_AREA`); counters and timers by `byte`. */
export interface AnyItem {
  readonly transport: number;
  readonly count: number;
  readonly area: number;
  readonly db?: number;
  readonly byte: number;
  readonly bit?: number;
}

/** Data of one item: return code (0xff fine; 0 in requests), transport size and octets. */
export interface ItemData {
  readonly code: number;
  readonly transport: number;
  readonly octets: ArrayLike<number>;
}

/** Where the parameters of a job or userdata begin. [bytes] */
export const JOB_PARAMETERS_AT = USER_DATA_AT + HEADER_BYTES;
/** Where the parameters of an acknowledgement begin. [bytes] */
export const ANSWER_PARAMETERS_AT = USER_DATA_AT + ANSWER_HEADER_BYTES;

/** Writes the header before parameters at `at + JOB_PARAMETERS_AT` … `data` and data … `end`. */
export function finishJob(out: Uint8Array, at: number, data: number, end: number, reference: number): number {
  return finish(out, at, ROSCTR.job, data, end, reference, HEADER_BYTES);
}

/** The same for userdata. */
export function finishUserdata(out: Uint8Array, at: number, data: number, end: number, reference: number): number {
  return finish(out, at, ROSCTR.userdata, data, end, reference, HEADER_BYTES);
}

/** The same before parameters at `at + ANSWER_PARAMETERS_AT`; `error` is error class and code as one number. */
export function finishAnswer(
  out: Uint8Array,
  at: number,
  data: number,
  end: number,
  reference: number,
  error = 0,
): number {
  put16(out, at + USER_DATA_AT + HEADER_BYTES, error);
  return finish(out, at, ROSCTR.ackData, data, end, reference, ANSWER_HEADER_BYTES);
}

/** Acknowledgement without parameters: how a CPU refuses a job it does not even look into. */
export function putAck(out: Uint8Array, at: number, reference: number, error: number): number {
  const end = at + ANSWER_PARAMETERS_AT;
  put16(out, at + USER_DATA_AT + HEADER_BYTES, error);
  return finish(out, at, ROSCTR.ack, end, end, reference, ANSWER_HEADER_BYTES);
}

/** Job 0xf0 and its answer: jobs both sides may have open, PDU length. */
export function putSetup(
  out: Uint8Array,
  at: number,
  reference: number,
  answer: boolean,
  jobs: number,
  pduBytes: number,
): number {
  const from = at + (answer ? ANSWER_PARAMETERS_AT : JOB_PARAMETERS_AT);
  out[from] = FC.setupCommunication;
  out[from + 1] = 0;
  put16(out, from + 2, jobs);
  put16(out, from + 4, jobs);
  const end = put16(out, from + 6, pduBytes);
  return answer ? finishAnswer(out, at, end, end, reference) : finishJob(out, at, end, end, reference);
}

/** Job 4: read variables. */
export function putRead(out: Uint8Array, at: number, reference: number, items: readonly AnyItem[]): number {
  const end = putItems(out, at + JOB_PARAMETERS_AT, FC.readVar, items);
  return finishJob(out, at, end, end, reference);
}

/** Answer to job 4. */
export function putReadAnswer(out: Uint8Array, at: number, reference: number, data: readonly ItemData[]): number {
  const from = at + ANSWER_PARAMETERS_AT;
  out[from] = FC.readVar;
  out[from + 1] = data.length;
  return finishAnswer(out, at, from + 2, putData(out, from + 2, data), reference);
}

/** Job 5: write variables, one data item for each item. */
export function putWrite(
  out: Uint8Array,
  at: number,
  reference: number,
  items: readonly AnyItem[],
  data: readonly ItemData[],
): number {
  const end = putItems(out, at + JOB_PARAMETERS_AT, FC.writeVar, items);
  return finishJob(out, at, end, putData(out, end, data), reference);
}

/** Answer to job 5: a return code for each item. */
export function putWriteAnswer(out: Uint8Array, at: number, reference: number, codes: ArrayLike<number>): number {
  const from = at + ANSWER_PARAMETERS_AT;
  out[from] = FC.writeVar;
  out[from + 1] = codes.length;
  out.set(codes, from + 2);
  return finishAnswer(out, at, from + 2, from + 2 + codes.length, reference);
}

/** Jobs 0x1a to 0x1d: file name `_0800001P`; a request to download also tells both lengths. */
export function putBlockJob(
  out: Uint8Array,
  at: number,
  reference: number,
  code: number,
  file: string,
  loadBytes?: number,
  codeBytes = 0,
): number {
  const from = at + JOB_PARAMETERS_AT;
  out.fill(0, from, from + 8);
  out[from] = code;
  let end = putText(out, from + 8, file);
  if (loadBytes !== undefined) end = putText(out, end, `1${digits(loadBytes)}${digits(codeBytes)}`);
  return finishJob(out, at, end, end, reference);
}

/** Answer to job 0x1b: octets of the block; `more` while others follow. */
export function putBlockData(
  out: Uint8Array,
  at: number,
  reference: number,
  code: number,
  octets: ArrayLike<number>,
  more = false,
): number {
  const from = at + ANSWER_PARAMETERS_AT;
  out[from] = code;
  out[from + 1] = more ? 1 : 0;
  put16(out, from + 2, octets.length);
  put16(out, from + 4, 0x00fb);
  out.set(octets, from + 6);
  return finishAnswer(out, at, from + 2, from + 6 + octets.length, reference);
}

/** Answer with nothing but its function. */
export function putBareAnswer(out: Uint8Array, at: number, reference: number, code: number, error = 0): number {
  const from = at + ANSWER_PARAMETERS_AT;
  out[from] = code;
  return finishAnswer(out, at, from + 1, from + 1, reference, error);
}

/** Job 0x28: a PI service with its argument. */
export function putPiService(
  out: Uint8Array,
  at: number,
  reference: number,
  service: string,
  argument: ArrayLike<number> = [],
): number {
  const from = at + JOB_PARAMETERS_AT;
  out.fill(0, from, from + 7);
  out[from] = FC.piService;
  out[from + 7] = 0xfd;
  put16(out, from + 8, argument.length);
  out.set(argument, from + 10);
  const end = putText(out, from + 10 + argument.length, service);
  return finishJob(out, at, end, end, reference);
}

/** Job 0x29: stop. */
export function putStop(out: Uint8Array, at: number, reference: number): number {
  const from = at + JOB_PARAMETERS_AT;
  out.fill(0, from, from + 6);
  out[from] = FC.plcStop;
  const end = putText(out, from + 6, 'P_PROGRAM');
  return finishJob(out, at, end, end, reference);
}

/** What the parameters of userdata say besides group and sub-function. */
export interface UserdataOptions {
  /** 4 request, 8 response, 0 sent by itself. */
  readonly type: number;
  readonly sequence?: number;
  readonly unitReference?: number;
  readonly moreFollows?: boolean;
  readonly error?: number;
  readonly code?: number;
}

/** A userdata PDU: requests have short parameters, answers and pushes the long ones. */
export function putUserdata(
  out: Uint8Array,
  at: number,
  reference: number,
  group: number,
  sub: number,
  octets: ArrayLike<number>,
  options: UserdataOptions,
): number {
  const from = at + JOB_PARAMETERS_AT;
  const short = options.type === 4;
  out[from] = 0;
  out[from + 1] = 1;
  out[from + 2] = 0x12;
  out[from + 3] = short ? 4 : 8;
  out[from + 4] = short ? 0x11 : 0x12;
  out[from + 5] = (options.type << 4) | group;
  out[from + 6] = sub;
  out[from + 7] = options.sequence ?? 0;
  let end = from + 8;
  if (!short) {
    out[end] = options.unitReference ?? 0;
    out[end + 1] = options.moreFollows === true ? 1 : 0;
    end = put16(out, end + 2, options.error ?? 0);
  }
  const code = options.code ?? (octets.length === 0 ? 0x0a : 0xff);
  const transport = octets.length === 0 ? DATA.none : DATA.octets;
  return finishUserdata(out, at, end, putData(out, end, [{ code, transport, octets }]), reference);
}

/** Octets of a file name without identifier, as PI services and block info want it: `0800001P`. */
export function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0) & 0x7f);
}

function putItems(out: Uint8Array, at: number, code: number, items: readonly AnyItem[]): number {
  out[at] = code;
  out[at + 1] = items.length;
  let next = at + 2;
  for (const { transport, count, area, db = 0, byte, bit = 0 } of items) {
    out[next] = 0x12;
    out[next + 1] = 10;
    out[next + 2] = 0x10;
    out[next + 3] = transport;
    put16(out, next + 4, count);
    put16(out, next + 6, db);
    out[next + 8] = area;
    const address = area >= 0x1c && area <= 0x1f ? byte : byte * 8 + bit;
    out[next + 9] = (address >> 16) & 0xff;
    next = put16(out, next + 10, address & 0xffff);
  }
  return next;
}

function putData(out: Uint8Array, at: number, data: readonly ItemData[]): number {
  let next = at;
  data.forEach(({ code, transport, octets }, i) => {
    const inBits = transport === DATA.bytes || transport === DATA.integer;
    out[next] = code;
    out[next + 1] = transport;
    put16(out, next + 2, inBits ? octets.length * 8 : octets.length);
    out.set(octets, next + 4);
    next += 4 + octets.length;
    if ((octets.length & 1) === 1 && i + 1 < data.length) out[next++] = 0;
  });
  return next;
}

function putText(out: Uint8Array, at: number, text: string): number {
  out[at] = text.length;
  out.set(ascii(text), at + 1);
  return at + 1 + text.length;
}

function digits(value: number): string {
  return String(value).padStart(6, '0');
}

function finish(
  out: Uint8Array,
  at: number,
  rosctr: number,
  data: number,
  end: number,
  reference: number,
  header: number,
): number {
  const from = at + USER_DATA_AT;
  if (end > out.length) throw new RangeError(`S7 PDU of ${end - at} bytes does not fit`);
  out[from] = PROTOCOL_ID;
  out[from + 1] = rosctr;
  put16(out, from + 2, 0);
  put16(out, from + 4, reference);
  put16(out, from + 6, data - from - header);
  put16(out, from + 8, end - data);
  return finishData(out, at, end);
}

function put16(out: Uint8Array, at: number, value: number): number {
  out[at] = (value >> 8) & 0xff;
  out[at + 1] = value & 0xff;
  return at + 2;
}
