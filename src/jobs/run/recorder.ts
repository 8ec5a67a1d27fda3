/** What the running pipeline leaves in the store: samples, operations with their outcome, findings, incidents, snapshots. */

import type { Store } from '../../keep/store/store.ts';
import { QUALITY_CODES } from '../../keep/store/store.ts';
import { OPERATIONS_OPEN_MAX } from '../../limits.ts';
import type { Finding, Observation, Quality, TimeUs } from '../../records.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { type KeptOperation, operationOf } from './service/operations.ts';

/** A finding as kept: what a list shows. The whole of it stands in its incident. */
export interface KeptFinding {
  readonly id: string;
  readonly timeUs: TimeUs;
  readonly kind: string;
  readonly actor: string;
  readonly device: string;
  readonly tag: string;
  readonly sentence: string;
  readonly frame: number;
}

export class Recorder {
  readonly #store: Store;
  readonly #storeTags: number[] = [];
  /** Operations whose answer is not seen yet, by frame number. */
  readonly #open = new Map<number, { readonly id: string; readonly operation: KeptOperation }>();

  constructor(store: Store) {
    this.#store = store;
  }

  sample(index: number, name: string, timeUs: TimeUs, value: number, quality: Quality): void {
    const known = this.#storeTags[index];
    const tag = known ?? this.#store.tagIndex(name);
    if (known === undefined) this.#storeTags[index] = tag;
    if (tag >= 0) this.#store.appendSample(tag, timeUs, value, QUALITY_CODES[quality]);
  }

  observation(observation: Observation, pipeline: Pipeline): void {
    if (observation.kind === 'operation') {
      const operation = operationOf(observation, pipeline);
      const id = `${operation.frame.capture}#${operation.frame.number}.${operation.frame.from}`;
      this.#store.put('operation', id, operation.timeUs, operation);
      if (this.#open.size >= OPERATIONS_OPEN_MAX) {
        for (const oldest of this.#open.keys()) {
          this.#open.delete(oldest);
          break;
        }
      }
      this.#open.set(operation.frame.number, { id, operation });
    } else if (observation.kind === 'outcome') {
      const asked = this.#open.get(observation.request.number);
      if (asked === undefined) return;
      this.#open.delete(observation.request.number);
      const { status } = observation.message;
      const done = { ...asked.operation, status, answerFrame: observation.frame.number };
      this.#store.put('operation', asked.id, done.timeUs, done);
    }
  }

  finding({ id, timeUs, kind, subject, sentence, evidence }: Finding): void {
    const { actor, device, tag } = subject;
    const kept: KeptFinding = {
      id,
      timeUs,
      kind,
      actor,
      device,
      tag,
      sentence,
      frame: evidence.frames[0]?.number ?? 0,
    };
    this.#store.put('finding', `${id}@${timeUs}`, timeUs, kept);
  }
}
