/** PUBLISH (MQTT 5.0, 3.3): topic or its alias, then a payload that is Sparkplug, JSON, one value, or just bytes. */
import { MQTT_TOPIC_ALIASES_MAX, SYMBOL_BYTES_MAX } from '../../../limits.ts';
import type { MessageView } from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { u16, VALUE_TYPE } from '../values.ts';
import { BAD_VARIABLE, bodyOffset } from './framing.ts';
import { AREA, COMMAND_LEVELS, PACKET, PUBLISH, VERSION } from './names.ts';
import { readPayload, topicAccess } from './payload.ts';
import { arePropertiesAt, found, readProperties, textOf } from './properties.ts';
import { isSparkplugTopic, readSparkplug } from './sparkplug.ts';
import type { SparkplugState } from './sparkplug-state.ts';

/** Flags of PUBLISH in the first octet (3.3.1). */
export const PUBLISH_FLAG = { duplicate: 8, qos: 6, retain: 1 } as const;

/** Topic aliases of one direction (3.3.2.3.4): number → topic name. */
export type TopicAliases = Map<number, Uint8Array>;

/** Where the topic of the packet read last stands; the buffer is the packet's or an alias's own. */
const topic: { bytes: Uint8Array; at: number; end: number } = { bytes: new Uint8Array(0), at: 0, end: 0 };

/**
 * Reads a PUBLISH; `whole` is false where the packet is too large to be held and `end` lies inside its payload. Returns the version
 * the packet shows where none is known (`version` 0), else `version`.
 */
export function readPublish(
  view: MessageView,
  version: number,
  aliases: TopicAliases,
  sparkplug: SparkplugState,
  at: number,
  end: number,
  whole: boolean,
): number {
  const { bytes } = view;
  const flags = bytes[view.offset]! & 15;
  const qos = (flags & PUBLISH_FLAG.qos) >> 1;
  if (qos === 3) view.problem('mqtt-qos', view.offset);
  if (at + 2 > end || at + 2 + u16(bytes, at) > end) {
    view.problem('mqtt-too-short', at);
    return version;
  }
  topic.bytes = bytes;
  topic.at = at + 2;
  topic.end = at + 2 + u16(bytes, at);
  let next = topic.end;
  if (qos > 0) {
    if (next + 2 > end) {
      view.problem('mqtt-too-short', next);
      return version;
    }
    view.transaction = u16(bytes, next);
    next += 2;
  }
  const told = version === 0 ? shownVersion(bytes, next, end) : version;
  let alias = 0;
  if (told === VERSION.v5) {
    next = readProperties(view, next, end);
    if (next === BAD_VARIABLE) return told;
    alias = found.topicAlias;
  }
  if (alias > 0 && !followAlias(aliases, alias)) view.problem('mqtt-topic-alias', at);
  if (topic.end > topic.at) readBody(view, sparkplug, next, end, whole, (flags & PUBLISH_FLAG.duplicate) !== 0);
  else if (alias === 0) view.problem('mqtt-no-topic', at);
  topic.bytes = NOTHING;
  return told;
}

const NOTHING = new Uint8Array(0);

/** Without its CONNECT a connection is 5.0 where well-formed properties stand before the payload; 0 stays unknown. */
function shownVersion(bytes: Uint8Array, at: number, end: number): number {
  return at < end && arePropertiesAt(bytes, at, end) ? VERSION.v5 : 0;
}

/** Remembers the topic's alias, or puts the remembered topic in place of an empty one; false where that is unknown. */
function followAlias(aliases: TopicAliases, alias: number): boolean {
  const known = aliases.get(alias);
  if (topic.end === topic.at) {
    if (known === undefined) return false;
    topic.bytes = known;
    topic.at = 0;
    topic.end = known.length;
    return true;
  }
  if (known !== undefined && equals(known)) return true;
  if (known === undefined && aliases.size >= MQTT_TOPIC_ALIASES_MAX) return false;
  const length = Math.min(topic.end - topic.at, SYMBOL_BYTES_MAX);
  aliases.set(alias, topic.bytes.slice(topic.at, topic.at + length));
  return true;
}

