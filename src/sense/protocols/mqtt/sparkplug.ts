/**
 * Sparkplug B in PUBLISH: topics `spBv1.0/group/TYPE/edge[/device]` with a protocol buffer, metrics by name or alias, values typed.
 * Only a Sparkplug topic with a well-formed payload is read as Sparkplug. Clauses: Sparkplug 3.0 (ISO/IEC 20237).
 */
import { SPARKPLUG_DEPTH_MAX, SYMBOL_BYTES_MAX } from '../../../limits.ts';
import {
  type MessageView,
  NO_OFFSET,
  NO_SYMBOL,
  QUALITY_BAD,
  QUALITY_GOOD,
  QUALITY_UNCERTAIN,
} from '../message-view.ts';
import { functionKey } from '../protocol.ts';
import { VALUE_TYPE, VALUE_TYPE_BYTES } from '../values.ts';
import { AREA, PACKET, PUBLISH, SPARKPLUG_TYPES } from './names.ts';
import { textOf } from './properties.ts';
import { ProtoReader, WIRE } from './protobuf.ts';
import {
  BDSEQ_METRIC,
  IDENTITY_METRICS,
  METRIC,
  METRIC_WIRE,
  NAMESPACE,
  PAYLOAD,
  PAYLOAD_WIRE,
  PROPERTY_SET,
  PROPERTY_VALUE,
  QUALITY,
  REBIRTH_METRIC,
  REBOOT_METRICS,
  TEMPLATE_METRICS,
  TYPE,
  VIEW_TYPE,
} from './sparkplug-names.ts';
import { type SparkplugNode, type SparkplugState, UNSEEN } from './sparkplug-state.ts';

/** Parts of the Sparkplug topic split last. */
const topic = { kind: 0, groupAt: 0, groupEnd: 0, edgeAt: 0, edgeEnd: 0, unitEnd: 0 };

/** The payload being read; one for the worker, decoding is synchronous. */
const payload = { timestampMs: Number.NaN, sequence: UNSEEN, compressed: false };

/** Fields of one metric, gathered before anything is said: they may come in any order. */
class Metric {
  nameAt = 0;
  nameEnd = 0;
  named = false;
  alias = UNSEEN;
  timestampMs = Number.NaN;
  datatype = 0;
  historical = false;
  isNull = false;
  propertiesAt = 0;
  propertiesEnd = 0;
  /** Field that carries the value, 0 = none; integers as two halves, the rest by place. */
  valueField = 0;
  low = 0;
  high = 0;
  from = 0;
  to = 0;

  clear(): void {
    this.nameAt = this.nameEnd = this.datatype = this.propertiesAt = this.propertiesEnd = 0;
    this.valueField = this.low = this.high = this.from = this.to = 0;
    this.named = this.historical = this.isNull = false;
    this.alias = UNSEEN;
    this.timestampMs = Number.NaN;
  }
}

const metrics = Array.from({ length: SPARKPLUG_DEPTH_MAX + 1 }, () => new Metric());
const readers = Array.from({ length: 2 * SPARKPLUG_DEPTH_MAX + 4 }, () => new ProtoReader());
const outer = new ProtoReader();
const inner = new ProtoReader();
/** Name of a metric inside a template: its parents' names before it. */
const path = new Uint8Array(SYMBOL_BYTES_MAX);

/** Splits a topic name; false where it is no Sparkplug topic with a payload of metrics. */
export function isSparkplugTopic(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < NAMESPACE.length + 2 || bytes[at + NAMESPACE.length] !== 0x2f) return false;
  for (let i = 0; i < NAMESPACE.length; i++) if (bytes[at + i] !== NAMESPACE.charCodeAt(i)) return false;
  topic.groupAt = at + NAMESPACE.length + 1;
  topic.groupEnd = levelEnd(bytes, topic.groupAt, end);
  const typeAt = topic.groupEnd + 1;
  const typeEnd = levelEnd(bytes, typeAt, end);
  if (typeEnd >= end || topic.groupEnd === topic.groupAt) return false;
  topic.kind = kindOf(bytes, typeAt, typeEnd);
  if (topic.kind < 0) return false;
  topic.edgeAt = typeEnd + 1;
  topic.edgeEnd = levelEnd(bytes, topic.edgeAt, end);
  topic.unitEnd = end;
  // Messages of a device have its name as one more level, those of a node have none (4.1).
  const hasDevice = topic.edgeEnd < end;
  const ofDevice = bytes[typeAt] === 0x44;
  if (topic.edgeEnd === topic.edgeAt || hasDevice !== ofDevice) return false;
  return !hasDevice || levelEnd(bytes, topic.edgeEnd + 1, end) === end;
}

