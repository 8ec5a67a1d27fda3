/** Writes Sparkplug B payloads: the inverse of `sparkplug.ts`, for simulators and tests. Sparkplug 3.0, 6.4; protocol buffers wire format. */

import { WIRE } from './protobuf.ts';
import { METRIC, PAYLOAD, PROPERTY_SET, PROPERTY_VALUE, TEMPLATE_METRICS, TYPE } from './sparkplug-names.ts';

/** One metric; `value` null is sent as `is_null`. Integers are numbers or, beyond 2^53, bigint. */
export interface SparkplugMetric {
  readonly name?: string;
  readonly alias?: number;
  readonly timestampMs?: number;
  /** `TYPE` of the value. */
  readonly type: number;
  /** False leaves the type out, as data messages may. */
  readonly sendType?: boolean;
  readonly value: number | bigint | boolean | string | Uint8Array | null | readonly SparkplugMetric[];
  readonly historical?: boolean;
  readonly quality?: number;
}

export interface SparkplugPayload {
  readonly timestampMs?: number;
  readonly sequence?: number;
  readonly metrics: readonly SparkplugMetric[];
}

const encoder = new TextEncoder();

/** The payload as bytes. */
export function encodeSparkplug(payload: SparkplugPayload): Uint8Array {
  const out: number[] = [];
  if (payload.timestampMs !== undefined) varintField(out, PAYLOAD.timestamp, payload.timestampMs);
  for (const metric of payload.metrics) bytesField(out, PAYLOAD.metrics, encodeMetric(metric));
  if (payload.sequence !== undefined) varintField(out, PAYLOAD.seq, payload.sequence);
  return Uint8Array.from(out);
}

function encodeMetric(metric: SparkplugMetric): number[] {
  const out: number[] = [];
  if (metric.name !== undefined) bytesField(out, METRIC.name, encoder.encode(metric.name));
  if (metric.alias !== undefined) varintField(out, METRIC.alias, metric.alias);
  if (metric.timestampMs !== undefined) varintField(out, METRIC.timestamp, metric.timestampMs);
  if (metric.sendType !== false) varintField(out, METRIC.datatype, metric.type);
  if (metric.historical === true) varintField(out, METRIC.isHistorical, 1);
  if (metric.value === null) varintField(out, METRIC.isNull, 1);
  if (metric.quality !== undefined) {
    const value: number[] = [];
    varintField(value, 1, TYPE.int32);
    varintField(value, PROPERTY_VALUE.int, metric.quality);
    const set: number[] = [];
    bytesField(set, PROPERTY_SET.keys, encoder.encode('Quality'));
    bytesField(set, PROPERTY_SET.values, value);
    bytesField(out, METRIC.properties, set);
  }
  if (metric.value !== null) encodeValue(out, metric.type, metric.value);
  return out;
}

function encodeValue(out: number[], type: number, value: NonNullable<SparkplugMetric['value']>): void {
  if (value instanceof Uint8Array) return bytesField(out, METRIC.bytes, value);
  if (typeof value === 'string') return bytesField(out, METRIC.string, encoder.encode(value));
  if (typeof value === 'boolean') return varintField(out, METRIC.boolean, value ? 1 : 0);
  if (typeof value === 'object') {
    const template: number[] = [];
    for (const metric of value) bytesField(template, TEMPLATE_METRICS, encodeMetric(metric));
    return bytesField(out, METRIC.template, template);
  }
  switch (type) {
    case TYPE.float:
      return fixedField(out, METRIC.float, WIRE.fixed32, 4, Number(value));
    case TYPE.double:
      return fixedField(out, METRIC.double, WIRE.fixed64, 8, Number(value));
    case TYPE.int64:
    case TYPE.uint64:
    case TYPE.dateTime:
      return varintField(out, METRIC.long, BigInt.asUintN(64, BigInt(value)));
    default: // two's complement in 32 bits
      return varintField(out, METRIC.int, Number(value) >>> 0);
  }
}

function varint(out: number[], value: number | bigint): void {
  let rest = BigInt(value);
  while (rest >= 128n) {
    out.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  out.push(Number(rest));
}

function varintField(out: number[], field: number, value: number | bigint): void {
  varint(out, field * 8 + WIRE.varint);
  varint(out, value);
}

function bytesField(out: number[], field: number, value: ArrayLike<number>): void {
  varint(out, field * 8 + WIRE.bytes);
  varint(out, value.length);
  for (let i = 0; i < value.length; i++) out.push(value[i]!);
}

function fixedField(out: number[], field: number, wire: number, size: 4 | 8, value: number): void {
  varint(out, field * 8 + wire);
  const view = new DataView(new ArrayBuffer(size));
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  for (let i = 0; i < size; i++) out.push(view.getUint8(i));
}
