/** Plays an attack's steps as a client script, and notes what the controller (or the door before it) answered. */
import type { TimeUs } from '../records.ts';
import { FC } from '../sense/protocols/modbus/names.ts';
import type { Attack, AttackStep } from './attacks.ts';
import type { ClientScript } from './client-script.ts';

const WRITES: ReadonlySet<number> = new Set([
  FC.writeSingleCoil,
  FC.writeSingleRegister,
  FC.writeMultipleCoils,
  FC.writeMultipleRegisters,
]);

/** What became of one step. `outcome`: `ok`, `exception N`, or `no answer`. */
export interface StepOutcome {
  readonly timeUs: TimeUs;
  readonly text: string;
  readonly write: boolean;
  readonly outcome: string;
}

export class AttackRun implements ClientScript {
  readonly name: string;
  readonly address: string;
  readonly controller: string;
  readonly attack: Attack;
  readonly outcomes: StepOutcome[] = [];
  nextUs: TimeUs;
  readonly #steps: Iterator<AttackStep>;
  readonly #tell: (kind: string, text: string, timeUs: TimeUs) => void;
  #step: AttackStep | undefined;

  constructor(
    attack: Attack,
    address: string,
    startUs: TimeUs,
    tell: (kind: string, text: string, timeUs: TimeUs) => void,
  ) {
    this.attack = attack;
    this.name = attack.name;
    this.address = address;
    this.controller = attack.controller;
    this.#steps = attack.steps()[Symbol.iterator]();
    this.#tell = tell;
    this.nextUs = startUs;
    this.#take(startUs);
    tell('attack-started', `${attack.name}: ${attack.title}`, startUs);
  }

  get ended(): boolean {
    return this.#step === undefined;
  }

  ask(): Uint8Array {
    if (this.#step === undefined) throw new RangeError(`the attack ${this.name} has ended`);
    return this.#step.pdu;
  }

  answer(pdu: Uint8Array | null, timeUs: TimeUs): void {
    const step = this.#step;
    if (step === undefined) return;
    const outcome = pdu === null ? 'no answer' : pdu[0]! >= 0x80 ? `exception ${pdu[1]}` : 'ok';
    const write = WRITES.has(step.pdu[0]!);
    this.outcomes.push({ timeUs, text: step.text, write, outcome });
    if (write) this.#tell('attack-write', `${this.name}: ${step.text}: ${outcome}`, timeUs);
    this.#take(timeUs);
    if (this.ended) this.#tell('attack-ended', this.name, timeUs);
  }

  #take(fromUs: TimeUs): void {
    const next = this.#steps.next();
    this.#step = next.done === true ? undefined : next.value;
    this.nextUs = this.#step === undefined ? Number.POSITIVE_INFINITY : fromUs + this.#step.afterS * 1e6;
  }
}
