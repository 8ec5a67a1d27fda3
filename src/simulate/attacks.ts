/**
 * The attack library: shapes of public incidents, played against the demo line only. An attack has no address to aim at: it is
 * started by name, and whoever runs it decides which simulated controller answers (and checks that it is its own).
 */
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import { putIdentificationRequest } from '../sense/protocols/modbus/encode.ts';
import { FC } from '../sense/protocols/modbus/names.ts';
import { pdu, readPdu, writeCoilsPdu, writeTagPdu } from './client-script.ts';
import { F1_TAGS } from './dairy/filler.ts';
import { P1_TAGS } from './dairy/pasteuriser.ts';
import type { PlantTag } from './plant.ts';

/** One request of an attack, sent `afterS` seconds after the previous answer. */
export interface AttackStep {
  readonly afterS: number;
  readonly pdu: Uint8Array;
  readonly text: string;
}

export interface Attack {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  /** What it looks like in public reports. */
  readonly cited: string;
  readonly expected: string;
  readonly controller: 'P1' | 'F1';
  /** `stranger`: a laptop never seen before; `engineering`: a known station, so planned work, no attack. */
  readonly by: 'stranger' | 'engineering';
  /** Seconds after the last step in which an operator opens the guard door, where the story needs it. */
  readonly doorOpensInS?: number;
  readonly steps: () => Iterable<AttackStep>;
}

function tagOf(name: string): PlantTag {
  const tag = [...P1_TAGS, ...F1_TAGS].find((known) => known.name === name);
  if (tag === undefined) throw new FiredoorError(ERROR_CODES.FAILED, `The dairy line has no tag ${name}.`);
  return tag;
}

function writeStep(afterS: number, name: string, value: number): AttackStep {
  return { afterS, pdu: writeTagPdu(tagOf(name), value), text: `writes ${name} = ${value}` };
}

/** Who is this, and what does it hold: what intruders read before they write. */
function* look(from: number, count: number): Iterable<AttackStep> {
  const identify = pdu((out) => putIdentificationRequest(out, 0, 1, 0));
  yield { afterS: 1, pdu: identify, text: 'reads the device identification' };
  yield {
    afterS: 2,
    pdu: readPdu(FC.readHoldingRegisters, from, count),
    text: `reads holding ${from}–${from + count - 1}`,
  };
}

function* calibrationOffset(): Iterable<AttackStep> {
  yield* look(90, 40);
  yield { afterS: 2, pdu: readPdu(FC.readHoldingRegisters, 160, 4), text: 'reads the calibration registers' };
  yield writeStep(4, 'TT-101.offset', 4);
}

function* calibrationDrift(): Iterable<AttackStep> {
  yield* look(90, 40);
  for (let n = 1; n <= 80; n++) yield writeStep(30, 'TT-101.offset', n * 0.05);
}

function* guardDoorForced(): Iterable<AttackStep> {
  yield* look(98, 30);
  yield { afterS: 2, pdu: readPdu(FC.readCoils, 0, 48), text: 'reads the coils' };
  yield { afterS: 3, pdu: writeCoilsPdu(tagOf('GUARD-1.force').address, [1, 1]), text: 'forces GUARD-1 to closed' };
}

function* lineStopped(): Iterable<AttackStep> {
  yield* look(98, 30);
  yield writeStep(3, 'line.run', 0);
}

function* setPointRamp(): Iterable<AttackStep> {
  yield* look(98, 30);
  for (let n = 1; n <= 35; n++) yield writeStep(60, 'SP-101', 75 - n * 0.1);
}

function* overTemperatureHidden(): Iterable<AttackStep> {
  yield* look(90, 40);
  yield { afterS: 3, pdu: writeCoilsPdu(tagOf('TSH-101.force').address, [1, 1]), text: 'forces TSH-101 to healthy' };
  yield writeStep(5, 'SP-104', 4);
  yield writeStep(5, 'TT-101.offset', -25);
}

function* calibrationPlanned(): Iterable<AttackStep> {
  yield { afterS: 1, pdu: readPdu(FC.readHoldingRegisters, 160, 4), text: 'reads the calibration registers' };
  yield writeStep(20, 'TT-102.offset', 0.1);
  yield writeStep(60, 'TT-102.offset', 0);
}

function* restorePasteuriser(): Iterable<AttackStep> {
  yield writeStep(1, 'TT-101.offset', 0);
  yield { afterS: 1, pdu: writeCoilsPdu(tagOf('TSH-101.force').address, [0, 0]), text: 'removes the force on TSH-101' };
  yield writeStep(1, 'P1.reset', 1);
  yield writeStep(1, 'SP-101', 75);
  yield writeStep(1, 'SP-104', 6);
}

function* restoreFiller(): Iterable<AttackStep> {
  yield { afterS: 1, pdu: writeCoilsPdu(tagOf('GUARD-1.force').address, [0, 0]), text: 'removes the force on GUARD-1' };
}

