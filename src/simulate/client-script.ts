/** What a simulated client does on the wire: one request at a time, each due at a plant time. The same scripts run over sockets and in virtual time. */
import type { Random } from '../base/random.ts';
import type { TimeUs } from '../records.ts';
import {
  finishTcp,
  putRange,
  putWriteCoil,
  putWriteCoils,
  putWriteRegisters,
  TCP_PDU_AT,
} from '../sense/protocols/modbus/encode.ts';
import { ADU_BYTES_MAX, MBAP_BYTES } from '../sense/protocols/modbus/framing.ts';
import type { PlantTag } from './plant.ts';
import { toWords } from './register-map.ts';

export interface ClientScript {
  readonly name: string;
  /** Address the client binds. */
  readonly address: string;
  /** Name of the controller it talks to. */
  readonly controller: string;
  /** When the next request is due; `Infinity` when the script has ended. */
  readonly nextUs: TimeUs;
  /** The request PDU now due. */
  ask(timeUs: TimeUs): Uint8Array;
  /** The answer PDU, or null where none came. Called once for each `ask`. */
  answer(pdu: Uint8Array | null, timeUs: TimeUs): void;
}

/** Puts PDUs into Modbus/TCP messages with running transaction numbers. The message lies in a buffer the next call overwrites. */
export class Transactions {
  #transaction: number;
  readonly #buffer = new Uint8Array(ADU_BYTES_MAX);

  constructor(first = 0) {
    this.#transaction = first & 0xffff;
  }

  wrap(pdu: Uint8Array, unit: number): Uint8Array {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    this.#buffer.set(pdu, TCP_PDU_AT);
    return this.#buffer.subarray(0, finishTcp(this.#buffer, 0, TCP_PDU_AT + pdu.length, this.#transaction, unit));
  }
}

/** The PDU inside a Modbus/TCP message. */
export function pduOf(message: Uint8Array): Uint8Array {
  return message.subarray(MBAP_BYTES);
}

/** A PDU as written by `put`. */
export function pdu(put: (out: Uint8Array) => number): Uint8Array {
  const out = new Uint8Array(ADU_BYTES_MAX);
  return out.slice(0, put(out));
}

export const readPdu = (code: number, address: number, quantity: number): Uint8Array =>
  pdu((out) => putRange(out, 0, code, address, quantity));

/** Write of an engineering value: function 5 or 15 for coils, 16 for registers. */
export function writeTagPdu(tag: PlantTag, value: number): Uint8Array {
  if (tag.area === 'coil') return pdu((out) => putWriteCoil(out, 0, tag.address, value !== 0));
  return pdu((out) => putWriteRegisters(out, 0, tag.address, toWords(tag, value)));
}

export const writeCoilsPdu = (address: number, bits: readonly number[]): Uint8Array =>
  pdu((out) => putWriteCoils(out, 0, address, bits));

/** One read of a polling client. */
export interface Poll {
  readonly pdu: Uint8Array;
  /** Asked in every n-th cycle. */
  readonly everyCycles: number;
  /** Looks at a normal answer. */
  readonly seen?: (pdu: Uint8Array) => void;
}

export interface PollerOptions {
  readonly name: string;
  readonly address: string;
  readonly controller: string;
  readonly periodS: number;
  readonly polls: readonly Poll[];
  readonly startUs: TimeUs;
}

/** Commands waiting in one HMI; an operator clicks far more slowly than it empties. */
const COMMANDS_MAX = 64;
/** Standard deviation of the poll clock [s]. */
const JITTER_S = 0.012;
/** Pause between two requests of a cycle [µs]. */
const BETWEEN_US = 1_500;

/** Reads the same ranges once a period and sends operators' commands in between. */
export class Poller implements ClientScript {
  readonly name: string;
  readonly address: string;
  readonly controller: string;
  nextUs: TimeUs;
  /** Commands that found the queue full. */
  commandsLost = 0;
  readonly #options: PollerOptions;
  readonly #random: Random;
  readonly #commands: Uint8Array[] = [];
  #cycle = 0;
  #cycleUs: TimeUs;
  #index = -1;
  #current: Poll | null = null;

  constructor(options: PollerOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.name = options.name;
    this.address = options.address;
    this.controller = options.controller;
    this.#cycleUs = options.startUs + Math.round(random.next() * options.periodS * 1e6);
    this.nextUs = this.#cycleUs;
    this.#advance();
  }

  /** Sends a command with the next request. */
  command(commandPdu: Uint8Array): void {
    if (this.#commands.length < COMMANDS_MAX) this.#commands.push(commandPdu);
    else this.commandsLost++;
  }

  ask(): Uint8Array {
    const command = this.#commands.shift();
    if (command !== undefined) {
      this.#current = null;
      return command;
    }
    this.#current = this.#options.polls[this.#index]!;
    return this.#current.pdu;
  }

  answer(answerPdu: Uint8Array | null, timeUs: TimeUs): void {
    if (answerPdu !== null && answerPdu[0]! < 0x80) this.#current?.seen?.(answerPdu);
    const within = timeUs + BETWEEN_US + Math.floor(this.#random.next() * 1_000);
    const newCycle = this.#current === null ? false : this.#advance();
    if (!newCycle) {
      this.nextUs = within;
      return;
    }
    // A cycle that comes too late is skipped, as a real poller does.
    const periodUs = this.#options.periodS * 1e6;
    this.#cycleUs += periodUs;
    if (this.#cycleUs < timeUs) this.#cycleUs += Math.ceil((timeUs - this.#cycleUs) / periodUs) * periodUs;
    const jitterUs = Math.round(this.#random.normal() * JITTER_S * 1e6);
    this.nextUs = Math.max(within, this.#cycleUs + jitterUs);
  }

  /** Goes to the next poll that is due in its cycle; true where a new cycle begins. */
  #advance(): boolean {
    let newCycle = false;
    do {
      this.#index++;
      if (this.#index >= this.#options.polls.length) {
        this.#index = 0;
        this.#cycle++;
        newCycle = true;
      }
    } while (this.#cycle % this.#options.polls[this.#index]!.everyCycles !== 0);
    return newCycle;
  }
}
