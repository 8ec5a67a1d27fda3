/**
 * Sequence numbers of one connection as an onlooker sees them. IEC 60870-5-104:2006, 5.1 (numbers count per direction from 0 on a new
 * connection), 5.5 (at most k frames of I format unacknowledged). Times (t1 to t3) are not judged here: there is no clock.
 */
import { SEQUENCES } from './framing.ts';

/** Default of k (9.6); agreed otherwise at some sites, so that more is an oddity and no error. */
export const WINDOW_K = 12;
const UNKNOWN = -1;
const HALF = SEQUENCES / 2;

/** What is odd about a frame; the problem's name, or empty. */
export type SequenceOddity =
  | ''
  | 'iec104-sequence-gap'
  | 'iec104-sequence-repeated'
  | 'iec104-acknowledges-unsent'
  | 'iec104-acknowledgement-backwards'
  | 'iec104-window';

export class SequenceWatch {
  /** Next N(S) expected of the client and of the server. */
  readonly #next = [UNKNOWN, UNKNOWN];
  /** Last N(R) that acknowledged frames of the client and of the server. */
  readonly #acknowledged = [UNKNOWN, UNKNOWN];
  readonly #windowTold = [false, false];

  /** An I frame's N(S). */
  sent(fromClient: boolean, sequence: number): SequenceOddity {
    const side = fromClient ? 0 : 1;
    const expected = this.#next[side]!;
    const ahead = distance(expected, sequence);
    // What was sent before comes again: the numbers that follow go on from where they were.
    if (expected !== UNKNOWN && ahead >= HALF) return 'iec104-sequence-repeated';
    this.#next[side] = (sequence + 1) % SEQUENCES;
    if (expected !== UNKNOWN && ahead > 0) return 'iec104-sequence-gap';
    return this.#window(side);
  }

  /** N(R) of an I or S frame: acknowledges what the other side sent. */
  acknowledged(fromClient: boolean, sequence: number): SequenceOddity {
    const other = fromClient ? 1 : 0;
    const next = this.#next[other]!;
    const before = this.#acknowledged[other]!;
    if (next !== UNKNOWN && distance(sequence, next) >= HALF) {
      // A lie, or the frames passed unseen: told once, then what is acknowledged counts.
      this.#next[other] = UNKNOWN;
      this.#acknowledged[other] = sequence;
      return 'iec104-acknowledges-unsent';
    }
    if (before !== UNKNOWN && distance(before, sequence) >= HALF) return 'iec104-acknowledgement-backwards';
    this.#acknowledged[other] = sequence;
    this.#windowTold[other] = false;
    return '';
  }

  /** Bytes of one direction are missing: its numbers and what it acknowledged are not known. */
  lost(fromClient: boolean): void {
    const side = fromClient ? 0 : 1;
    this.#next[side] = UNKNOWN;
    this.#acknowledged[1 - side] = UNKNOWN;
  }

  #window(side: number): SequenceOddity {
    const acknowledged = this.#acknowledged[side]!;
    if (acknowledged === UNKNOWN || this.#windowTold[side] === true) return '';
    if (distance(acknowledged, this.#next[side]!) <= WINDOW_K) return '';
    this.#windowTold[side] = true;
    return 'iec104-window';
  }
}

/** Steps from `from` to `to`, counting modulo. */
function distance(from: number, to: number): number {
  return (to - from + SEQUENCES) % SEQUENCES;
}