function levelEnd(bytes: Uint8Array, at: number, end: number): number {
  let next = at;
  while (next < end && bytes[next] !== 0x2f) next++;
  return next;
}

const KINDS = Object.entries(SPARKPLUG_TYPES);

function kindOf(bytes: Uint8Array, at: number, end: number): number {
  for (let k = 0; k < KINDS.length; k++) {
    const text = KINDS[k]![0];
    let i = 0;
    while (i < text.length && at + i < end && bytes[at + i] === text.charCodeAt(i)) i++;
    if (i === text.length && at + i === end) return KINDS[k]![1];
  }
  return -1;
}

/**
 * Reads `at` … `end` as the payload of the topic split last (`topicBytes` holds it). False, with a problem named and nothing added,
 * where it is no Sparkplug payload.
 */
export function readSparkplug(
  view: MessageView,
  state: SparkplugState,
  topicBytes: Uint8Array,
  at: number,
  end: number,
  repeated: boolean,
): boolean {
  if (!isWellFormed(view.bytes, at, end)) {
    view.problem('sparkplug-payload', at);
    return false;
  }
  const { kind } = topic;
  const group = view.symbols.intern(topicBytes, topic.groupAt, topic.groupEnd - topic.groupAt);
  const edge = view.symbols.intern(topicBytes, topic.edgeAt, topic.edgeEnd - topic.edgeAt);
  view.unitSymbol = view.symbols.intern(topicBytes, topic.edgeAt, topic.unitEnd - topic.edgeAt);
  view.functionCode = functionKey(PACKET.publish, kind);
  const birth = kind === PUBLISH.nodeBirth || kind === PUBLISH.deviceBirth;
  if (birth) view.fact('unit', 'sparkplug-group', view.symbols.name(group));
  const node = state.node(group, edge);
  if (node === undefined) view.problem('sparkplug-nodes-full', at);
  else {
    if (kind === PUBLISH.nodeBirth) state.born(node);
    if (!repeated) checkSequence(view, node, kind, at);
  }
  if (payload.compressed) view.problem('sparkplug-compressed', at);
  const overflow = state.overflow;
  const reader = readers[0]!;
  reader.open(view.bytes, at, end);
  while (reader.next()) {
    if (reader.field === PAYLOAD.metrics) readMetric(view, state, node, kind, reader.from, reader.to, 0, 0);
  }
  reader.close();
  if (state.overflow > overflow) view.problem('sparkplug-metrics-full', at);
  return true;
}

/** The whole payload and every metric parse, known fields have their wire types, and there is something in it. */
function isWellFormed(bytes: Uint8Array, at: number, end: number): boolean {
  payload.timestampMs = Number.NaN;
  payload.sequence = UNSEEN;
  payload.compressed = false;
  let fields = 0;
  outer.open(bytes, at, end);
  while (outer.next()) {
    if (outer.field >= PAYLOAD_WIRE.length || PAYLOAD_WIRE[outer.field] !== outer.wire) return false;
    fields++;
    if (outer.field === PAYLOAD.timestamp) payload.timestampMs = outer.unsigned();
    else if (outer.field === PAYLOAD.seq) payload.sequence = outer.unsigned();
    else if (outer.field === PAYLOAD.body && outer.to > outer.from) payload.compressed = true;
    else if (outer.field === PAYLOAD.metrics && !isMetric(bytes, outer.from, outer.to)) return false;
  }
  outer.close();
  return outer.ok && fields > 0;
}

function isMetric(bytes: Uint8Array, at: number, end: number): boolean {
  inner.open(bytes, at, end);
  while (inner.next()) {
    if (inner.field < METRIC_WIRE.length && METRIC_WIRE[inner.field] !== inner.wire) return false;
  }
  inner.close();
  return inner.ok;
}

