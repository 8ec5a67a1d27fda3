/**
 * The contract of a simulated plant: true physics on one side, controllers with registers on the other.
 * The physics steps in plant time; a controller sees only what its instruments tell it and moves only its own outputs,
 * so that a falsified sensor misleads the loop exactly as it would in a factory. Nothing here is shared with detection.
 */
import type { TagRole, TimeUs } from '../records.ts';
import type { RegisterMap } from './register-map.ts';

/** True physics. `step` advances by `dtS` seconds of plant time. */
export interface Plant {
  step(dtS: number): void;
}

/** Objects of a controller's device identification by object id (Modbus 43/14). */
export type Identification = readonly (readonly [id: number, text: string])[];

/** A programmable controller: registers that the network reads and writes, and logic that runs once a scan. */
export interface Controller {
  /** Name of the plant unit it runs, e.g. `P1`. */
  readonly name: string;
  /** Modbus unit identifier it answers to. */
  readonly unitId: number;
  readonly scanS: number;
  readonly registers: RegisterMap;
  readonly identification: Identification;
  /** One scan: read inputs, run the logic, set outputs. */
  scan(): void;
}

export const REGISTER_AREAS = ['coil', 'discrete', 'input', 'holding'] as const;
export type RegisterArea = (typeof REGISTER_AREAS)[number];

/** How a value lies in registers. `-swapped`: low word first. int16 and uint16 may carry a scale. */
export type RegisterType = 'bool' | 'int16' | 'uint16' | 'uint32-swapped' | 'float32-swapped';

/** A value an engineer would name, and where the controller keeps it (address zero-based). */
export interface PlantTag {
  readonly name: string;
  readonly area: RegisterArea;
  readonly address: number;
  readonly type: RegisterType;
  /** Engineering value = register × scale. */
  readonly scale?: number;
  /** UCUM unit; empty for bits. */
  readonly unit: string;
  readonly role: TagRole;
}

/** Something that happened in the plant, told as ground truth: never visible on the wire. */
export interface PlantEvent {
  readonly timeUs: TimeUs;
  /** Stable kebab-case kind, e.g. `door-opened`, `attack-started`. */
  readonly kind: string;
  readonly text: string;
}
