import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random.ts';
import { HEATER, MILK, TUBE } from './constants.ts';
import { type Exchange, exchanges } from './exchanges.ts';
import { DairyLine } from './line.ts';
import { ProductBuffer } from './product-buffer.ts';
import { Heater, HoldingTube } from './thermal.ts';

const START_US = Date.UTC(2026, 2, 2, 8) * 1000;

/** Runs `seconds` of the line and calls `look` after each whole second. */
function run(line: DairyLine, seconds: number, look: (second: number) => void = () => undefined): Exchange[] {
  let second = Math.round((line.nowUs - line.startUs) / 1e6);
  const kept: Exchange[] = [];
  const end = second + seconds;
  while (second < end) {
    second++;
    for (const exchange of exchanges(line, line.startUs + second * 1e6)) kept.push(exchange);
    look(second);
  }
  return kept;
}

/** What the controllers show for a tag. */
function shown(line: DairyLine, name: string): number {
  const controller = line.p1.registers.tags.some((tag) => tag.name === name) ? line.p1 : line.f1;
  return controller.registers.read(controller.registers.tag(name));
}

describe('heater', () => {
  it('closes its energy balance over an hour of changing load', () => {
    const heater = new Heater();
    const random = new Random(3);
    const startCel = heater.milkCel;
    let command = 0.5;
    for (let n = 0; n < 36_000; n++) {
      if (n % 300 === 0) command = random.next();
      heater.step(0.1, command, 1.5 + 0.3 * Math.sin(n / 500), 63);
    }
    const { heatKj, carriedKj, lostKj } = heater.energy;
    const storedKj = HEATER.milkKg * MILK.kjPerKgK * (heater.milkCel - startCel);
    expect(heatKj - carriedKj - lostKj).toBeCloseTo(storedKj, 3);
    expect(heatKj).toBeGreaterThan(100_000);
  });

  it('gains about 0.22 K for each percent at 6 m³/h', () => {
    const heater = new Heater();
    const settled = (command: number): number => {
      for (let n = 0; n < 6_000; n++) heater.step(0.1, command, 6 / 3.6, 63);
      return heater.milkCel;
    };
    const before = settled(0.5);
    expect((settled(0.6) - before) / 10).toBeCloseTo(0.22, 2);
  });
});

describe('holding tube', () => {
  it.each([5, 6, 7])('delays by volume ÷ flow at %d m³/h and loses a little heat', (flow) => {
    const tube = new HoldingTube();
    tube.settle(70, flow / 3.6);
    let delayS = 0;
    while (tube.outletCel < 72 && delayS < 100) {
      tube.step(0.1, flow / 3.6, 75);
      delayS += 0.1;
    }
    expect(delayS).toBeCloseTo(TUBE.litres / (flow / 3.6), 0);
    expect(75 - tube.outletCel).toBeGreaterThan(0.3);
    expect(75 - tube.outletCel).toBeLessThan(0.5);
  });

  it('calls milk pasteurised only when it was hot enough and stayed long enough', () => {
    const tube = new HoldingTube();
    tube.settle(75, 6 / 3.6);
    expect(tube.outletPasteurised).toBe(true);
    for (let n = 0; n < 600; n++) tube.step(0.1, 6 / 3.6, 71.5);
    expect(tube.outletPasteurised).toBe(false);
    for (let n = 0; n < 600; n++) tube.step(0.1, 12 / 3.6, 75); // hot, but only 12.5 s
    expect(tube.outletPasteurised).toBe(false);
  });
});

describe('product buffer', () => {
  it('gives milk back in the order it came', () => {
    const buffer = new ProductBuffer();
    buffer.add(10, true);
    buffer.add(5, false);
    expect(buffer.take(10)).toEqual({ taken: 10, under: 0 });
    expect(buffer.take(10)).toEqual({ taken: 5, under: 5 });
  });
});