/** Sequence numbers run 0 to 255 over everything a node publishes but its death; a birth of the node begins at 0 (6.4.18). */
function checkSequence(view: MessageView, node: SparkplugNode, kind: number, at: number): void {
  if (kind === PUBLISH.nodeCommand || kind === PUBLISH.deviceCommand) return;
  const last = view.fromClient ? node.sequenceFromClient : node.sequenceFromServer;
  let next = payload.sequence;
  if (kind === PUBLISH.nodeDeath) next = UNSEEN;
  else if (next === UNSEEN) view.problem('sparkplug-no-sequence', at);
  else if (kind !== PUBLISH.nodeBirth && last !== UNSEEN && next !== (last + 1) % 256) {
    view.problem('sparkplug-sequence', at);
  }
  if (view.fromClient) node.sequenceFromClient = next;
  else node.sequenceFromServer = next;
}

/** One metric; inside a template `prefix` octets of `path` stand before its name. */
function readMetric(
  view: MessageView,
  state: SparkplugState,
  node: SparkplugNode | undefined,
  kind: number,
  at: number,
  end: number,
  prefix: number,
  depth: number,
): void {
  const metric = metrics[depth]!;
  gather(view.bytes, metric, readers[2 * depth + 1]!, at, end);
  const symbol = symbolOf(view, state, node, metric, prefix, at);
  if (symbol === NO_SYMBOL) return view.problem('sparkplug-metric-without-name', at);
  const birth = kind === PUBLISH.nodeBirth || kind === PUBLISH.deviceBirth;
  const unit = view.unitSymbol;
  if (birth && metric.datatype > 0) state.type(unit, symbol, metric.datatype);
  const type = metric.datatype > 0 ? metric.datatype : state.typeOf(unit, symbol);
  if (metric.valueField === METRIC.template && depth < SPARKPLUG_DEPTH_MAX) {
    return readTemplate(view, state, node, kind, symbol, metric.from, metric.to, depth);
  }
  const write = kind === PUBLISH.nodeCommand || kind === PUBLISH.deviceCommand;
  const i = addValue(view, metric, type, write, at);
  if (i < 0) return;
  view.accessSymbol[i] = symbol;
  const timestampMs = Number.isNaN(metric.timestampMs) ? payload.timestampMs : metric.timestampMs;
  view.accessTimeUs[i] = timestampMs * 1000;
  view.accessQuality[i] = qualityOf(view.bytes, metric);
  if (birth || write || kind === PUBLISH.nodeDeath) meaning(view, node, kind, i, symbol, at);
}

function gather(bytes: Uint8Array, metric: Metric, reader: ProtoReader, at: number, end: number): void {
  metric.clear();
  reader.open(bytes, at, end);
  while (reader.next()) {
    switch (reader.field) {
      case METRIC.name:
        metric.nameAt = reader.from;
        metric.nameEnd = reader.to;
        metric.named = reader.to > reader.from;
        break;
      case METRIC.alias:
        metric.alias = reader.unsigned();
        break;
      case METRIC.timestamp:
        metric.timestampMs = reader.unsigned();
        break;
      case METRIC.datatype:
        metric.datatype = reader.low;
        break;
      case METRIC.isHistorical:
        metric.historical = reader.low !== 0;
        break;
      case METRIC.isNull:
        metric.isNull = reader.low !== 0;
        break;
      case METRIC.properties:
        metric.propertiesAt = reader.from;
        metric.propertiesEnd = reader.to;
        break;
      default:
        if (reader.field < METRIC.int || reader.field > METRIC.template) break;
        metric.valueField = reader.field;
        metric.low = reader.low;
        metric.high = reader.high;
        metric.from = reader.from;
        metric.to = reader.to;
    }
  }
  reader.close();
}

