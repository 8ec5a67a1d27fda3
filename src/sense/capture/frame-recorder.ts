/** Keeps copies of frames: for evidence slices and tests, never on the packet path. */
import type { TimeUs } from '../../records.ts';
import type { FrameHandler } from './frame-handler.ts';

/** One frame, kept. `bytes.length` is the captured length. */
export interface RecordedFrame {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly timeUs: TimeUs;
  readonly linkType: number;
  readonly interfaceId: number;
}

/** Copies frames until `bytesMax` of frame data is kept; later ones are only counted in `leftOut`. */
export class FrameRecorder implements FrameHandler {
  readonly frames: RecordedFrame[] = [];
  leftOut = 0;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = Number.POSITIVE_INFINITY) {
    this.#bytesMax = bytesMax;
  }

  frame(
    bytes: Uint8Array,
    offset: number,
    capturedLength: number,
    originalLength: number,
    timeUs: TimeUs,
    linkType: number,
    interfaceId: number,
  ): void {
    if (this.#bytes + capturedLength > this.#bytesMax) {
      this.leftOut++;
      return;
    }
    this.#bytes += capturedLength;
    const copy = bytes.slice(offset, offset + capturedLength);
    this.frames.push({ bytes: copy, originalLength, timeUs, linkType, interfaceId });
  }
}
