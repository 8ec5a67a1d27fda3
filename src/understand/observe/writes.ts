/** Writes one by one, bounded, and who wrote each point. */
import { POINT_WRITERS_MAX, WRITE_VALUES_MAX, WRITES_LISTED_MAX } from '../../limits.ts';
import type { FrameReference, WireValue } from '../../records.ts';
import type { MessageView } from '../../sense/protocols/message-view.ts';
import type { ConversationState } from './conversations.ts';

/** One write as it was asked for, and what the device said. */
export interface WriteRecord {
  readonly timeUs: number;
  readonly frame: FrameReference;
  readonly conversation: ConversationState;
  readonly function: string;
  readonly point: string;
  readonly count: number;
  /** The first values. */
  readonly values: readonly WireValue[];
  /** `unanswered` until an answer is seen. */
  status: string;
}

export class WriteBook {
  readonly list: WriteRecord[] = [];
  /** All writes, also those not listed. */
  total = 0;
  readonly #writers = new Map<number, Set<string>>();
  /** Conversation that wrote a point last, its index + 1: most points have one writer, who comes again and again. */
  #lastWriter = new Int32Array(1_024);
  readonly #listing: boolean;

  constructor(listing: boolean) {
    this.#listing = listing;
  }

  /** Notes one written access; returns its place in the list, or -1. */
  add(
    view: MessageView,
    access: number,
    nameOf: () => string,
    conversation: ConversationState,
    capture: string,
  ): number {
    this.total++;
    if (!this.#listing || this.list.length >= WRITES_LISTED_MAX) return -1;
    this.list.push({
      timeUs: view.timeUs,
      frame: view.frameReference(capture),
      conversation,
      function: view.protocol?.functionOf(view.functionCode).name ?? '',
      point: nameOf(),
      count: view.accessElements[access]!,
      values: view.wireValues(access).slice(0, WRITE_VALUES_MAX),
      status: 'unanswered',
    });
    return this.list.length - 1;
  }

  writer(point: number, conversation: ConversationState): void {
    if (point >= this.#lastWriter.length) {
      const larger = new Int32Array(Math.max(point + 1, this.#lastWriter.length * 2));
      larger.set(this.#lastWriter);
      this.#lastWriter = larger;
    }
    if (this.#lastWriter[point] === conversation.index + 1) return;
    this.#lastWriter[point] = conversation.index + 1;
    let writers = this.#writers.get(point);
    if (writers === undefined) {
      writers = new Set();
      this.#writers.set(point, writers);
    }
    if (writers.size < POINT_WRITERS_MAX) writers.add(conversation.clientText);
  }

  writersOf(point: number): string[] {
    return [...(this.#writers.get(point) ?? [])];
  }
}
