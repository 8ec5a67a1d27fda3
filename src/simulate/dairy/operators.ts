/**
 * The people of the line: shifts, breaks, set-points, jams, the guard door, cleaning. They act through the HMI and with their
 * hands, on what they see at the machine. Local time of day decides; everything random comes from the seed.
 */
import type { Random } from '../../base/random.ts';
import { writeTagPdu } from '../client-script.ts';
import type { PlantTag } from '../plant.ts';
import { DAY_S } from './constants.ts';
import type { Filler } from './filler.ts';
import type { Pasteuriser } from './pasteuriser.ts';
import type { DairyPlant } from './plant.ts';

export interface OperatorsContext {
  readonly plant: DairyPlant;
  readonly p1: Pasteuriser;
  readonly f1: Filler;
  readonly random: Random;
  /** Sends a command through the HMI. */
  readonly send: (controller: 'P1' | 'F1', pdu: Uint8Array) => void;
  readonly tell: (kind: string, text: string) => void;
}

interface Task {
  readonly atS: number;
  readonly act: () => void;
}

const hours = (h: number, m = 0): number => h * 3600 + m * 60;
/** Local times of day. */
const DAY = { heatUp: hours(5, 30), fill: hours(6), stop: hours(21, 30), clean: hours(21, 40) } as const;
const BREAKS = [
  [hours(9, 30), hours(9, 45)],
  [hours(12), hours(12, 30)],
  [hours(16), hours(16, 15)],
  [hours(19), hours(19, 30)],
] as const;
const SP_101 = { min: 74, max: 78, stepMax: 2 } as const;
const SP_104 = { min: 5, max: 7, stepMax: 0.4 } as const;

export class Operators {
  readonly #context: OperatorsContext;
  readonly #startOfDayS: number;
  #tasks: Task[] = [];
  #nowS = 0;
  #producing = false;
  #atMachine = false;
  #inBreak = false;
  #idleSinceS = Number.NaN;

  /** `startOfDayS`: local time of day at plant time 0. */
  constructor(context: OperatorsContext, startOfDayS: number) {
    this.#context = context;
    this.#startOfDayS = startOfDayS;
    this.#producing = isProduction(startOfDayS);
    this.#planDay(0);
    if (this.#producing) this.#planProduction();
  }

  /** True where the line is in production at its local start time. */
  get producing(): boolean {
    return this.#producing;
  }

  step(nowS: number): void {
    this.#nowS = nowS;
    for (let task = this.#tasks[0]; task !== undefined && task.atS <= nowS; task = this.#tasks[0]) {
      this.#tasks.shift();
      task.act();
    }
    if (nowS % 1 < 0.05) this.#watch();
  }

  /** Someone opens the guard door soon: what would happen within hours anyway. */
  openDoorSoon(inS: number): void {
    this.#at(this.#nowS + inS, () => this.#openDoor('looks after a fallen bottle'));
  }

  #at(atS: number, act: () => void): void {
    const index = this.#tasks.findIndex((task) => task.atS > atS);
    this.#tasks.splice(index < 0 ? this.#tasks.length : index, 0, { atS, act });
  }

