/**
 * Values in payloads that are not Sparkplug: a plain number or word is the value of the topic; in a JSON document every number and
 * boolean is a point `topic#path` (RFC 8259). Nothing else is guessed.
 */
import { MQTT_JSON_DEPTH_MAX, MQTT_JSON_VALUES_MAX, MQTT_TEXT_BYTES_MAX, SYMBOL_BYTES_MAX } from '../../../limits.ts';
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { VALUE_TYPE } from '../values.ts';
import { AREA } from './names.ts';

/** Name being built: topic, `#`, path. One for the worker: decoding is synchronous. */
const name = new Uint8Array(SYMBOL_BYTES_MAX);
const json = { at: 0, end: 0, values: 0, write: false, failed: false };

/** Adds the payload `at` … `end` of the topic with `symbol` to the view; the topic itself is always the first access. */
export function readPayload(view: MessageView, symbol: number, at: number, end: number, write: boolean): void {
  const { bytes } = view;
  const first = skipSpace(bytes, at, end);
  const byte = first < end ? bytes[first]! : 0;
  if ((byte === 0x7b || byte === 0x5b) && readJson(view, symbol, first, end, write)) return;
  const number = plainNumber(bytes, first, end);
  if (!Number.isNaN(number)) {
    topicAccess(view, symbol, write, VALUE_TYPE.float64, number, at, end);
    return;
  }
  const flag = plainBoolean(bytes, first, end);
  if (flag >= 0) topicAccess(view, symbol, write, VALUE_TYPE.bool, flag, at, end);
  else if (end > at && isText(bytes, at, end)) topicAccess(view, symbol, write, VALUE_TYPE.text, Number.NaN, at, end);
  else topicAccess(view, symbol, write, VALUE_TYPE.none, Number.NaN, at, end);
}

/** The access to the topic itself; text keeps its place in the buffer. */
export function topicAccess(
  view: MessageView,
  symbol: number,
  write: boolean,
  type: number,
  value: number,
  at: number,
  end: number,
): void {
  const i = view.access(AREA.topic, 0, 1, write, type, type === VALUE_TYPE.text ? at : NO_OFFSET);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  view.accessNumber[i] = value;
  view.accessLength[i] = end - at;
}

function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && isSpace(bytes[next]!)) next++;
  return next;
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Where the number at `at` ends; `at` where none begins (RFC 8259 section 6, a leading plus and zeros allowed). */
function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  if (next < end && (bytes[next] === 0x2d || bytes[next] === 0x2b)) next++;
  const digits = next;
  while (next < end && isDigit(bytes[next]!)) next++;
  if (next === digits) return at;
  if (next + 1 < end && bytes[next] === 0x2e && isDigit(bytes[next + 1]!)) {
    next++;
    while (next < end && isDigit(bytes[next]!)) next++;
  }
  if (next + 1 < end && (bytes[next]! | 0x20) === 0x65) {
    let exponent = next + 1;
    if (bytes[exponent] === 0x2d || bytes[exponent] === 0x2b) exponent++;
    if (exponent < end && isDigit(bytes[exponent]!)) {
      while (exponent < end && isDigit(bytes[exponent]!)) exponent++;
      next = exponent;
    }
  }
  return next;
}

/** Powers of ten a double holds exactly. */
const TENS = Array.from({ length: 23 }, (_, n) => 10 ** n);
/** Below this a mantissa is exact; one exact division or multiplication then rounds once, as a parser must. */
const MANTISSA_MAX = 2 ** 53;

