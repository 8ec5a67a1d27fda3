/**
 * The dairy line as it truly is: raw milk tank, pasteuriser P1 (pump, heater, holding tube, flow-diversion valve),
 * product buffer, filler and conveyor F1 with a guarded door. Upstream preheating is not modelled: milk arrives at about 63 °C.
 */
import type { Random } from '../../base/random.ts';
import type { Plant } from '../plant.ts';
import { BUFFER, RAW_TANK, ROOM_CEL, THERMOSTAT } from './constants.ts';
import { Wander } from './instruments.ts';
import { ProductBuffer } from './product-buffer.ts';
import { Heater, HoldingTube } from './thermal.ts';

/** What the controllers drive. */
export interface Actuators {
  pump: boolean;
  /** Flow the pump's drive aims at [m³/h]. */
  flowTarget: number;
  /** Heater 0…1, and the contactor that must be closed for it to act. */
  heater: number;
  heaterContactor: boolean;
  divert: boolean;
  reception: boolean;
  /** What the cleaning kitchen feeds while cleaning [°C]; NaN: milk. */
  cleaningCel: number;
  conveyor: boolean;
  /** Bottles a minute the filler aims at. */
  fillerTarget: number;
}

/** Counted truth that no wire carries. Litres and bottles; a bottle holds one litre. */
export interface Counted {
  litresForwarded: number;
  litresUnderPasteurised: number;
  bottles: number;
  bottlesUnderPasteurised: number;
  rejects: number;
  /** Seconds the conveyor moved while the guard door was truly open. */
  openDoorRunningS: number;
  /** Seconds the heater was truly above its thermostat's trip point. */
  overTemperatureS: number;
}

const FLOW_LAG_S = 3;
const CONVEYOR_LAG_S = 0.6;
const INLET_LAG_S = 40;
const REJECT_SHARE = 0.002;
/** Fouling costs 3 % of the heat over a day of production. */
const FOULING_PER_S = 0.03 / 57_600;
const FOULING_MAX = 0.06;

export class DairyPlant implements Plant {
  readonly heater = new Heater();
  readonly tube = new HoldingTube();
  readonly buffer = new ProductBuffer();
  readonly actuators: Actuators = {
    pump: false,
    flowTarget: 6,
    heater: 0,
    heaterContactor: true,
    divert: true,
    reception: false,
    cleaningCel: Number.NaN,
    conveyor: false,
    fillerTarget: 0,
  };
  readonly counted: Counted = {
    litresForwarded: 0,
    litresUnderPasteurised: 0,
    bottles: 0,
    bottlesUnderPasteurised: 0,
    rejects: 0,
    openDoorRunningS: 0,
    overTemperatureS: 0,
  };
  timeS = 0;
  rawLitres = RAW_TANK.litres * 0.6;
  /** True flow through the pasteuriser [m³/h]. */
  flow = 0;
  inletCel = ROOM_CEL;
  /** Speed of line and conveyor as part of nominal (1 = 100 bottles a minute). */
  lineSpeed = 0;
  /** 0 free … 1 jammed. */
  jam = 0;
  jamming = false;
  doorOpen = false;
  thermostatOpen = false;
  /** Divert valve position: 0 forward, 1 divert. */
  divertPosition = 1;
  #fillCredit = 0;
  #underCredit = 0;
  readonly #random: Random;
  readonly #milk: Wander;

  constructor(random: Random) {
    this.#random = random;
    this.#milk = new Wander(random, 0.35, 1500);
  }

  /** Starts in the middle of production, as if it had run for hours. */
  startWarm(outletCel: number, flow: number): void {
    this.flow = flow;
    this.inletCel = 63;
    this.actuators.pump = true;
    this.actuators.flowTarget = flow;
    this.actuators.heater = this.heater.settle(outletCel, flow / 3.6, this.inletCel);
    this.tube.settle(outletCel, flow / 3.6);
    this.buffer.add(BUFFER.litres * 0.25, true);
    this.actuators.divert = false;
    this.divertPosition = 0;
    this.actuators.conveyor = true;
    this.actuators.fillerTarget = (flow * 1000) / 60;
    this.lineSpeed = this.actuators.fillerTarget / 100;
  }