/** Symbol of the metric's name: as written, or by the alias a birth gave it; `NO_SYMBOL` where it has neither. */
function symbolOf(
  view: MessageView,
  state: SparkplugState,
  node: SparkplugNode | undefined,
  metric: Metric,
  prefix: number,
  at: number,
): number {
  const { bytes, symbols } = view;
  if (metric.named) {
    const length = metric.nameEnd - metric.nameAt;
    if (prefix > 0) {
      let next = prefix;
      for (let k = 0; k < length && next < path.length; k++) path[next++] = bytes[metric.nameAt + k]!;
      return symbols.intern(path, 0, next);
    }
    const symbol = symbols.intern(bytes, metric.nameAt, length);
    if (metric.alias !== UNSEEN && node !== undefined) state.alias(node, metric.alias, symbol);
    return symbol;
  }
  if (metric.alias === UNSEEN) return NO_SYMBOL;
  const known = node?.aliases.get(metric.alias);
  if (known !== undefined) return known;
  view.problem('sparkplug-unknown-alias', at);
  return symbols.internText(`alias:${metric.alias}`);
}

/** Metrics of a template instance have the name of the template before theirs. */
function readTemplate(
  view: MessageView,
  state: SparkplugState,
  node: SparkplugNode | undefined,
  kind: number,
  symbol: number,
  at: number,
  end: number,
  depth: number,
): void {
  const name = view.symbols.name(symbol);
  const prefix = new TextEncoder().encodeInto(`${name}/`, path).written;
  const reader = readers[2 * depth + 2]!;
  reader.open(view.bytes, at, end);
  while (reader.next()) {
    if (reader.field !== TEMPLATE_METRICS || reader.wire !== WIRE.bytes) continue;
    if (!isMetric(view.bytes, reader.from, reader.to)) {
      view.problem('sparkplug-template', reader.from);
      break;
    }
    readMetric(view, state, node, kind, reader.from, reader.to, prefix, depth + 1);
    // The one before may itself have been a template and written its own name.
    if (depth + 1 < SPARKPLUG_DEPTH_MAX) new TextEncoder().encodeInto(`${name}/`, path);
  }
  reader.close();
}

/** Adds the access with the value the metric carries; its index or -1. */
function addValue(view: MessageView, metric: Metric, type: number, write: boolean, at: number): number {
  const field = metric.valueField;
  const known = type < VIEW_TYPE.length ? VIEW_TYPE[type]! : VALUE_TYPE.none;
  if (field === 0 || metric.isNull) return view.access(AREA.metric, 0, 1, write, known, NO_OFFSET);
  switch (field) {
    case METRIC.int:
    case METRIC.long:
      return addInteger(view, metric, type, write, at);
    case METRIC.float:
      return view.access(AREA.metric, 0, 1, write, VALUE_TYPE.float32le, metric.from);
    case METRIC.double:
      return view.access(AREA.metric, 0, 1, write, VALUE_TYPE.float64le, metric.from);
    case METRIC.boolean:
      return view.numberAccess(AREA.metric, 0, write, VALUE_TYPE.bool, metric.low === 0 ? 0 : 1, NO_OFFSET);
    case METRIC.string:
      return addRun(view, metric, VALUE_TYPE.text, write);
    case METRIC.bytes:
      return addRun(view, metric, known === VALUE_TYPE.none ? VALUE_TYPE.bytes : known, write);
    default: // data sets and templates too deep: named, without a value
      return view.access(AREA.metric, 0, 1, write, VALUE_TYPE.none, NO_OFFSET);
  }
}

/** Integers travel as 32 or 64 bits; the data type says their width and sign (6.4.16). */
function addInteger(view: MessageView, metric: Metric, type: number, write: boolean, at: number): number {
  const { low, high } = metric;
  let kind = VIEW_TYPE[type < VIEW_TYPE.length ? type : 0]!;
  let value = high * 0x1_0000_0000 + low;
  switch (type) {
    case TYPE.int8:
      value = (low << 24) >> 24;
      break;
    case TYPE.int16:
      value = (low << 16) >> 16;
      break;
    case TYPE.int32:
      value = low | 0;
      break;
    case TYPE.int64:
      if (metric.valueField === METRIC.long) value = (high | 0) * 0x1_0000_0000 + low;
      else value = low | 0;
      break;
    case TYPE.boolean:
      value = low === 0 ? 0 : 1;
      break;
    case TYPE.uint8:
    case TYPE.uint16:
    case TYPE.uint32:
    case TYPE.uint64:
    case TYPE.dateTime:
      break;
    default:
      if (type !== 0) view.problem('sparkplug-datatype', at);
      kind = metric.valueField === METRIC.long ? VALUE_TYPE.uint64 : VALUE_TYPE.uint32;
  }
  return view.numberAccess(AREA.metric, 0, write, kind, value, NO_OFFSET);
}

