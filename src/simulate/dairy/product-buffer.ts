/** The product buffer: milk leaves in the order it came, so that every bottle knows whether its milk was hot enough. */
import { BUFFER } from './constants.ts';

interface Lot {
  litres: number;
  readonly pasteurised: boolean;
}

/** Runs of good and bad milk kept apart; beyond it the newest run takes the worse of the two. */
const LOTS_MAX = 1_000;

export class ProductBuffer {
  litres = 0;
  readonly #lots: Lot[] = [];

  get levelPercent(): number {
    return (100 * this.litres) / BUFFER.litres;
  }

  add(litres: number, pasteurised: boolean): void {
    if (litres <= 0) return;
    const last = this.#lots.at(-1);
    if (last !== undefined && last.pasteurised === pasteurised) last.litres += litres;
    else if (last !== undefined && this.#lots.length >= LOTS_MAX) {
      this.#lots[this.#lots.length - 1] = { litres: last.litres + litres, pasteurised: false };
    } else this.#lots.push({ litres, pasteurised });
    this.litres += litres;
  }

  /** Takes up to `litres`; returns how much came, and how much of it was under-pasteurised. */
  take(litres: number): { taken: number; under: number } {
    let open = litres;
    let under = 0;
    for (let lot = this.#lots[0]; lot !== undefined && open > 0; lot = this.#lots[0]) {
      const part = Math.min(open, lot.litres);
      lot.litres -= part;
      open -= part;
      if (!lot.pasteurised) under += part;
      if (lot.litres <= 1e-9) this.#lots.shift();
    }
    const taken = litres - open;
    this.litres = Math.max(0, this.litres - taken);
    return { taken, under };
  }
}