/** The number `at` … `end`, known to be one. Short ones without a text in between, the rest by the language's own parser. */
function numberOf(bytes: Uint8Array, at: number, end: number): number {
  let mantissa = 0;
  let decimals = -1;
  let next = at;
  const negative = bytes[next] === 0x2d;
  if (negative || bytes[next] === 0x2b) next++;
  for (; next < end; next++) {
    const byte = bytes[next]!;
    if (byte === 0x2e) decimals = 0;
    else if (isDigit(byte)) {
      mantissa = mantissa * 10 + byte - 0x30;
      if (decimals >= 0) decimals++;
    } else break;
    if (mantissa > MANTISSA_MAX) break;
  }
  if (next < end || decimals > 22 || mantissa > MANTISSA_MAX) {
    let text = '';
    for (let i = at; i < end && i < at + 64; i++) text += String.fromCharCode(bytes[i]!);
    return Number(text);
  }
  const value = decimals > 0 ? mantissa / TENS[decimals]! : mantissa;
  return negative ? -value : value;
}

/** The payload as one number, NaN where it is something else; white space around it does not count. */
function plainNumber(bytes: Uint8Array, at: number, end: number): number {
  const last = numberEnd(bytes, at, end);
  if (last === at || skipSpace(bytes, last, end) !== end) return Number.NaN;
  const value = numberOf(bytes, at, last);
  return Number.isFinite(value) ? value : Number.NaN;
}

const WORDS: readonly (readonly [string, number])[] = [
  ['true', 1],
  ['false', 0],
  ['on', 1],
  ['off', 0],
];

/** 1 or 0 for a payload that is a word of truth in any case, -1 for others. */
function plainBoolean(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 2 || end - at > 8) return -1;
  for (let w = 0; w < WORDS.length; w++) {
    const word = WORDS[w]![0];
    let i = 0;
    while (i < word.length && at + i < end && (bytes[at + i]! | 0x20) === word.charCodeAt(i)) i++;
    if (i === word.length && skipSpace(bytes, at + i, end) === end) return WORDS[w]![1];
  }
  return -1;
}

/** Printable UTF-8 of bounded length. */
function isText(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at > MQTT_TEXT_BYTES_MAX) return false;
  let follow = 0;
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (follow > 0) {
      if ((byte & 0xc0) !== 0x80) return false;
      follow--;
    } else if (byte < 0x20) {
      if (!isSpace(byte)) return false;
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return false;
      follow = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    } else if (byte === 0x7f) return false;
  }
  return follow === 0;
}

/** Reads a JSON document; false, with nothing added, where it is none. */
function readJson(view: MessageView, symbol: number, at: number, end: number, write: boolean): boolean {
  const before = view.accessCount;
  const problems = view.problemCount;
  json.at = at;
  json.end = end;
  json.values = 0;
  json.write = write;
  json.failed = false;
  topicAccess(view, symbol, false, VALUE_TYPE.none, Number.NaN, at, end);
  // The topic's own name, cut like every name; what does not fit behind it is cut too.
  const topic = view.symbols.name(symbol);
  let length = 0;
  for (; length < topic.length && length < SYMBOL_BYTES_MAX; length++) {
    const code = topic.charCodeAt(length);
    if (code >= 0x80) break;
    name[length] = code;
  }
  if (length < topic.length) length = new TextEncoder().encodeInto(topic, name).written;
  value(view, put(length, 0x23), 0);
  if (!json.failed && skipSpace(view.bytes, json.at, end) === end) {
    if (json.values > MQTT_JSON_VALUES_MAX) view.problem('mqtt-json-values', at);
    return true;
  }
  view.accessCount = before;
  view.problemCount = problems;
  return false;
}

function put(length: number, byte: number): number {
  if (length >= SYMBOL_BYTES_MAX) return length;
  name[length] = byte;
  return length + 1;
}

/** One value at `json.at`; the name so far has `length` octets. */
function value(view: MessageView, length: number, depth: number): void {
  const { bytes } = view;
  const at = skipSpace(bytes, json.at, json.end);
  json.at = at;
  if (at >= json.end || depth > MQTT_JSON_DEPTH_MAX) {
    json.failed = true;
    return;
  }
  switch (bytes[at]) {
    case 0x7b:
      return object(view, length, depth);
    case 0x5b:
      return array(view, length, depth);
    case 0x22:
      json.at = stringEnd(bytes, at);
      return;
    case 0x74:
      return word(view, length, 'true', 1);
    case 0x66:
      return word(view, length, 'false', 0);
    case 0x6e:
      return word(view, length, 'null', Number.NaN);
    default: {
      const last = numberEnd(bytes, at, json.end);
      if (last === at) json.failed = true;
      else leaf(view, length, VALUE_TYPE.float64, numberOf(bytes, at, last), at);
      json.at = last;
    }
  }
}