describe('normal life', () => {
  it('is the same for the same seed, and another for another', () => {
    const bytes = (seed: number): string =>
      run(new DairyLine({ seed, startUs: START_US }), 120)
        .map(({ timeUs, response }) => `${timeUs}:${Buffer.from(response).toString('hex')}`)
        .join('\n');
    const first = bytes(11);
    expect(bytes(11)).toBe(first);
    expect(bytes(12)).not.toBe(first);
  });

  it('runs a whole day: shifts, jams, breaks, cleaning, and never a bottle of under-pasteurised milk', () => {
    const line = new DairyLine({ seed: 7, startUs: START_US });
    let count = 0;
    for (const _ of exchanges(line, START_US + 86_400e6)) count++;
    const { counted } = line.truth();
    const kinds = new Set(line.events.map(({ kind }) => kind));
    expect(count).toBeGreaterThan(500_000);
    expect(counted.bottles).toBeGreaterThan(50_000);
    expect(counted.bottlesUnderPasteurised).toBe(0);
    expect(counted.litresUnderPasteurised).toBe(0);
    expect(counted.overTemperatureS).toBe(0);
    // The conveyor needs a moment to stop each time; nobody works on a running line.
    const doors = line.events.filter(({ kind }) => kind === 'door-opened').length;
    expect(counted.openDoorRunningS).toBeLessThan(4 * doors);
    for (const kind of ['door-opened', 'jam', 'break', 'cleaning', 'shut-down', 'start-up'])
      expect(kinds).toContain(kind);
    expect(line.eventsLost).toBe(0);
  }, 120_000);

  it('stops the line while the guard door is open', () => {
    const line = new DairyLine({ seed: 5, startUs: START_US });
    run(line, 10);
    expect(line.plant.lineSpeed).toBeGreaterThan(0.5);
    line.plant.doorOpen = true;
    run(line, 6);
    expect(shown(line, 'GUARD-1')).toBe(0);
    expect(shown(line, 'line.run')).toBe(0);
    expect(line.plant.lineSpeed).toBe(0);
  });

  it('trips the heater when the thermostat opens, until someone resets it', () => {
    const line = new DairyLine({ seed: 5, startUs: START_US });
    line.plant.heater.milkCel = 95;
    run(line, 3);
    expect(shown(line, 'TSH-101')).toBe(0);
    expect(shown(line, 'P1.contactor')).toBe(0);
    run(line, 120);
    expect(shown(line, 'TSH-101')).toBe(1);
    expect(shown(line, 'P1.contactor')).toBe(0);
  });

  it('diverts at once below 72.0 shown, and forwards again only after the tube is flushed', () => {
    const line = new DairyLine({ seed: 5, startUs: START_US });
    const registers = line.p1.registers;
    registers.write(registers.tag('SP-101'), 70);
    let divertedAtS = 0;
    run(line, 240, (second) => {
      if (divertedAtS === 0 && shown(line, 'FDV') === 1) divertedAtS = second;
    });
    expect(divertedAtS).toBeGreaterThan(0);
    registers.write(registers.tag('SP-101'), 75);
    let hotAtS = 0;
    let forwardAtS = 0;
    run(line, 300, (second) => {
      if (hotAtS === 0 && shown(line, 'TT-101') > 72.3) hotAtS = second;
      if (forwardAtS === 0 && shown(line, 'FDV') === 0) forwardAtS = second;
    });
    expect(forwardAtS - hotAtS).toBeGreaterThan(30);
    expect(line.plant.counted.litresUnderPasteurised).toBe(0);
  });
});

