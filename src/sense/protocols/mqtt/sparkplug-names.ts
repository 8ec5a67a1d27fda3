/** Sparkplug B field numbers, data types and well-known names. Source: Sparkplug 3.0 (ISO/IEC 20237), 4.1, 6.4 and its `sparkplug_b.proto`. */
import { VALUE_TYPE } from '../values.ts';

export const NAMESPACE = 'spBv1.0';

/** Fields of Payload (6.4.6) and the parts of Metric (6.4.7) read by name. */
export const PAYLOAD = { timestamp: 1, metrics: 2, seq: 3, uuid: 4, body: 5 } as const;
export const METRIC = {
  name: 1,
  alias: 2,
  timestamp: 3,
  datatype: 4,
  isHistorical: 5,
  isTransient: 6,
  isNull: 7,
  metadata: 8,
  properties: 9,
  int: 10,
  long: 11,
  float: 12,
  double: 13,
  boolean: 14,
  string: 15,
  bytes: 16,
  dataset: 17,
  template: 18,
  extension: 19,
} as const;
/** PropertySet and PropertyValue (6.4.9, 6.4.11). */
export const PROPERTY_SET = { keys: 1, values: 2 } as const;
export const PROPERTY_VALUE = { int: 3, long: 4 } as const;
/** Template (6.4.13): its metrics. */
export const TEMPLATE_METRICS = 2;

/** Wire type of each known field; index = field number, 255 = no such field. */
export const PAYLOAD_WIRE = new Uint8Array([255, 0, 2, 0, 2, 2]);
export const METRIC_WIRE = new Uint8Array([255, 2, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 5, 1, 0, 2, 2, 2, 2, 2]);

/** Data types (6.4.16). */
export const TYPE = {
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  float: 9,
  double: 10,
  boolean: 11,
  string: 12,
  dateTime: 13,
  text: 14,
  uuid: 15,
  dataSet: 16,
  bytes: 17,
  file: 18,
  template: 19,
  int8Array: 22,
  booleanArray: 32,
  stringArray: 33,
  dateTimeArray: 34,
} as const;

/** Data type → element type of the view. Arrays (22 to 34) are packed little-endian (6.4.17); booleans there are packed bits, kept as bytes. */
export const VIEW_TYPE = new Uint8Array(35);
VIEW_TYPE.set(
  [
    VALUE_TYPE.int8,
    VALUE_TYPE.int16,
    VALUE_TYPE.int32,
    VALUE_TYPE.int64,
    VALUE_TYPE.uint8,
    VALUE_TYPE.uint16,
    VALUE_TYPE.uint32,
    VALUE_TYPE.uint64,
    VALUE_TYPE.float32le,
    VALUE_TYPE.float64le,
    VALUE_TYPE.bool,
    VALUE_TYPE.text,
    VALUE_TYPE.uint64,
    VALUE_TYPE.text,
    VALUE_TYPE.text,
    VALUE_TYPE.none,
    VALUE_TYPE.bytes,
    VALUE_TYPE.bytes,
  ],
  TYPE.int8,
);
VIEW_TYPE.set(
  [
    VALUE_TYPE.int8,
    VALUE_TYPE.int16le,
    VALUE_TYPE.int32le,
    VALUE_TYPE.int64le,
    VALUE_TYPE.uint8,
    VALUE_TYPE.uint16le,
    VALUE_TYPE.uint32le,
    VALUE_TYPE.uint64le,
    VALUE_TYPE.float32le,
    VALUE_TYPE.float64le,
    VALUE_TYPE.bytes,
    VALUE_TYPE.bytes,
    VALUE_TYPE.uint64le,
  ],
  TYPE.int8Array,
);

/** Quality property (6.4.11): 192 good, 500 stale, 0 bad. */
export const QUALITY = { bad: 0, good: 192, stale: 500 } as const;

/** Metrics of births that say who the node or device is, by the convention of Eclipse Tahu → kind of fact. */
export const IDENTITY_METRICS: Readonly<Record<string, string>> = {
  'Properties/Hardware Make': 'vendor',
  'Properties/Hardware Model': 'model',
  'Properties/FW': 'firmware',
  'Properties/OS': 'os',
  'Properties/OS Version': 'os-version',
};
/** Metrics of commands with a meaning of their own (6.4.24 to 6.4.29). */
export const REBIRTH_METRIC = 'Node Control/Rebirth';
export const REBOOT_METRICS: ReadonlySet<string> = new Set(['Node Control/Reboot', 'Device Control/Reboot']);
/** Birth and death sequence number (6.4.19): pairs a death with its birth. */
export const BDSEQ_METRIC = 'bdSeq';
