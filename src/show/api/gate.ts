/** So many at once, the others in turn. */
export class Gate {
  readonly #max: number;
  #inside = 0;
  readonly #queue: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs `work` as soon as there is room. Who may wait is bounded by the callers. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#max) await new Promise<void>((enter) => this.#queue.push(enter));
    else this.#inside++;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      // The place goes straight to the next one, so that nobody can slip in between.
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