describe('attacks', () => {
  it('calibration-offset: 79 one scan later, back at 75 in about two minutes, truly 71, no diversion, bad bottles', () => {
    const line = new DairyLine({ seed: 7, startUs: START_US });
    const attack = line.startAttack('calibration-offset');
    while (!attack.ended) run(line, 1);
    const writtenUs = attack.outcomes.at(-1)!.timeUs;
    line.advanceTo(writtenUs + 400_000);
    expect(shown(line, 'TT-101')).toBeGreaterThan(78.5);
    expect(line.plant.heater.milkCel).toBeGreaterThan(74.7);
    let everDiverted = false;
    let trueBelowAtS = 0;
    let outletBelowAtS = 0;
    run(line, 600, (second) => {
      const sinceS = second - (writtenUs - START_US) / 1e6;
      everDiverted ||= shown(line, 'FDV') === 1;
      if (sinceS > 120 && sinceS < 121) {
        expect(shown(line, 'TT-101')).toBeGreaterThan(74.5);
        expect(shown(line, 'TT-101')).toBeLessThan(75.5);
      }
      if (trueBelowAtS === 0 && line.plant.heater.milkCel < 73) trueBelowAtS = second;
      if (outletBelowAtS === 0 && line.plant.tube.outletCel < 72.6) outletBelowAtS = second;
    });
    expect(line.plant.heater.milkCel).toBeCloseTo(71, 0);
    expect(shown(line, 'TT-102')).toBeCloseTo(70.6, 0);
    expect(outletBelowAtS - trueBelowAtS).toBeGreaterThanOrEqual(24);
    expect(outletBelowAtS - trueBelowAtS).toBeLessThanOrEqual(27);
    expect(everDiverted).toBe(false);
    expect(line.plant.counted.bottlesUnderPasteurised).toBeGreaterThan(100);
  });

  it('calibration-drift: no single write moves more than 0.05 K, the sum does', () => {
    const line = new DairyLine({ seed: 7, startUs: START_US });
    const attack = line.startAttack('calibration-drift');
    run(line, 2_500);
    expect(attack.ended).toBe(true);
    expect(attack.outcomes.filter(({ write }) => write)).toHaveLength(80);
    expect(shown(line, 'TT-101.offset')).toBeCloseTo(4, 3);
    expect(shown(line, 'TT-101') - line.plant.heater.milkCel).toBeCloseTo(4, 0);
  });

  it('guard-door-forced: the line runs on with the door open, only the lamp tells', () => {
    const line = new DairyLine({ seed: 7, startUs: START_US });
    line.startAttack('guard-door-forced');
    let sawOpen = false;
    run(line, 90, () => {
      if (!line.plant.doorOpen || sawOpen) return;
      sawOpen = true;
    });
    expect(sawOpen).toBe(true);
    expect(line.plant.counted.openDoorRunningS).toBeGreaterThan(15);
    expect(shown(line, 'GUARD-1')).toBe(1);
  });

  it('line-stopped: filler and conveyor stop, someone restarts them', () => {
    const line = new DairyLine({ seed: 7, startUs: START_US });
    const attack = line.startAttack('line-stopped');
    while (!attack.ended) run(line, 1);
    run(line, 8);
    expect(line.plant.lineSpeed).toBe(0);
    run(line, 400);
    expect(line.plant.lineSpeed).toBeGreaterThan(0.5);
  });

  it('setpoint-ramp: the diversion valve answers, nobody is harmed', () => {
    const line = new DairyLine({ seed: 9, startUs: START_US });
    line.startAttack('setpoint-ramp');
    let lowestSetPoint = 80;
    let diverted = false;
    run(line, 2_400, () => {
      lowestSetPoint = Math.min(lowestSetPoint, shown(line, 'SP-101'));
      diverted ||= shown(line, 'FDV') === 1;
    });
    expect(line.plant.counted.bottlesUnderPasteurised).toBe(0);
    expect(lowestSetPoint).toBeLessThan(72);
    expect(diverted).toBe(true);
  });

  it('over-temperature-hidden: truly above 92 °C, and the thermostat shows healthy', () => {
    const line = new DairyLine({ seed: 7, startUs: START_US });
    line.startAttack('over-temperature-hidden');
    run(line, 400);
    expect(line.plant.heater.milkCel).toBeGreaterThan(92);
    expect(line.plant.counted.overTemperatureS).toBeGreaterThan(30);
    expect(shown(line, 'TSH-101')).toBe(1);
    expect(shown(line, 'TT-101')).toBeLessThan(76);
  });

  it('names the attacks there are when asked for one that is not', () => {
    const line = new DairyLine({ seed: 1, startUs: START_US });
    expect(() => line.startAttack('rain')).toThrow(/no attack "rain".*calibration-offset/);
  });
});