const FROSTYGOOP =
  'FrostyGoop, Lviv, January 2024 (ATT&CK S1165): Modbus writes to heating controllers made them show false measurements';

export const ATTACKS: readonly Attack[] = [
  {
    name: 'calibration-offset',
    title: 'A stranger falsifies the temperature',
    story:
      'An unknown laptop reads who the controller is and what it holds, then adds 4.0 K to the calibration of TT-101.',
    cited: FROSTYGOOP,
    expected:
      'TT-101 shows 4 K more one scan later and is back at its set-point within about two minutes; the milk is then 4 K too cold, the diversion valve stays forward, bottles are under-pasteurised.',
    controller: 'P1',
    by: 'stranger',
    steps: calibrationOffset,
  },
  {
    name: 'calibration-drift',
    title: 'The same, in small steps',
    story: 'The calibration of TT-101 grows by 0.05 K every 30 seconds, slower than any rate limit sees.',
    cited: `${FROSTYGOOP}; slow variant as in research on stealthy bias attacks`,
    expected: 'Shown and true temperature part by 4 K in 40 minutes; the heat balance and TT-102 give it away.',
    controller: 'P1',
    by: 'stranger',
    steps: calibrationDrift,
  },
  {
    name: 'guard-door-forced',
    title: 'A guard door that is always closed',
    story: 'The input of the guard-door switch is forced to closed; later an operator opens the door and reaches in.',
    cited:
      'TRITON, 2017 (ATT&CK S1009): a safety function was made to look healthy while it no longer protected anyone',
    expected: 'The conveyor runs on with the door open; only the lamp contact still shows the door.',
    controller: 'F1',
    by: 'stranger',
    doorOpensInS: 45,
    steps: guardDoorForced,
  },
  {
    name: 'line-stopped',
    title: 'A stranger stops the line',
    story: 'An unknown laptop switches the run command of the filler off.',
    cited:
      'Unitronics controllers, November 2023 (ATT&CK C0031): controllers in small plants were stopped over the network',
    expected: 'Filler and conveyor stop at once; the buffer fills; someone notices and restarts after some minutes.',
    controller: 'F1',
    by: 'stranger',
    steps: lineStopped,
  },
  {
    name: 'setpoint-ramp',
    title: 'A set-point that sinks',
    story: 'The set-point SP-101 is lowered by 0.1 K a minute, below what operators ever use.',
    cited: 'Oldsmar, February 2021 (ATT&CK C0009): one legitimate set-point written to a harmful value; here slowly',
    expected:
      'TT-101 follows to 71.5; below 72.0 the diversion valve sends the milk back: product is lost, nobody is harmed.',
    controller: 'P1',
    by: 'stranger',
    steps: setPointRamp,
  },
  {
    name: 'over-temperature-hidden',
    title: 'Too hot, and nobody is told',
    story:
      'The thermostat input is forced to healthy, the flow lowered, and TT-101 made to read 25 K low, so the loop heats on.',
    cited: 'Stuxnet, 2010 (ATT&CK S0603): equipment driven out of its limits while the operator saw normal values',
    expected: 'The heater goes to 100 %; the milk passes 92 °C and the thermostat does not trip.',
    controller: 'P1',
    by: 'stranger',
    steps: overTemperatureHidden,
  },
  {
    name: 'calibration-planned',
    title: 'Planned calibration (no attack)',
    story: 'The instrument technician checks TT-102 from the engineering station.',
    cited: 'ordinary maintenance',
    expected: 'Quiet with an open work window on P1; without one it is an unplanned change.',
    controller: 'P1',
    by: 'engineering',
    steps: calibrationPlanned,
  },
  {
    name: 'restore-pasteuriser',
    title: 'Repair of P1 (no attack)',
    story: 'The engineering station takes offset, force and set-points of P1 back.',
    cited: 'ordinary maintenance',
    expected: 'The pasteuriser is as before.',
    controller: 'P1',
    by: 'engineering',
    steps: restorePasteuriser,
  },
  {
    name: 'restore-filler',
    title: 'Repair of F1 (no attack)',
    story: 'The engineering station removes the force on the guard door.',
    cited: 'ordinary maintenance',
    expected: 'The guard door stops the line again.',
    controller: 'F1',
    by: 'engineering',
    steps: restoreFiller,
  },
];

/** The attack of that name; throws BAD_USAGE with the names there are. */
export function attackByName(name: string): Attack {
  const attack = ATTACKS.find((known) => known.name === name);
  if (attack !== undefined) return attack;
  const names = ATTACKS.map((known) => known.name).join(', ');
  throw new FiredoorError(ERROR_CODES.BAD_USAGE, `There is no attack "${name}". Known: ${names}.`);
}