  #in(minS: number, maxS: number, act: () => void): void {
    this.#at(this.#nowS + minS + (maxS - minS) * this.#context.random.next(), act);
  }

  #planDay(dayStartS: number): void {
    const start = dayStartS - (dayStartS === 0 ? this.#startOfDayS : 0);
    const plan = (timeOfDayS: number, act: () => void): void => {
      const late = 120 * this.#context.random.next(); // nobody is punctual to the second
      if (start + timeOfDayS > this.#nowS) this.#at(start + timeOfDayS + late, act);
    };
    plan(DAY.heatUp, () => this.#startPasteuriser());
    plan(DAY.fill, () => this.#runLine('start of the shift'));
    for (const [from, until] of BREAKS) {
      plan(from, () => this.#pause());
      plan(until, () => this.#resume());
    }
    plan(DAY.stop, () => this.#shutDown());
    plan(DAY.clean, () => this.#clean());
    this.#at(start + DAY_S, () => this.#planDay(start + DAY_S));
  }

  #planProduction(): void {
    this.#in(600, 2400, () => this.#changeTemperature());
    this.#in(300, 1500, () => this.#changeFlow());
    this.#in(1500, 5400, () => this.#jam());
    this.#in(1200, 4800, () => this.#lookInside());
  }

  #startPasteuriser(): void {
    this.#producing = true;
    this.#write('P1', 'SP-101', 75);
    this.#write('P1', 'SP-104', 6);
    this.#write('P1', 'P1.run', 1);
    this.#context.tell('start-up', 'P1 heats up');
    this.#planProduction();
  }

  #shutDown(): void {
    this.#producing = false;
    this.#write('F1', 'line.run', 0);
    this.#write('P1', 'P1.run', 0);
    this.#context.tell('shut-down', 'end of the shift');
  }

  #clean(): void {
    this.#write('P1', 'cip', 1);
    this.#context.tell('cleaning', 'CIP of P1');
  }

  #pause(): void {
    this.#inBreak = true;
    this.#write('F1', 'line.run', 0);
    this.#context.tell('break', 'filler stopped for the break');
    // In breaks the filler is wiped down: the door opens while the line stands.
    this.#in(120, 300, () => this.#openDoor('wipes the filler', 120, 300));
  }

  #resume(): void {
    this.#inBreak = false;
    if (!this.#atMachine) this.#runLine('end of the break');
  }

  #changeTemperature(): void {
    if (!this.#producing) return;
    const { p1, random } = this.#context;
    const now = p1.registers.read(p1.registers.tag('SP-101'));
    const wanted = SP_101.min + Math.round((SP_101.max - SP_101.min) * random.next() * 2) / 2;
    const value = Math.min(Math.max(wanted, now - SP_101.stepMax), now + SP_101.stepMax);
    // A set-point outside the operators' range was not set by them; they bring it back.
    this.#write('P1', 'SP-101', Math.min(Math.max(value, SP_101.min), SP_101.max));
    this.#in(1800, 5400, () => this.#changeTemperature());
  }

  #changeFlow(): void {
    if (!this.#producing) return;
    const { p1, random } = this.#context;
    const now = p1.registers.read(p1.registers.tag('SP-104'));
    const step = Math.round((2 * random.next() - 1) * SP_104.stepMax * 10) / 10;
    const value = Math.min(Math.max(now + step, SP_104.min), SP_104.max);
    this.#write('P1', 'SP-104', value);
    this.#in(900, 3600, () => this.#changeFlow());
  }

  #jam(): void {
    if (!this.#producing) return;
    this.#in(2400, 7200, () => this.#jam());
    if (this.#inBreak || this.#atMachine) return;
    this.#context.plant.jamming = true;
    this.#atMachine = true;
    this.#context.tell('jam', 'bottles fall over on the conveyor');
    this.#in(35, 60, () => this.#openDoor('clears the jam'));
  }

  #lookInside(): void {
    if (!this.#producing) return;
    this.#in(3600, 9000, () => this.#lookInside());
    if (!this.#inBreak && !this.#atMachine) this.#openDoor('looks after a fallen bottle');
  }

  #openDoor(why: string, minS = 25, maxS = 90): void {
    if (this.#context.plant.doorOpen) return;
    this.#atMachine = true;
    this.#context.plant.doorOpen = true;
    this.#context.tell('door-opened', `an operator ${why}`);
    this.#in(minS, maxS, () => this.#closeDoor());
  }

  #closeDoor(): void {
    const { plant } = this.#context;
    plant.clearJam();
    plant.doorOpen = false;
    this.#context.tell('door-closed', 'guard door closed');
    this.#in(8, 20, () => {
      this.#atMachine = false;
      if (!this.#inBreak && this.#producing) this.#runLine('line cleared');
    });
  }

  #runLine(why: string): void {
    const { f1 } = this.#context;
    if (f1.registers.read(f1.registers.tag('line.run')) === 1) return;
    this.#write('F1', 'line.reset', 1);
    this.#in(2, 4, () => this.#write('F1', 'line.run', 1));
    this.#context.tell('line-started', why);
  }

  /** Someone notices a line that stands without a reason, and a pasteuriser that should run. */
  #watch(): void {
    const { f1, p1, random } = this.#context;
    const stands = f1.registers.coil[0] === 0;
    const timeOfDayS = (this.#startOfDayS + this.#nowS) % DAY_S;
    const shouldRun = this.#producing && !this.#inBreak && !this.#atMachine && timeOfDayS > DAY.fill + 300;
    if (!shouldRun || (!stands && p1.registers.coil[0] === 1)) {
      this.#idleSinceS = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#idleSinceS)) this.#idleSinceS = this.#nowS + 60 * random.next();
    if (this.#nowS - this.#idleSinceS < 150) return;
    this.#idleSinceS = Number.NaN;
    if (p1.registers.coil[0] === 0) this.#write('P1', 'P1.run', 1);
    if (stands) this.#runLine('someone noticed that the line stands');
  }

  #write(controller: 'P1' | 'F1', name: string, value: number): void {
    const device = controller === 'P1' ? this.#context.p1 : this.#context.f1;
    const tag: PlantTag = device.registers.tag(name);
    this.#context.send(controller, writeTagPdu(tag, value));
  }
}

/** True between start of filling and end of the shift. */
function isProduction(timeOfDayS: number): boolean {
  return timeOfDayS >= DAY.fill && timeOfDayS < DAY.stop;
}