function object(view: MessageView, length: number, depth: number): void {
  const { bytes } = view;
  json.at = skipSpace(bytes, json.at + 1, json.end);
  if (bytes[json.at] === 0x7d && json.at < json.end) {
    json.at++;
    return;
  }
  while (!json.failed) {
    const key = skipSpace(bytes, json.at, json.end);
    if (key >= json.end || bytes[key] !== 0x22) break;
    const keyEnd = stringEnd(bytes, key);
    if (json.failed) return;
    let next = dot(length);
    for (let i = key + 1; i < keyEnd - 1; i++) next = put(next, bytes[i]!);
    json.at = skipSpace(bytes, keyEnd, json.end);
    if (bytes[json.at] !== 0x3a || json.at >= json.end) break;
    json.at++;
    value(view, next, depth + 1);
    if (json.failed) return;
    json.at = skipSpace(bytes, json.at, json.end);
    const byte = json.at < json.end ? bytes[json.at++] : 0;
    if (byte === 0x7d) return;
    if (byte !== 0x2c) break;
  }
  json.failed = true;
}

/** A dot between the steps of a path, none straight after the `#`. */
function dot(length: number): number {
  return length > 0 && name[length - 1] === 0x23 ? length : put(length, 0x2e);
}

function array(view: MessageView, length: number, depth: number): void {
  const { bytes } = view;
  json.at = skipSpace(bytes, json.at + 1, json.end);
  if (bytes[json.at] === 0x5d && json.at < json.end) {
    json.at++;
    return;
  }
  for (let index = 0; !json.failed; index++) {
    let next = put(length, 0x5b);
    // Beyond the bound on values no name is needed, so that an array of many costs no more than its length.
    if (json.values <= MQTT_JSON_VALUES_MAX) next = putIndex(next, index);
    value(view, put(next, 0x5d), depth + 1);
    if (json.failed) return;
    json.at = skipSpace(bytes, json.at, json.end);
    const byte = json.at < json.end ? bytes[json.at++] : 0;
    if (byte === 0x5d) return;
    if (byte !== 0x2c) break;
  }
  json.failed = true;
}

function putIndex(length: number, index: number): number {
  let scale = 1;
  while (scale * 10 <= index) scale *= 10;
  let next = length;
  for (; scale >= 1; scale /= 10) next = put(next, 0x30 + (Math.floor(index / scale) % 10));
  return next;
}

/** Offset after the text at `at`, quotes included. */
function stringEnd(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < json.end; i++) {
    const byte = bytes[i]!;
    if (byte === 0x22) return i + 1;
    if (byte === 0x5c) i++;
    else if (byte < 0x20) break;
  }
  json.failed = true;
  return json.end;
}

function word(view: MessageView, length: number, text: string, meaning: number): void {
  const { bytes } = view;
  for (let i = 0; i < text.length; i++) {
    if (json.at + i >= json.end || bytes[json.at + i] !== text.charCodeAt(i)) {
      json.failed = true;
      return;
    }
  }
  if (!Number.isNaN(meaning)) leaf(view, length, VALUE_TYPE.bool, meaning, json.at);
  json.at += text.length;
}

function leaf(view: MessageView, length: number, type: number, number: number, at: number): void {
  json.values++;
  if (json.values > MQTT_JSON_VALUES_MAX || Number.isNaN(number)) return;
  const i = view.numberAccess(AREA.topic, 0, json.write, type, number, NO_OFFSET);
  if (i < 0) return;
  view.accessSymbol[i] = view.symbols.intern(name, 0, length);
  view.accessLength[i] = json.at - at;
}
