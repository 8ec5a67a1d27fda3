/** Controller P1: pump, temperature loop, diversion valve, cleaning, thermostat. It knows only what its instruments say. */
import type { Random } from '../../base/random.ts';
import type { Controller, Identification, PlantTag } from '../plant.ts';
import { RegisterMap } from '../register-map.ts';
import { RAW_TANK } from './constants.ts';
import { Instrument } from './instruments.ts';
import type { DairyPlant } from './plant.ts';

const float = { area: 'holding', type: 'float32-swapped' } as const;
const coil = { area: 'coil', type: 'bool', unit: '' } as const;
const discrete = { area: 'discrete', type: 'bool', unit: '' } as const;

export const P1_TAGS = [
  { name: 'TT-100', address: 98, unit: 'Cel', role: 'measurement', ...float },
  { name: 'TT-101', address: 100, unit: 'Cel', role: 'measurement', ...float },
  { name: 'TT-102', address: 102, unit: 'Cel', role: 'measurement', ...float },
  { name: 'flow', address: 104, unit: 'm3/h', role: 'measurement', ...float },
  { name: 'LT-001', address: 106, unit: '%', role: 'measurement', ...float },
  { name: 'JT-101', address: 108, unit: 'kW', role: 'measurement', ...float },
  { name: 'FQ-104', area: 'holding', address: 110, type: 'uint32-swapped', unit: 'L', role: 'measurement' },
  { name: 'SP-101', address: 120, unit: 'Cel', role: 'setpoint', ...float },
  { name: 'SP-104', address: 122, unit: 'm3/h', role: 'setpoint', ...float },
  { name: 'cip.step', area: 'holding', address: 130, type: 'int16', unit: '', role: 'status' },
  { name: 'heater', area: 'holding', address: 140, type: 'int16', scale: 0.1, unit: '%', role: 'command' },
  { name: 'TT-101.offset', address: 160, unit: 'K', role: 'calibration', ...float },
  { name: 'TT-102.offset', address: 162, unit: 'K', role: 'calibration', ...float },
  { name: 'P1.run', address: 0, role: 'command', ...coil },
  { name: 'TIC-101.auto', address: 4, role: 'status', ...coil },
  { name: 'P1.reset', address: 5, role: 'command', ...coil },
  { name: 'cip', address: 8, role: 'status', ...coil },
  { name: 'FDV', address: 12, role: 'command', ...coil },
  { name: 'TSH-101.force', address: 40, role: 'safety', ...coil },
  { name: 'TSH-101.force-value', address: 41, role: 'safety', ...coil },
  { name: 'P1.flowing', address: 0, role: 'status', ...discrete },
  { name: 'P1.pump', address: 1, role: 'status', ...discrete },
  { name: 'P1.contactor', address: 2, role: 'status', ...discrete },
  { name: 'TSH-101', address: 4, role: 'safety', ...discrete },
  { name: 'LSH-201', address: 5, role: 'status', ...discrete },
  { name: 'FDV.diverted', address: 6, role: 'status', ...discrete },
  { name: 'P1.reception', address: 7, role: 'status', ...discrete },
  { name: 'P1.scans', area: 'input', address: 0, type: 'uint16', unit: '', role: 'status' },
  { name: 'P1.start-number', area: 'input', address: 8, type: 'uint32-swapped', unit: '', role: 'status' },
] as const satisfies readonly PlantTag[];

/** Cleaning: length [s], temperature of what comes in, set-point (NaN: heater off). */
const CIP_STEPS = [
  { s: 480, inCel: 15, heatTo: Number.NaN },
  { s: 900, inCel: 65, heatTo: 78 },
  { s: 420, inCel: 15, heatTo: Number.NaN },
  { s: 480, inCel: 55, heatTo: 65 },
  { s: 420, inCel: 12, heatTo: Number.NaN },
] as const;
const CIP_FLOW = 6.8;
const DIVERT_BELOW_CEL = 72;
/** TT-101 must show enough for this long before milk goes forward: longer than the tube takes at the least flow. */
const FORWARD_AFTER_S = 40;
/** Gain [%/K] and reset time [s] of the temperature loop. */
const LOOP = { gain: 3, resetS: 22 } as const;
/** Below this the flow meter says zero [m³/h]. */
const FLOW_CUT_OFF = 0.05;

