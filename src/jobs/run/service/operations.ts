/** Requests that are no plain reads, as kept in the store: who did what to whom, in words. */
import type { FrameReference, Message, Observation, TimeUs } from '../../../records.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { sensibleDigits, unitSign } from '../../unit-text.ts';

export interface KeptOperation {
  readonly timeUs: TimeUs;
  readonly client: string;
  readonly server: string;
  readonly conversation: string;
  readonly protocol: string;
  readonly function: string;
  readonly class: string;
  readonly write: boolean;
  /** `writes TT-101.offset 0.0 → 4.0 K`. */
  readonly text: string;
  readonly tags: readonly string[];
  readonly frame: FrameReference;
  /** Status of the answer; empty while none was seen. */
  readonly status: string;
  readonly answerFrame: number;
}

/** Values named one by one in a text. */
const VALUES_NAMED_MAX = 4;

export function operationOf(
  observation: Extract<Observation, { kind: 'operation' }>,
  pipeline: Pipeline,
): KeptOperation {
  const { message, timeUs, client, server, conversation, frame } = observation;
  const writes = pipeline.tags.decodeWrites(message);
  return {
    ...{ timeUs, client, server, conversation, frame },
    protocol: message.protocol,
    function: message.function.name,
    class: message.function.class,
    write: writes.length > 0,
    text:
      writes.length === 0
        ? callText(message)
        : `writes ${writes.slice(0, VALUES_NAMED_MAX).map(writeText).join(', ')}${more(writes.length)}`,
    tags: writes.flatMap(({ tag }) => (tag === null ? [] : [tag.name])),
    status: '',
    answerFrame: 0,
  };
}

function callText(message: Message): string {
  const unit = message.unit === '' ? '' : ` (unit ${message.unit})`;
  return `${message.function.name}${unit}`;
}

function writeText({ tag, point, value, before }: ReturnType<Pipeline['tags']['decodeWrites']>[number]): string {
  const unit = tag === null || tag.unit === '' ? '' : ` ${unitSign(tag.unit)}`;
  const digits = sensibleDigits(0, Math.max(Math.abs(value), Math.abs(before) || 0, 0.1));
  const text = (number: number): string => (Number.isInteger(number) ? String(number) : number.toFixed(digits));
  const from = Number.isNaN(before) ? '' : `${text(before)} → `;
  return `${tag?.name ?? point} ${from}${Number.isNaN(value) ? '?' : text(value)}${unit}`;
}

function more(count: number): string {
  return count > VALUES_NAMED_MAX ? ` and ${count - VALUES_NAMED_MAX} more` : '';
}
