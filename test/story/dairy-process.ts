/** The dairy line in virtual time, its tags polled once a second into process detection: no network, no sockets. */
import { readFileSync } from 'node:fs';
import { tagSpecOf } from '../../src/jobs/pipeline/tag-spec.ts';
import type { Finding, TimeUs } from '../../src/records.ts';
import { DairyLine } from '../../src/simulate/dairy/line.ts';
import type { PlantTag } from '../../src/simulate/plant.ts';
import type { RegisterMap } from '../../src/simulate/register-map.ts';
import { ProcessWatch } from '../../src/understand/detect/process/watch.ts';
import { loadSite } from '../../src/understand/plant/load.ts';

const START_US = Date.UTC(2026, 2, 2, 8) * 1000;
/** A state must last this long before it counts. [s] */
const DWELL_S = 30;

interface Polled {
  readonly name: string;
  readonly index: number;
  readonly registers: RegisterMap;
  readonly tag: PlantTag;
}

/** Changes what a poll shows: value in, value out; NaN for no sample. */
export type Tamper = (tag: string, seconds: number, value: number) => number;

export class DairyStory {
  readonly line: DairyLine;
  readonly watch: ProcessWatch;
  readonly findings: Finding[] = [];
  tamper: Tamper | undefined;
  readonly #polled: Polled[] = [];
  #seconds = 0;
  readonly #states = { P1: '', F1: '' };
  readonly #wanted = { P1: { state: '', since: 0 }, F1: { state: '', since: 0 } };

  constructor(seed: number) {
    this.line = new DairyLine({ seed, startUs: START_US });
    const site = loadSite(readFileSync('examples/dairy-north.yaml', 'utf8'), 'dairy-north.yaml');
    const tags = site.units.flatMap((unit) => unit.tags);
    this.watch = new ProcessWatch({ tags: tags.map(tagSpecOf), onFinding: (finding) => this.findings.push(finding) });
    for (const { registers } of [this.line.p1, this.line.f1]) {
      for (const tag of registers.tags) {
        const index = this.watch.indexOf(tag.name);
        if (index >= 0) this.#polled.push({ name: tag.name, index, registers, tag });
      }
    }
  }

  /** Plant seconds since the start. */
  get seconds(): number {
    return this.#seconds;
  }

  get nowUs(): TimeUs {
    return START_US + this.#seconds * 1e6;
  }

  /** Runs the plant for so many seconds, one poll a second. */
  run(seconds: number): void {
    for (let k = 0; k < seconds; k += 1) {
      this.#seconds += 1;
      this.line.advanceTo(this.nowUs);
      this.#tellStates();
      for (const { name, index, registers, tag } of this.#polled) {
        const value = registers.read(tag);
        const shown = this.tamper === undefined ? value : this.tamper(name, this.#seconds, value);
        if (!Number.isNaN(shown)) this.watch.sample(index, this.nowUs, shown);
      }
      this.watch.tick(this.nowUs);
    }
  }

  #tellStates(): void {
    const { p1, f1 } = this.line;
    const read = (registers: RegisterMap, name: string) => registers.read(registers.tag(name));
    const p1State =
      read(p1.registers, 'cip') === 1 ? 'cleaning' : read(p1.registers, 'flow') > 0.5 ? 'running' : 'stopped';
    this.#tell('P1', p1State);
    this.#tell('F1', read(f1.registers, 'line.running') === 1 ? 'running' : 'stopped');
  }

  #tell(unit: 'P1' | 'F1', state: string): void {
    const wanted = this.#wanted[unit];
    if (wanted.state !== state) {
      wanted.state = state;
      wanted.since = this.#seconds;
    }
    if (this.#states[unit] === state || (this.#states[unit] !== '' && this.#seconds - wanted.since < DWELL_S)) return;
    this.#states[unit] = state;
    this.watch.setState(unit, state, this.nowUs);
  }
}
