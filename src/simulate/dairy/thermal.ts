/** Heater and holding tube: heat balance, transport delay, heat lost on the way. */
import { HEATER, MILK, PASTEURISED, ROOM_CEL, TUBE } from './constants.ts';

/** The heater: element with inertia, well mixed milk. Sums of energy are kept so that tests can close the balance. */
export class Heater {
  /** Heat flowing from the element into the milk [kW]. */
  heatKw = 0;
  /** Electric (or steam) power taken [kW]. */
  powerKw = 0;
  milkCel = ROOM_CEL;
  /** Part of the power that still reaches the milk: fouling costs up to a few percent, cleaning restores it. */
  efficiency = 1;
  energy = { heatKj: 0, carriedKj: 0, lostKj: 0 };

  /** `command` 0…1, `litresPerS` through the heater, `inletCel` of what comes in. */
  step(dtS: number, command: number, litresPerS: number, inletCel: number): void {
    this.powerKw = command * HEATER.powerKw;
    this.heatKw += ((this.powerKw * this.efficiency - this.heatKw) * dtS) / HEATER.elementLagS;
    const carriedKw = litresPerS * MILK.kgPerLitre * MILK.kjPerKgK * (this.milkCel - inletCel);
    const lostKw = HEATER.lossKwPerK * (this.milkCel - ROOM_CEL);
    this.energy.heatKj += this.heatKw * dtS;
    this.energy.carriedKj += carriedKw * dtS;
    this.energy.lostKj += lostKw * dtS;
    this.milkCel += ((this.heatKw - carriedKw - lostKw) * dtS) / (HEATER.milkKg * MILK.kjPerKgK);
  }

  /** Puts the heater where it would be after a long time at these conditions. */
  settle(milkCel: number, litresPerS: number, inletCel: number): number {
    const carriedKw = litresPerS * MILK.kgPerLitre * MILK.kjPerKgK * (milkCel - inletCel);
    this.milkCel = milkCel;
    this.heatKw = carriedKw + HEATER.lossKwPerK * (milkCel - ROOM_CEL);
    return this.heatKw / this.efficiency / HEATER.powerKw;
  }
}

/** Plug flow in cells of equal volume: what goes in comes out in order, later by volume ÷ flow, and cooler. */
export class HoldingTube {
  readonly #cells = Math.round(TUBE.litres / TUBE.cellLitres);
  readonly #enteredCel = new Float64Array(this.#cells);
  readonly #enteredS = new Float64Array(this.#cells);
  #oldest = 0;
  #litres = 0;
  #heatLitres = 0;
  #timeS = 0;

  /** Temperature at the end of the tube. */
  outletCel = ROOM_CEL;
  /** True where the milk now leaving was hot enough for long enough. */
  outletPasteurised = false;

  step(dtS: number, litresPerS: number, inletCel: number): void {
    this.#timeS += dtS;
    this.#litres += litresPerS * dtS;
    this.#heatLitres += litresPerS * dtS * inletCel;
    while (this.#litres >= TUBE.cellLitres) {
      const meanCel = this.#heatLitres / this.#litres;
      this.#enteredCel[this.#oldest] = meanCel;
      this.#enteredS[this.#oldest] = this.#timeS;
      this.#oldest = (this.#oldest + 1) % this.#cells;
      this.#litres -= TUBE.cellLitres;
      this.#heatLitres -= meanCel * TUBE.cellLitres;
    }
    const enteredCel = this.#enteredCel[this.#oldest]!;
    const dwellS = this.#timeS - this.#enteredS[this.#oldest]!;
    this.outletCel = ROOM_CEL + (enteredCel - ROOM_CEL) * Math.exp(-TUBE.lossPerS * dwellS);
    this.outletPasteurised = enteredCel >= PASTEURISED.minCel && dwellS >= PASTEURISED.holdS;
  }

  /** Fills the tube as after a long time at these conditions. */
  settle(inletCel: number, litresPerS: number): void {
    for (let n = 0; n < this.#cells; n++) {
      this.#enteredCel[(this.#oldest + n) % this.#cells] = inletCel;
      this.#enteredS[(this.#oldest + n) % this.#cells] =
        this.#timeS - ((this.#cells - n) * TUBE.cellLitres) / litresPerS;
    }
    this.step(0, litresPerS, inletCel);
  }
}