  step(dtS: number): void {
    this.timeS += dtS;
    this.#pasteurise(dtS);
    this.#fill(dtS);
  }

  #pasteurise(dtS: number): void {
    const { actuators, heater, tube, counted } = this;
    const flowTarget = actuators.pump ? actuators.flowTarget : 0;
    this.flow += ((flowTarget - this.flow) * dtS) / FLOW_LAG_S;
    if (this.flow < 0.01 && !actuators.pump) this.flow = 0;
    const litresPerS = this.flow / 3.6;
    const cleaning = !Number.isNaN(actuators.cleaningCel);
    const wander = this.#milk.step(dtS);
    if (litresPerS > 0) {
      const arriving = cleaning ? actuators.cleaningCel : 63 + wander;
      this.inletCel += ((arriving - this.inletCel) * dtS) / INLET_LAG_S;
    } else this.inletCel += ((ROOM_CEL - this.inletCel) * dtS) / 3600;
    this.#foul(dtS, cleaning);
    heater.step(dtS, actuators.heaterContactor ? actuators.heater : 0, litresPerS, this.inletCel);
    if (heater.milkCel > THERMOSTAT.tripCel) {
      this.thermostatOpen = true;
      counted.overTemperatureS += dtS;
    } else if (heater.milkCel < THERMOSTAT.resetCel) this.thermostatOpen = false;
    tube.step(dtS, litresPerS, heater.milkCel);
    // The valve needs about a second to travel.
    this.divertPosition += (((actuators.divert ? 1 : 0) - this.divertPosition) * dtS) / 0.4;
    const forward = this.divertPosition < 0.5 ? litresPerS * dtS : 0;
    if (!cleaning) this.rawLitres -= forward;
    if (actuators.reception) this.rawLitres += RAW_TANK.inflowLitresPerS * dtS;
    this.rawLitres = Math.min(Math.max(this.rawLitres, 0), RAW_TANK.litres);
    if (forward === 0) return;
    counted.litresForwarded += forward;
    if (!tube.outletPasteurised) counted.litresUnderPasteurised += forward;
    this.buffer.add(Math.min(forward, BUFFER.litres - this.buffer.litres), tube.outletPasteurised);
  }

  #foul(dtS: number, cleaning: boolean): void {
    if (cleaning) this.heater.efficiency += (1 - this.heater.efficiency) * (dtS / 600);
    else if (this.flow > 0.5) {
      this.heater.efficiency = Math.max(1 - FOULING_MAX, this.heater.efficiency - FOULING_PER_S * dtS);
    }
  }

  #fill(dtS: number): void {
    const { actuators, counted, buffer } = this;
    const target = actuators.conveyor ? actuators.fillerTarget / 100 : 0;
    this.lineSpeed += ((target - this.lineSpeed) * dtS) / CONVEYOR_LAG_S;
    if (this.lineSpeed < 0.005 && target === 0) this.lineSpeed = 0;
    if (this.jamming && this.lineSpeed > 0) this.jam = Math.min(1, this.jam + dtS / 12);
    if (this.doorOpen && this.lineSpeed > 0.02) counted.openDoorRunningS += dtS;
    this.#fillCredit += (this.lineSpeed * 100 * dtS) / 60;
    if (this.#fillCredit < 1) return;
    this.#fillCredit -= 1;
    const { taken, under } = buffer.take(1);
    if (taken < 0.99) return; // nothing to fill: an empty bottle passes and is not counted
    counted.bottles += 1;
    this.#underCredit += under;
    if (this.#underCredit >= 1) {
      this.#underCredit -= 1;
      counted.bottlesUnderPasteurised += 1;
    }
    if (this.#random.next() < REJECT_SHARE) counted.rejects += 1;
  }

  /** Someone takes the fallen bottles out. */
  clearJam(): void {
    this.jam = 0;
    this.jamming = false;
  }
}