export class Pasteuriser implements Controller {
  readonly name = 'P1';
  readonly unitId = 1;
  readonly scanS = 0.2;
  readonly registers = new RegisterMap({ coil: 64, discrete: 32, input: 16, holding: 200 }, P1_TAGS);
  readonly identification: Identification = [
    [0, 'Schneider Electric'],
    [1, 'TM221CE24R'],
    [2, 'V1.10.2'],
    [4, 'Modicon M221'],
    [5, 'TM221CE24R'],
    [6, 'Pasteuriser P1'],
  ];
  readonly #plant: DairyPlant;
  readonly #tag: Readonly<Record<string, PlantTag>>;
  readonly #tt100: Instrument;
  readonly #tt101: Instrument;
  readonly #tt102: Instrument;
  readonly #ft104: Instrument;
  readonly #lt001: Instrument;
  readonly #jt101: Instrument;
  #integral = 0;
  #hotForS = 0;
  #litres = 0;
  #cipS = 0;
  #tripped = false;
  #divertAsked = false;
  #divertShown = 1;
  #scans = 0;

  /** `startNumber`: random number of this start, by which its own clients know that they talk to this very simulation. */
  constructor(plant: DairyPlant, random: Random, startNumber: number) {
    this.#plant = plant;
    this.#tag = Object.fromEntries(P1_TAGS.map((tag) => [tag.name, tag]));
    this.#tt100 = new Instrument(random, { lagS: 3, noise: 0.04, step: 0.01, drift: 0.03 });
    this.#tt101 = new Instrument(random, { lagS: 2, noise: 0.04, step: 0.01, drift: 0.03 });
    this.#tt102 = new Instrument(random, { lagS: 2, noise: 0.04, step: 0.01, drift: 0.03 });
    this.#ft104 = new Instrument(random, { lagS: 0.5, noise: 0.015, step: 0.001 });
    this.#lt001 = new Instrument(random, { lagS: 2, noise: 0.04, step: 0.02 });
    this.#jt101 = new Instrument(random, { lagS: 0.5, noise: 0.25, step: 0.05 });
    this.#set('SP-101', 75);
    this.#set('SP-104', 6);
    this.#set('TIC-101.auto', 1);
    this.#set('P1.start-number', startNumber);
    this.#set('FDV', 1);
  }

  /** Joins a plant that has been producing for hours. */
  startWarm(): void {
    const { actuators } = this.#plant;
    this.#set('P1.run', 1);
    this.#set('FDV', 0);
    this.#divertShown = 0;
    this.#hotForS = FORWARD_AFTER_S;
    this.#integral = actuators.heater * 100;
    this.#set('SP-104', actuators.flowTarget);
  }

