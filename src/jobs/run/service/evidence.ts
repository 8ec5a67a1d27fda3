/** One frame of the ring, decoded by the same dissectors that saw it live. */
import type { FrameReference, Message, PointAccess } from '../../../records.ts';
import { NO_OFFSET } from '../../../sense/protocols/message-view.ts';
import { VALUE_TYPE, VALUE_TYPE_BYTES } from '../../../sense/protocols/values.ts';
import type { DecodedField, EvidenceView } from '../../../show/api/types.ts';
import { Sensor } from '../../../understand/observe/sensor.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';

/** A kept frame. */
export interface KeptFrame {
  readonly bytes: Uint8Array;
  readonly timeUs: number;
  readonly linkType: number;
}

interface Decoded {
  readonly message: Message;
  /** Byte range of each access's values in the frame. */
  readonly ranges: readonly (readonly [number, number])[];
  readonly from: number;
  readonly to: number;
}

/** Decodes `frame`; `request` is the frame it answers, so that values find their addresses. */
export function evidenceOf(
  reference: FrameReference,
  frame: KeptFrame,
  request: KeptFrame | undefined,
  answer: KeptFrame | undefined,
  pipeline: Pipeline,
): EvidenceView {
  const context = request === undefined ? [frame] : [request, frame];
  const decoded = decode(context, reference.capture).at(-1) ?? [];
  const first = decoded[0];
  const paired = answer === undefined ? undefined : decode([frame, answer], reference.capture).at(-1)?.[0]?.message;
  return {
    frame: { ...reference, from: first?.from ?? 0, to: first?.to ?? frame.bytes.length },
    timeUs: frame.timeUs,
    summary: first === undefined ? 'A frame without a message that is understood.' : summaryOf(first.message),
    fields: decoded.flatMap((one) => fieldsOf(one, pipeline)),
    hex: Buffer.from(frame.bytes).toString('hex'),
    highlights: decoded.flatMap(({ ranges }) => ranges.filter(([from, to]) => to > from)),
    pairedWith: 0,
    pairedText: paired === undefined ? '' : `answered: ${paired.status}`,
  };
}

/** Messages of each frame. */
function decode(frames: readonly KeptFrame[], capture: string): Decoded[][] {
  const perFrame: Decoded[][] = frames.map(() => []);
  let current = 0;
  const sensor: Sensor = new Sensor({
    message(view) {
      const ranges: (readonly [number, number])[] = [];
      const shift = view.frameTo - view.end;
      for (let i = 0; i < view.accessCount; i++) {
        const at = view.accessOffset[i]!;
        const length =
          at === NO_OFFSET
            ? 0
            : Math.max(1, valueBytes(view.accessType[i]!, view.accessElements[i]!, view.accessLength[i]!));
        ranges.push(at === NO_OFFSET ? [0, 0] : [at + shift, Math.min(at + shift + length, view.frameTo)]);
      }
      const message = view.toMessage(sensor.namesOf(view, capture));
      perFrame[current]!.push({ message, ranges, from: view.frameFrom, to: view.frameTo });
    },
  });
  for (const [i, { bytes, timeUs, linkType }] of frames.entries()) {
    current = i;
    sensor.frame(bytes, 0, bytes.length, bytes.length, timeUs, linkType);
  }
  return perFrame;
}

function valueBytes(type: number, elements: number, length: number): number {
  const size = VALUE_TYPE_BYTES[type] ?? 0;
  if (size > 0) return size * elements;
  return type === VALUE_TYPE.bit ? (elements + 7) >> 3 : length;
}

function summaryOf({ protocol, function: info, status, unit }: Message): string {
  const device = unit === '' ? '' : `, unit ${unit}`;
  return `${protocol}${device} · ${info.name} (${info.code}) · class ${info.class}${status === 'ok' ? '' : ` · ${status}`}`;
}

function fieldsOf({ message, ranges, from, to }: Decoded, pipeline: Pipeline): DecodedField[] {
  const fields: DecodedField[] = [
    { name: 'who', value: `${message.client} → ${message.server}`, from: 0, to: 0 },
    {
      name: 'message',
      value: `${message.protocol} ${message.direction}, transaction ${message.transaction}`,
      from,
      to,
    },
    {
      name: 'function',
      value: `${message.function.name} (${message.function.code}), class ${message.function.class}`,
      from: 0,
      to: 0,
    },
  ];
  if (message.unit !== '') fields.push({ name: 'unit', value: message.unit, from: 0, to: 0 });
  if (message.status !== 'ok') fields.push({ name: 'refused', value: message.status, from: 0, to: 0 });
  for (const [i, access] of message.accesses.entries()) {
    const [start, end] = ranges[i] ?? [0, 0];
    fields.push({ name: access.write ? 'writes' : 'reads', value: accessText(access, pipeline), from: start, to: end });
  }
  if (message.accesses.some(({ write }) => write)) {
    for (const { tag, value } of pipeline.tags.decodeWrites(message)) {
      if (tag === null) continue;
      const amount = Number.isNaN(value) ? '?' : String(Math.round(value * 1e6) / 1e6);
      fields.push({ name: tag.name, value: `${amount}${tag.unit === '' ? '' : ` ${tag.unit}`}`, from: 0, to: 0 });
    }
  }
  for (const { about, kind, text } of message.facts)
    fields.push({ name: `${about} ${kind}`, value: text, from: 0, to: 0 });
  for (const { kind, offset } of message.problems)
    fields.push({ name: 'odd', value: `${kind} at ${offset}`, from: 0, to: 0 });
  return fields;
}

/** Values shown of one access. */
const VALUES_SHOWN_MAX = 16;

function accessText({ point, count, values, type }: PointAccess, pipeline: Pipeline): string {
  const tags = pipeline.tags.tagsOfPoint(point, count).map(({ name }) => name);
  const named = tags.length === 0 ? '' : ` (${tags.slice(0, 6).join(', ')})`;
  const shown = values.slice(0, VALUES_SHOWN_MAX).join(' ');
  const range = count > 1 ? `${point} … ${count} elements` : point;
  return values.length === 0
    ? `${range}${named}`
    : `${range}${named} = ${shown}${values.length > VALUES_SHOWN_MAX ? ' …' : ''} [${type}]`;
}