/** Text, bytes, or a packed array of numbers. */
function addRun(view: MessageView, metric: Metric, type: number, write: boolean): number {
  const size = VALUE_TYPE_BYTES[type]!;
  const elements = size === 0 ? 1 : Math.floor((metric.to - metric.from) / size);
  const i = view.access(AREA.metric, 0, elements, write, type, elements > 0 ? metric.from : NO_OFFSET);
  if (i >= 0) view.accessLength[i] = metric.to - metric.from;
  return i;
}

/** Null is no value, old values are not the state of now, and a `Quality` property says the rest. */
function qualityOf(bytes: Uint8Array, metric: Metric): number {
  if (metric.isNull) return QUALITY_BAD;
  if (metric.propertiesEnd > metric.propertiesAt) {
    const quality = qualityProperty(bytes, metric.propertiesAt, metric.propertiesEnd);
    if (quality === QUALITY.bad) return QUALITY_BAD;
    if (quality !== UNSEEN && quality !== QUALITY.good) return QUALITY_UNCERTAIN;
  }
  return metric.historical ? QUALITY_UNCERTAIN : QUALITY_GOOD;
}

/** Value of the property named `Quality`; keys and values are two lists in the same order (6.4.9). */
function qualityProperty(bytes: Uint8Array, at: number, end: number): number {
  let index = UNSEEN;
  let keys = 0;
  outer.open(bytes, at, end);
  while (index === UNSEEN && outer.next()) {
    if (outer.field !== PROPERTY_SET.keys || outer.wire !== WIRE.bytes) continue;
    if (isText(bytes, outer.from, outer.to, 'quality')) index = keys;
    keys++;
  }
  if (index === UNSEEN) return UNSEEN;
  let values = 0;
  outer.open(bytes, at, end);
  while (outer.next()) {
    if (outer.field !== PROPERTY_SET.values || outer.wire !== WIRE.bytes || values++ !== index) continue;
    inner.open(bytes, outer.from, outer.to);
    while (inner.next()) {
      const integer = inner.field === PROPERTY_VALUE.int || inner.field === PROPERTY_VALUE.long;
      if (integer && inner.wire === WIRE.varint) return inner.unsigned();
    }
  }
  return UNSEEN;
}

/** Compares without case; `text` is lower-case. */
function isText(bytes: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at !== text.length) return false;
  for (let i = 0; i < text.length; i++) if ((bytes[at + i]! | 0x20) !== text.charCodeAt(i)) return false;
  return true;
}

const REBOOT = functionKey(PACKET.publish, PUBLISH.reboot);
const REBIRTH = functionKey(PACKET.publish, PUBLISH.rebirth);
const NODE_COMMAND = functionKey(PACKET.publish, PUBLISH.nodeCommand);

/** Metrics that say more than a value: identity in births, birth and death numbers, restart commands. */
function meaning(
  view: MessageView,
  node: SparkplugNode | undefined,
  kind: number,
  i: number,
  symbol: number,
  at: number,
): void {
  const name = view.symbols.name(symbol);
  if (kind === PUBLISH.nodeCommand || kind === PUBLISH.deviceCommand) {
    if (REBOOT_METRICS.has(name)) view.functionCode = REBOOT;
    else if (name === REBIRTH_METRIC && i === 0) view.functionCode = REBIRTH;
    else if (name !== REBIRTH_METRIC && view.functionCode === REBIRTH) view.functionCode = NODE_COMMAND;
    return;
  }
  if (name === BDSEQ_METRIC && node !== undefined) {
    const number = view.valueOf(i, 0);
    if (kind === PUBLISH.nodeBirth) node.birthDeath = number;
    // The death of an earlier connection does not end the present one (6.4.19); a host that believes it is deceived.
    else if (node.birthDeath !== UNSEEN && number !== node.birthDeath) view.problem('sparkplug-stale-death', at);
    return;
  }
  const fact = IDENTITY_METRICS[name];
  const from = view.accessOffset[i]!;
  if (fact === undefined || view.accessType[i] !== VALUE_TYPE.text || from < 0) return;
  view.fact('unit', fact, textOf(view.bytes, from, from + view.accessLength[i]!));
}