  scan(): void {
    const plant = this.#plant;
    this.#measure();
    const cleaning = this.#get('cip') === 1;
    const enoughMilk = cleaning || this.#get('LT-001') > 5;
    plant.actuators.pump = (this.#get('P1.run') === 1 || cleaning) && enoughMilk;
    const step = cleaning ? this.#clean() : undefined;
    if (step === undefined) {
      this.#cipS = 0;
      this.#set('cip.step', 0);
      plant.actuators.cleaningCel = Number.NaN;
      plant.actuators.flowTarget = Math.min(Math.max(this.#get('SP-104'), 0), 8);
    }
    this.#guardHeater();
    this.#control(step === undefined ? this.#get('SP-101') : step.heatTo);
    this.#divert(cleaning);
    this.#receive();
    this.#status();
  }

  #measure(): void {
    const { heater, tube, inletCel, flow, rawLitres, actuators } = this.#plant;
    this.#set('TT-100', this.#tt100.read(inletCel, this.scanS));
    this.#set('TT-101', this.#tt101.read(heater.milkCel, this.scanS) + this.#get('TT-101.offset'));
    this.#set('TT-102', this.#tt102.read(tube.outletCel, this.scanS) + this.#get('TT-102.offset'));
    const measured = flow < FLOW_CUT_OFF ? 0 : this.#ft104.read(flow, this.scanS);
    this.#set('flow', measured);
    this.#litres += (measured / 3.6) * this.scanS;
    this.#set('FQ-104', Math.floor(this.#litres));
    this.#set('LT-001', this.#lt001.read((100 * rawLitres) / RAW_TANK.litres, this.scanS));
    this.#set('JT-101', Math.max(0, this.#jt101.read(actuators.heaterContactor ? heater.powerKw : 0, this.scanS)));
  }

  /** The step of the cleaning programme now due; undefined when it has just ended. */
  #clean(): (typeof CIP_STEPS)[number] | undefined {
    this.#cipS += this.scanS;
    let rest = this.#cipS;
    for (const [index, step] of CIP_STEPS.entries()) {
      if (rest < step.s) {
        this.#set('cip.step', index + 1);
        this.#plant.actuators.cleaningCel = step.inCel;
        this.#plant.actuators.flowTarget = CIP_FLOW;
        return step;
      }
      rest -= step.s;
    }
    this.#set('cip', 0);
    return undefined;
  }

  /** The thermostat's contact (or what is forced in its place) opens the contactor until someone resets it. */
  #guardHeater(): void {
    const healthy =
      this.#get('TSH-101.force') === 1 ? this.#get('TSH-101.force-value') : this.#plant.thermostatOpen ? 0 : 1;
    this.#set('TSH-101', healthy);
    if (healthy === 0) this.#tripped = true;
    else if (this.#get('P1.reset') === 1) this.#tripped = false;
    this.#set('P1.reset', 0);
    this.#plant.actuators.heaterContactor = !this.#tripped;
  }

  #control(setPoint: number): void {
    const flowing = this.#get('flow') > 0.5;
    let output = this.#get('heater');
    if (!flowing || this.#tripped || Number.isNaN(setPoint)) {
      output = 0;
      this.#integral = 0;
    } else if (this.#get('TIC-101.auto') === 1) {
      const error = setPoint - this.#get('TT-101');
      const wanted = LOOP.gain * error + this.#integral;
      // Integrate only where it does not drive further into the limit.
      if ((wanted < 100 || error < 0) && (wanted > 0 || error > 0)) {
        this.#integral += (LOOP.gain * error * this.scanS) / LOOP.resetS;
      }
      output = Math.min(Math.max(LOOP.gain * error + this.#integral, 0), 100);
    } else this.#integral = output; // bumpless return to automatic
    this.#set('heater', output);
    this.#plant.actuators.heater = this.#get('heater') / 100;
  }

  /** Milk that shows less than 72.0 goes back; so does milk with no room behind, and whenever an operator asks. */
  #divert(cleaning: boolean): void {
    const coilNow = this.#get('FDV');
    // A change of the coil since the last scan came from outside: an operator's request.
    if (coilNow !== this.#divertShown) this.#divertAsked = coilNow === 1;
    const plant = this.#plant;
    const hot = this.#get('TT-101') >= DIVERT_BELOW_CEL && this.#get('flow') > 0.5 && !cleaning;
    this.#hotForS = hot ? this.#hotForS + this.scanS : 0;
    const level = plant.buffer.levelPercent;
    if (level > 85) this.#set('LSH-201', 1);
    else if (level < 70) this.#set('LSH-201', 0);
    const divert = this.#divertAsked || this.#hotForS < FORWARD_AFTER_S || this.#get('LSH-201') === 1;
    plant.actuators.divert = divert;
    this.#divertShown = divert ? 1 : 0;
    this.#set('FDV', this.#divertShown);
  }

  #receive(): void {
    const level = this.#get('LT-001');
    if (level < 40) this.#plant.actuators.reception = true;
    else if (level > 85) this.#plant.actuators.reception = false;
  }

  #status(): void {
    const { actuators, divertPosition } = this.#plant;
    this.#set('P1.flowing', this.#get('flow') > 0.5 ? 1 : 0);
    this.#set('P1.pump', actuators.pump ? 1 : 0);
    this.#set('P1.contactor', actuators.heaterContactor ? 1 : 0);
    this.#set('FDV.diverted', divertPosition > 0.5 ? 1 : 0);
    this.#set('P1.reception', actuators.reception ? 1 : 0);
    this.#scans = (this.#scans + 1) & 0xffff;
    this.#set('P1.scans', this.#scans);
  }

  #get(name: (typeof P1_TAGS)[number]['name']): number {
    return this.registers.read(this.#tag[name]!);
  }

  #set(name: (typeof P1_TAGS)[number]['name'], value: number): void {
    this.registers.write(this.#tag[name]!, value);
  }
}
