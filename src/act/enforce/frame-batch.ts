/**
 * Frames on their way from the enforcer to the engine, many in one message: a binary record each, so that no object is made per
 * frame. Layout, big-endian: plant time [µs] as float64, length as uint32, then the bytes.
 */
const HEADER_BYTES = 12;

/** Collects frames and gives them away as one array. */
export class FrameBatch {
  frames = 0;
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** `capacity`: where it is given away at the latest. [bytes] */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a frame; false where there is no room (take first). */
  add(frame: Uint8Array, timeUs: number): boolean {
    const needed = HEADER_BYTES + frame.length;
    if (this.#length + needed > this.#bytes.length) return false;
    this.#view.setFloat64(this.#length, timeUs);
    this.#view.setUint32(this.#length + 8, frame.length);
    this.#bytes.set(frame, this.#length + HEADER_BYTES);
    this.#length += needed;
    this.frames++;
    return true;
  }

  /** A copy of what was collected; the batch is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.frames = 0;
    return taken;
  }
}

/** Calls `each` for every frame of a batch: its range in `batch` and its time. Stops at a record that is cut short. */
export function eachFrame(batch: Uint8Array, each: (offset: number, length: number, timeUs: number) => void): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  let at = 0;
  while (at + HEADER_BYTES <= batch.length) {
    const timeUs = view.getFloat64(at);
    const length = view.getUint32(at + 8);
    const from = at + HEADER_BYTES;
    if (from + length > batch.length) return;
    each(from, length, timeUs);
    at = from + length;
  }
}
