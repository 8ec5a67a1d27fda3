/** Controller F1: filler and conveyor, jam trip, guard-door interlock. */
import type { Random } from '../../base/random.ts';
import type { Controller, Identification, PlantTag } from '../plant.ts';
import { RegisterMap } from '../register-map.ts';
import { Instrument } from './instruments.ts';
import type { DairyPlant } from './plant.ts';

const float = { area: 'holding', type: 'float32-swapped' } as const;
const counter = { area: 'holding', type: 'uint32-swapped', unit: '', role: 'measurement' } as const;
const coil = { area: 'coil', type: 'bool', unit: '' } as const;
const discrete = { area: 'discrete', type: 'bool', unit: '' } as const;

export const F1_TAGS = [
  { name: 'LT-201', address: 100, unit: '%', role: 'measurement', ...float },
  { name: 'ST-201', address: 102, unit: '/min', role: 'measurement', ...float },
  { name: 'ST-202', address: 104, unit: 'm/min', role: 'measurement', ...float },
  { name: 'IT-201', area: 'holding', address: 106, type: 'int16', scale: 0.1, unit: '%', role: 'measurement' },
  { name: 'bottles', address: 108, ...counter },
  { name: 'rejects', address: 110, ...counter },
  { name: 'SP-201', address: 120, unit: '/min', role: 'setpoint', ...float },
  { name: 'line.run', address: 0, role: 'command', ...coil },
  { name: 'line.reset', address: 4, role: 'command', ...coil },
  { name: 'GUARD-1.force', address: 40, role: 'safety', ...coil },
  { name: 'GUARD-1.force-value', address: 41, role: 'safety', ...coil },
  { name: 'line.running', address: 0, role: 'status', ...discrete },
  { name: 'line.jam', address: 1, role: 'status', ...discrete },
  { name: 'GUARD-1', address: 3, role: 'safety', ...discrete },
  { name: 'GUARD-1.lamp', address: 5, role: 'status', ...discrete },
  { name: 'F1.scans', area: 'input', address: 0, type: 'uint16', unit: '', role: 'status' },
  { name: 'F1.start-number', area: 'input', address: 8, type: 'uint32-swapped', unit: '', role: 'status' },
] as const satisfies readonly PlantTag[];

/** Motor load that trips the line, and for how long it must last. */
const JAM_TRIP = { percent: 95, s: 2 } as const;
/** Buffer level the filler's speed holds [%], bottles a minute per % of deviation, limits. */
const LEVEL = { target: 25, gain: 6, min: 60, max: 130 } as const;
const CONVEYOR_M_PER_MIN = 18;

export class Filler implements Controller {
  readonly name = 'F1';
  readonly unitId = 1;
  readonly scanS = 0.1;
  readonly registers = new RegisterMap({ coil: 64, discrete: 32, input: 16, holding: 200 }, F1_TAGS);
  readonly identification: Identification = [
    [0, 'WAGO'],
    [1, '750-8212'],
    [2, '04.05.10'],
    [4, 'PFC200'],
    [6, 'Filler F1'],
  ];
  readonly #plant: DairyPlant;
  readonly #tag: Readonly<Record<string, PlantTag>>;
  readonly #lt201: Instrument;
  readonly #st201: Instrument;
  readonly #st202: Instrument;
  readonly #it201: Instrument;
  #overloadS = 0;
  #jammed = false;
  #scans = 0;

  constructor(plant: DairyPlant, random: Random, startNumber: number) {
    this.#plant = plant;
    this.#tag = Object.fromEntries(F1_TAGS.map((tag) => [tag.name, tag]));
    this.#lt201 = new Instrument(random, { lagS: 2, noise: 0.15, step: 0.05 });
    this.#st201 = new Instrument(random, { lagS: 0.3, noise: 0.3, step: 0.1 });
    this.#st202 = new Instrument(random, { lagS: 0.3, noise: 0.02, step: 0.01 });
    this.#it201 = new Instrument(random, { lagS: 0.4, noise: 0.8, step: 0.1, drift: 0.6 });
    this.#set('SP-201', 100);
    this.#set('F1.start-number', startNumber);
  }

  /** Joins a line that is running. */
  startWarm(): void {
    this.#set('line.run', 1);
  }

  scan(): void {
    const plant = this.#plant;
    const speed = plant.lineSpeed;
    this.#set('LT-201', this.#lt201.read(plant.buffer.levelPercent, this.scanS));
    this.#set('ST-201', speed === 0 ? 0 : Math.max(0, this.#st201.read(speed * 100, this.scanS)));
    this.#set('ST-202', speed === 0 ? 0 : Math.max(0, this.#st202.read(speed * CONVEYOR_M_PER_MIN, this.scanS)));
    const load = speed < 0.02 ? 0 : 16 + 34 * speed + 60 * plant.jam;
    this.#set('IT-201', load === 0 ? 0 : this.#it201.read(load, this.scanS));
    this.#set('bottles', plant.counted.bottles);
    this.#set('rejects', plant.counted.rejects);
    this.#interlock();
    this.#drive();
  }

  /** Door open (as the controller is told) or jam: the line stops and stays so until someone starts it again. */
  #interlock(): void {
    const closed = this.#plant.doorOpen ? 0 : 1;
    const forced = this.#get('GUARD-1.force') === 1;
    this.#set('GUARD-1', forced ? this.#get('GUARD-1.force-value') : closed);
    // The lamp hangs on the switch's second contact: it shows the door, and takes no part in the interlock.
    this.#set('GUARD-1.lamp', closed === 1 ? 0 : 1);
    this.#overloadS = this.#get('IT-201') > JAM_TRIP.percent ? this.#overloadS + this.scanS : 0;
    if (this.#overloadS > JAM_TRIP.s) this.#jammed = true;
    if (this.#get('line.reset') === 1 && this.#plant.jam === 0) this.#jammed = false;
    this.#set('line.reset', 0);
    if (this.#get('GUARD-1') === 0 || this.#jammed) this.#set('line.run', 0);
    this.#set('line.jam', this.#jammed ? 1 : 0);
  }

  #drive(): void {
    const { actuators } = this.#plant;
    const level = this.#get('LT-201');
    const correction = LEVEL.gain * (level - LEVEL.target);
    const target = Math.min(Math.max(this.#get('SP-201') + correction, LEVEL.min), LEVEL.max);
    const running = this.#get('line.run') === 1;
    // Too little product: the conveyor waits, the order to run stands.
    const product = level > (actuators.conveyor ? 3 : 10);
    actuators.conveyor = running && product;
    actuators.fillerTarget = target;
    this.#set('line.running', actuators.conveyor ? 1 : 0);
    this.#scans = (this.#scans + 1) & 0xffff;
    this.#set('F1.scans', this.#scans);
  }

  #get(name: (typeof F1_TAGS)[number]['name']): number {
    return this.registers.read(this.#tag[name]!);
  }

  #set(name: (typeof F1_TAGS)[number]['name'], value: number): void {
    this.registers.write(this.#tag[name]!, value);
  }
}