function equals(known: Uint8Array): boolean {
  if (known.length !== topic.end - topic.at) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== topic.bytes[topic.at + i]) return false;
  return true;
}

function readBody(
  view: MessageView,
  sparkplug: SparkplugState,
  at: number,
  end: number,
  whole: boolean,
  repeated: boolean,
): void {
  const symbol = view.symbols.intern(topic.bytes, topic.at, topic.end - topic.at);
  if (!whole) {
    view.problem('mqtt-large-packet', at);
    topicAccess(view, symbol, false, VALUE_TYPE.none, Number.NaN, at, end);
    return;
  }
  if (isSparkplugTopic(topic.bytes, topic.at, topic.end)) {
    if (readSparkplug(view, sparkplug, topic.bytes, at, end, repeated)) return;
  }
  if (hostState(view, symbol, at, end)) return;
  const command = isCommandTopic();
  if (command) view.functionCode = functionKey(PACKET.publish, PUBLISH.command);
  readPayload(view, symbol, at, end, command);
}

/** Sparkplug host application state: `STATE/host` with ONLINE or OFFLINE (2.2), `spBv1.0/STATE/host` with JSON (3.0, 6.4.30). */
function hostState(view: MessageView, symbol: number, at: number, end: number): boolean {
  const prefix = startsWith('STATE/') ? 6 : startsWith('spBv1.0/STATE/') ? 14 : 0;
  if (prefix === 0 || topic.end - topic.at <= prefix) return false;
  let online = -1;
  if (prefix === 6) {
    const text = textOf(view.bytes, at, Math.min(end, at + 8));
    online = text === 'ONLINE' ? 1 : text === 'OFFLINE' ? 0 : -1;
    if (online >= 0) topicAccess(view, symbol, false, VALUE_TYPE.bool, online, at, end);
  } else {
    readPayload(view, symbol, at, end, false);
    const name = `${view.symbols.name(symbol)}#online`;
    for (let i = 1; i < view.accessCount; i++) {
      if (view.symbols.name(view.accessSymbol[i]!) === name) online = view.accessNumber[i]!;
    }
    if (online < 0) view.accessCount = 0;
  }
  if (online < 0) return false;
  view.functionCode = functionKey(PACKET.publish, PUBLISH.state);
  view.fact(view.fromClient ? 'client' : 'server', 'sparkplug-host', textOf(topic.bytes, topic.at + prefix, topic.end));
  return true;
}

function startsWith(text: string): boolean {
  if (topic.end - topic.at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (topic.bytes[topic.at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Whether a level of the topic is a word of command by convention (see `COMMAND_LEVELS`). */
function isCommandTopic(): boolean {
  const { bytes, end } = topic;
  for (let at = topic.at; at < end; ) {
    let next = at;
    while (next < end && bytes[next] !== 0x2f) next++;
    for (let w = 0; w < COMMAND_LEVELS.length; w++) if (isLevel(at, next, COMMAND_LEVELS[w]!)) return true;
    at = next + 1;
  }
  return false;
}

function isLevel(at: number, end: number, word: string): boolean {
  if (end - at !== word.length) return false;
  for (let i = 0; i < word.length; i++) if ((topic.bytes[at + i]! | 0x20) !== word.charCodeAt(i)) return false;
  return true;
}

/** Topic of a PUBLISH in a view, as text; of Sparkplug the one in the packet, empty where an alias stands for it. Undefined for other packets. */
export function topicOf(view: MessageView): string | undefined {
  const { bytes, offset, end } = view;
  if (bytes[offset]! >> 4 !== PACKET.publish) return undefined;
  if (view.accessCount > 0 && view.accessArea[0] === AREA.topic) return view.symbols.name(view.accessSymbol[0]!);
  const at = bodyOffset(bytes, offset);
  return at + 2 + u16(bytes, at) <= end ? textOf(bytes, at + 2, at + 2 + u16(bytes, at)) : undefined;
}
