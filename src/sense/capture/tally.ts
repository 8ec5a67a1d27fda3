/** Counters of one capture being read: what `CaptureSummary` reports, kept by the container parsers while they run. */
import { ProblemCounter } from '../../base/problem-counter.ts';
import type { TimeUs } from '../../records.ts';

/** Times outside this are not believed; the largest double that is still exact to the microsecond (year 2255). [µs] */
export const TIME_US_MAX = Number.MAX_SAFE_INTEGER;
/** Link types listed in a summary; a capture with more is hostile and its further ones are a problem, not a list. */
const LINK_TYPES_LISTED_MAX = 64;

/** Mutable counters, one per capture. Field meanings: `CaptureSummary`. */
export class CaptureTally {
  packets = 0;
  bytes = 0;
  capturedBytes = 0;
  truncatedFrames = 0;
  nonMonotonic = 0;
  /** NaN until the first frame that carries a time. */
  firstUs: TimeUs = Number.NaN;
  lastUs: TimeUs = Number.NaN;
  droppedByKernel = 0;
  droppedByInterface = 0;
  readonly linkTypes: number[] = [];
  readonly problems = new ProblemCounter();
  /** Why reading ended before the end of the input; null while it goes well. */
  readError: string | null = null;

  /** Counts one frame that carries a time. */
  add(capturedLength: number, originalLength: number, timeUs: TimeUs): void {
    this.packets++;
    this.bytes += originalLength;
    this.capturedBytes += capturedLength;
    if (capturedLength < originalLength) this.truncatedFrames++;
    if (timeUs < this.lastUs) this.nonMonotonic++;
    else if (Number.isNaN(this.firstUs)) this.firstUs = timeUs;
    this.lastUs = timeUs;
  }

  /** Counts one frame whose container gives it no time. */
  addTimeless(capturedLength: number, originalLength: number): void {
    this.packets++;
    this.bytes += originalLength;
    this.capturedBytes += capturedLength;
    if (capturedLength < originalLength) this.truncatedFrames++;
  }

  /** Remembers a link type seen in the capture. */
  sawLinkType(linkType: number, offset: number): void {
    if (this.linkTypes.includes(linkType)) return;
    if (this.linkTypes.length < LINK_TYPES_LISTED_MAX) this.linkTypes.push(linkType);
    else this.problems.add('too-many-link-types', offset);
  }

  /** Ends reading: counts the problem at `offset` and keeps the sentence; the first reason stays. */
  stop(kind: string, offset: number, sentence: string): void {
    this.problems.add(kind, offset);
    this.readError ??= sentence;
  }
}
