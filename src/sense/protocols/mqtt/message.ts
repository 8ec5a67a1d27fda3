/** Meaning of MQTT packets other than PUBLISH: who connects, what is subscribed, what is refused. Clauses: MQTT 5.0, chapter 3. */
import { type MessageView, NO_OFFSET } from '../message-view.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { BAD_VARIABLE } from './framing.ts';
import { isConnectName } from './identify.ts';
import { AREA, KEY_SUBSCRIBE_EVERYTHING, REFUSED, VERSION } from './names.ts';
import { readProperties, textOf } from './properties.ts';

/** Flags of CONNECT (3.1.2.3). */
export const CONNECT_FLAG = { will: 0x04, password: 0x40, userName: 0x80 } as const;
/** Bridges set the top bit of the protocol level by convention. */
const LEVEL_BITS = 0x7f;

/** Offset after the text or binary with a length before it at `at`; -1, with a problem named, where it does not fit. */
function fieldEnd(view: MessageView, at: number, end: number): number {
  if (at + 2 <= end) {
    const next = at + 2 + u16(view.bytes, at);
    if (next <= end) return next;
  }
  view.problem('mqtt-too-short', at);
  return -1;
}

/** CONNECT (3.1): returns the protocol level, 0 where it cannot be read. The password is passed over. */
export function readConnect(view: MessageView, at: number, end: number): number {
  const { bytes } = view;
  const name = isConnectName(bytes, at, end);
  if (name <= 0 || at + name + 4 > end) {
    view.problem('mqtt-protocol-name', at);
    return 0;
  }
  const level = bytes[at + name]! & LEVEL_BITS;
  if (level < VERSION.v31 || level > VERSION.v5) view.problem('mqtt-version', at + name);
  view.fact('client', 'mqtt-version', level === VERSION.v5 ? '5.0' : level === VERSION.v31 ? '3.1' : '3.1.1');
  readConnectFields(view, bytes[at + name + 1]!, level, at + name + 4, end);
  return level;
}

/** The payload of CONNECT (3.1.3): client id, will, user name, password. */
function readConnectFields(view: MessageView, flags: number, level: number, at: number, end: number): void {
  const { bytes } = view;
  let next = at;
  if (level === VERSION.v5) next = readProperties(view, next, end);
  if (next === BAD_VARIABLE) return;
  let last = fieldEnd(view, next, end);
  if (last < 0) return;
  view.fact('client', 'client-id', textOf(bytes, next + 2, last));
  if ((flags & CONNECT_FLAG.will) !== 0) {
    if (level === VERSION.v5) last = readProperties(view, last, end);
    if (last === BAD_VARIABLE) return;
    next = last;
    last = fieldEnd(view, next, end);
    if (last < 0) return;
    view.fact('client', 'will-topic', textOf(bytes, next + 2, last));
    last = fieldEnd(view, last, end);
    if (last < 0) return;
  }
  if ((flags & CONNECT_FLAG.userName) !== 0) {
    next = last;
    last = fieldEnd(view, next, end);
    if (last < 0) return;
    view.fact('client', 'user', textOf(bytes, next + 2, last));
  }
  if ((flags & CONNECT_FLAG.password) === 0) return;
  last = fieldEnd(view, last, end);
  if (last < 0) return;
  // That a password travels in the clear is worth knowing; the password itself is not kept, nor its length.
  view.fact('client', 'credential-cleartext', 'password ********');
}

/** CONNACK (3.2): flags, code, properties. */
export function readConnack(view: MessageView, version: number, at: number, end: number): void {
  if (at + 2 > end) return view.problem('mqtt-too-short', at);
  const code = view.bytes[at + 1]!;
  view.status = version === VERSION.v5 && code < REFUSED ? 0 : code;
  if (version === VERSION.v5) readProperties(view, at + 2, end);
}

/** PUBACK, PUBREC, PUBREL, PUBCOMP (3.4 to 3.7): packet id; in 5.0 a reason code and properties unless all is well. */
export function readAcknowledge(view: MessageView, at: number, end: number): void {
  if (at + 2 > end) return view.problem('mqtt-too-short', at);
  view.transaction = u16(view.bytes, at);
  if (at + 2 < end) readReason(view, at + 2, end);
}

/** DISCONNECT, AUTH (3.14, 3.15) and the end of the acknowledgements: reason code and properties, both may be missing. */
export function readReason(view: MessageView, at: number, end: number): void {
  if (at >= end) return;
  const code = view.bytes[at]!;
  if (code >= REFUSED) view.status = code;
  if (at + 1 < end) readProperties(view, at + 1, end);
}

/** SUBSCRIBE and UNSUBSCRIBE (3.8, 3.10): packet id, filters; `options` octets after each filter. */
export function readFilters(view: MessageView, version: number, at: number, end: number, options: number): void {
  if (at + 2 > end) return view.problem('mqtt-too-short', at);
  const { bytes } = view;
  view.transaction = u16(bytes, at);
  let next = at + 2;
  if (version === VERSION.v5) next = readProperties(view, next, end);
  if (next === BAD_VARIABLE) return;
  while (next < end) {
    const last = fieldEnd(view, next, end);
    if (last < 0) return;
    if (last + options > end) return view.problem('mqtt-too-short', last);
    const i = view.access(AREA.filter, 0, 1, false, VALUE_TYPE.none, NO_OFFSET);
    if (i < 0) return;
    view.accessSymbol[i] = view.symbols.intern(bytes, next + 2, last - next - 2);
    if (options > 0 && takesEverything(bytes, next + 2, last)) view.functionCode = KEY_SUBSCRIBE_EVERYTHING;
    next = last + options;
  }
}

/** `#`, `+/#` and the broker's own `$SYS/…` (4.7.1, 4.7.2). */
function takesEverything(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at >= 4 && bytes[at] === 0x24 && bytes[at + 1] === 0x53 && bytes[at + 2] === 0x59) return true;
  for (let i = at; i < end; i++) if (bytes[i] !== 0x23 && bytes[i] !== 0x2b && bytes[i] !== 0x2f) return false;
  return end > at && bytes[end - 1] === 0x23;
}

/** SUBACK and UNSUBACK (3.9, 3.11): a code for each filter; the first refusal is the status. UNSUBACK of 3.x has none. */
export function readFilterCodes(view: MessageView, version: number, at: number, end: number): void {
  if (at + 2 > end) return view.problem('mqtt-too-short', at);
  const { bytes } = view;
  view.transaction = u16(bytes, at);
  let next = at + 2;
  if (version === VERSION.v5) next = readProperties(view, next, end);
  if (next === BAD_VARIABLE) return;
  for (; next < end; next++) {
    if (bytes[next]! >= REFUSED && view.status === 0) view.status = bytes[next]!;
  }
}
