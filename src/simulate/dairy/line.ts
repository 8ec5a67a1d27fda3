/**
 * The whole dairy line in plant time: physics, two controllers, operators, polling clients, attacks. `advanceTo` moves the plant;
 * who carries the clients' requests to the controllers (sockets, or `exchanges` in virtual time) is somebody else's business.
 */
import { ERROR_CODES, FiredoorError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import type { TimeUs } from '../../records.ts';
import { AttackRun } from '../attack-run.ts';
import { attackByName } from '../attacks.ts';
import type { ClientScript, Poller } from '../client-script.ts';
import type { PlantEvent } from '../plant.ts';
import { DAIRY_ADDRESSES, type DairyController } from './addresses.ts';
import { STEP_S } from './constants.ts';
import { Filler } from './filler.ts';
import { historianPoller, hmiPoller, type StartNumberSeen } from './hmi.ts';
import { Operators } from './operators.ts';
import { Pasteuriser } from './pasteuriser.ts';
import { type Counted, DairyPlant } from './plant.ts';

export interface DairyOptions {
  readonly seed: number;
  /** Plant time at the start. */
  readonly startUs: TimeUs;
  /** Local time of day at the start [s]; default 08:00, in production, so that a demo is alive at any hour. */
  readonly localStartS?: number;
  /** Hears when a client read a controller's start number. */
  readonly startNumberSeen?: StartNumberSeen;
}

/** What is true, as against what is shown. */
export interface DairyTruth {
  readonly timeUs: TimeUs;
  /** True values by tag name. */
  readonly values: Readonly<Record<string, number>>;
  readonly counted: Counted;
  readonly doorOpen: boolean;
  readonly producing: boolean;
  readonly attacks: readonly {
    readonly name: string;
    readonly ended: boolean;
    readonly outcomes: AttackRun['outcomes'];
  }[];
  /** The latest events, oldest first. */
  readonly events: readonly PlantEvent[];
}

/** Ground-truth events kept; a day has about a hundred. */
const EVENTS_MAX = 5_000;
/** Attacks at once, ended ones included, so that a truth file stays readable. */
const ATTACKS_MAX = 32;
const LOCAL_START_S = 8 * 3600;
const STEP_US = STEP_S * 1e6;

export class DairyLine {
  readonly plant: DairyPlant;
  readonly p1: Pasteuriser;
  readonly f1: Filler;
  readonly clients: ClientScript[];
  readonly events: PlantEvent[] = [];
  readonly startUs: TimeUs;
  /** Random number of this start; both controllers show it in input registers 8–9. */
  readonly startNumber: number;
  eventsLost = 0;
  readonly #operators: Operators;
  readonly #attacks: AttackRun[] = [];
  readonly #hmi: Readonly<Record<DairyController, Poller>>;
  #steps = 0;

  constructor(options: DairyOptions) {
    const { seed, startUs, startNumberSeen = () => undefined } = options;
    // One stream of random numbers each, so that a change in one place does not shift all others.
    const stream = (n: number): Random => new Random(Math.imul(seed | 0, 0x9e3779b1) + n);
    this.startUs = startUs;
    this.startNumber = stream(0).uint32();
    this.plant = new DairyPlant(stream(1));
    this.p1 = new Pasteuriser(this.plant, stream(2), this.startNumber);
    this.f1 = new Filler(this.plant, stream(3), this.startNumber);
    const at = (n: number): number => stream(n).uint32();
    this.#hmi = {
      P1: hmiPoller('P1', at(4), startUs, startNumberSeen),
      F1: hmiPoller('F1', at(5), startUs, startNumberSeen),
    };
    this.clients = [
      this.#hmi.P1,
      this.#hmi.F1,
      historianPoller('P1', at(6), startUs),
      historianPoller('F1', at(7), startUs),
    ];
    const context = {
      plant: this.plant,
      p1: this.p1,
      f1: this.f1,
      random: stream(8),
      send: (controller: DairyController, pdu: Uint8Array) => this.#hmi[controller].command(pdu),
      tell: (kind: string, text: string) => this.#tell(kind, text, this.nowUs),
    };
    this.#operators = new Operators(context, options.localStartS ?? LOCAL_START_S);
    if (this.#operators.producing) this.#startWarm();
    this.p1.scan();
    this.f1.scan();
  }

  /** Plant time reached. */
  get nowUs(): TimeUs {
    return this.startUs + this.#steps * STEP_US;
  }

  /** Steps the plant until `timeUs`; returns the steps made. `stepsMax` bounds the work of one call. */
  advanceTo(timeUs: TimeUs, stepsMax = Number.POSITIVE_INFINITY): number {
    let made = 0;
    while (this.nowUs + STEP_US <= timeUs && made < stepsMax) {
      this.#step();
      made++;
    }
    return made;
  }

  controller(name: string): Pasteuriser | Filler {
    return name === 'P1' ? this.p1 : this.f1;
  }

  /** Starts an attack (or the engineering work) of that name; throws BAD_USAGE for an unknown one. */
  startAttack(name: string, atUs: TimeUs = this.nowUs): AttackRun {
    const attack = attackByName(name);
    if (this.#attacks.length >= ATTACKS_MAX) {
      throw new FiredoorError(ERROR_CODES.BAD_USAGE, `The demo has already seen ${ATTACKS_MAX} attacks; restart it.`);
    }
    const address = DAIRY_ADDRESSES[attack.by];
    const run = new AttackRun(attack, address, atUs, (kind, text, timeUs) => {
      this.#tell(attack.by === 'stranger' ? kind : kind.replace('attack', 'work'), text, timeUs);
      if (kind === 'attack-ended' && attack.doorOpensInS !== undefined) {
        this.#operators.openDoorSoon(attack.doorOpensInS);
      }
    });
    this.#attacks.push(run);
    this.clients.push(run);
    return run;
  }

  truth(): DairyTruth {
    const { heater, tube, inletCel, flow, rawLitres, buffer, lineSpeed, counted, doorOpen } = this.plant;
    return {
      timeUs: this.nowUs,
      values: {
        'TT-100': inletCel,
        'TT-101': heater.milkCel,
        'TT-102': tube.outletCel,
        flow,
        'JT-101': heater.powerKw,
        'LT-001': (100 * rawLitres) / 12_000,
        'LT-201': buffer.levelPercent,
        'ST-201': 100 * lineSpeed,
      },
      counted: { ...counted },
      doorOpen,
      producing: this.#operators.producing,
      attacks: this.#attacks.map(({ name, ended, outcomes }) => ({ name, ended, outcomes: [...outcomes] })),
      events: this.events.slice(-200),
    };
  }

  #startWarm(): void {
    this.plant.startWarm(75, 6);
    this.p1.startWarm();
    this.f1.startWarm();
  }

  #step(): void {
    this.#steps++;
    this.plant.step(STEP_S);
    this.#operators.step(this.#steps * STEP_S);
    if (this.#steps % 2 === 0) this.p1.scan();
    this.f1.scan();
  }

  #tell(kind: string, text: string, timeUs: TimeUs): void {
    if (this.events.length < EVENTS_MAX) this.events.push({ timeUs, kind, text });
    else this.eventsLost++;
  }
}
