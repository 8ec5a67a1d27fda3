/**
 * One plant unit: turns irregular samples into rows, learns one joint model a state, and judges rows against it.
 *
 * A row closes when a tag that already gave its value for the row gives another one: so a row is one poll of all tags.
 */
import { JOINT_TAGS_MAX, LEARN_ROWS_MAX, STATES_MAX } from '../../../limits.ts';
import { type JointModel, jointRowsMin, learnJoint } from './joint/model.ts';
import { JointStream } from './joint/stream.ts';
import { fromPlain, toPlain } from './plain.ts';
import type { TagProfiles } from './profile.ts';
import { type TwinPair, TwinStream } from './twin.ts';

/** A row is at least this share of the row period long. */
const ROW_SHARE_MIN = 0.6;
/** A longer pause than this many row periods breaks the row sequence. */
const BREAK_ROWS = 5;
/** A value older than this many row periods is missing from the row. */
const STALE_ROWS = 10;

/** Called after each judged row. */
export interface RowListener {
  onRow(unit: UnitWatch, timeUs: number): void;
}

interface StateModel {
  readonly columns: Int32Array;
  readonly stream: JointStream;
}

export class UnitWatch {
  readonly name: string;
  /** Site-wide tag index of each column. */
  readonly tags: number[] = [];
  state = 0;
  rowUs: number;
  /** The stream of the current state, if that state was learned. */
  current: StateModel | undefined;
  readonly twins: TwinStream[] = [];
  /** Twins whose smoothing has settled in this row. */
  readonly twinReady: boolean[] = [];
  readonly models: (StateModel | undefined)[] = [];
  /** Rows not kept for learning because `LEARN_ROWS_MAX` was reached. */
  rowsDropped = 0;
  rows = 0;
  #row = new Float64Array(0);
  #updated = new Uint8Array(0);
  #updatedUs = new Float64Array(0);
  #rowStartUs = Number.NaN;
  #learning = true;
  #learned: Float64Array[] = [];
  #learnedState: number[] = [];
  #learnedBreak: number[] = [];
  #break = true;
  #listener: RowListener;
  #scratch = new Float64Array(0);
  #scratchMissing = new Uint8Array(0);

  constructor(name: string, rowUs: number, listener: RowListener) {
    this.name = name;
    this.rowUs = rowUs;
    this.#listener = listener;
  }

  /** Adds a column; a tag added after learning is carried but not judged jointly. */
  add(tag: number): number {
    this.tags.push(tag);
    const size = this.tags.length;
    const row = new Float64Array(size).fill(Number.NaN);
    row.set(this.#row);
    this.#row = row;
    const updated = new Uint8Array(size);
    updated.set(this.#updated);
    this.#updated = updated;
    const updatedUs = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    updatedUs.set(this.#updatedUs);
    this.#updatedUs = updatedUs;
    return size - 1;
  }

  addTwin(pair: TwinPair): void {
    this.twins.push(new TwinStream(pair));
    this.twinReady.push(false);
  }

  setState(state: number): void {
    const bounded = Math.min(state, STATES_MAX - 1);
    if (bounded === this.state) return;
    this.state = bounded;
    this.#break = true;
    this.current = this.models[bounded];
  }

  /** Last good value of a column. */
  value(column: number): number {
    return this.#row[column]!;
  }

  sample(column: number, timeUs: number, value: number): void {
    if (Number.isNaN(this.#rowStartUs)) this.#rowStartUs = timeUs;
    if (this.#updated[column] === 1 && timeUs - this.#rowStartUs >= ROW_SHARE_MIN * this.rowUs) {
      this.#close(timeUs);
    }
    this.#row[column] = value;
    this.#updated[column] = 1;
    this.#updatedUs[column] = timeUs;
  }

  #close(timeUs: number): void {
    if (timeUs - this.#rowStartUs > BREAK_ROWS * this.rowUs) this.#break = true;
    this.#rowStartUs = timeUs;
    this.#updated.fill(0);
    if (this.#row.some(Number.isNaN)) return;
    this.rows += 1;
    if (this.#break) for (const twin of this.twins) twin.restart();
    if (this.#learning) this.#keep();
    else this.#judge(timeUs);
    this.#break = false;
  }

  #keep(): void {
    for (const twin of this.twins) twin.learn(this.#row);
    if (this.#learned.length >= LEARN_ROWS_MAX) {
      this.rowsDropped += 1;
      return;
    }
    this.#learned.push(Float64Array.from(this.#row));
    this.#learnedState.push(this.state);
    this.#learnedBreak.push(this.#break ? 1 : 0);
  }

  #judge(timeUs: number): void {
    for (const [k, twin] of this.twins.entries()) this.twinReady[k] = twin.step(this.#row);
    const { current } = this;
    if (current !== undefined) {
      const { columns, stream } = current;
      for (let j = 0; j < columns.length; j += 1) {
        const column = columns[j]!;
        this.#scratch[j] = this.#row[column]!;
        this.#scratchMissing[j] = timeUs - this.#updatedUs[column]! > STALE_ROWS * this.rowUs ? 1 : 0;
      }
      if (this.#break) stream.restart();
      stream.step(this.#scratch, this.#scratchMissing);
    }
    this.#listener.onRow(this, timeUs);
  }

  /** Ends learning: fixes twins and one joint model for each state with enough rows. */
  freeze(profiles: TagProfiles, budgetRows: (rowUs: number) => number): void {
    this.#learning = false;
    for (const twin of this.twins) twin.freeze();
    const states = new Set(this.#learnedState);
    for (const state of states) this.models[state] = this.#learnState(state, profiles, budgetRows(this.rowUs));
    this.current = this.models[this.state];
    this.#learned = [];
    this.#learnedState = [];
    this.#learnedBreak = [];
    this.#break = true;
    this.#scratch = new Float64Array(this.tags.length);
    this.#scratchMissing = new Uint8Array(this.tags.length);
  }

  /** Rows learned in a state so far. */
  learnedRows(state: number): number {
    let rows = 0;
    for (const kept of this.#learnedState) if (kept === state) rows += 1;
    return rows;
  }

  #learnState(state: number, profiles: TagProfiles, budgetRows: number): StateModel | undefined {
    const kept: number[] = [];
    for (let i = 0; i < this.#learned.length; i += 1) if (this.#learnedState[i] === state) kept.push(i);
    const columns = this.#columnsFor(kept, profiles);
    const n = columns.length;
    if (kept.length < jointRowsMin(n)) return undefined;
    const values = new Float64Array(kept.length * n);
    const breaks = new Uint8Array(kept.length);
    for (const [r, i] of kept.entries()) {
      breaks[r] = this.#learnedBreak[i] === 1 || (r > 0 && kept[r - 1] !== i - 1) ? 1 : 0;
      for (let j = 0; j < n; j += 1) values[r * n + j] = this.#learned[i]![columns[j]!]!;
    }
    const role = (column: number) => profiles.traits[this.tags[column]!]!.role;
    const moving = (column: number) => profiles.shape(this.tags[column]!) === 'moving';
    const judged = Uint8Array.from(columns, (c) =>
      (role(c) === 'measurement' || role(c) === 'command') && moving(c) ? 1 : 0,
    );
    const step = Float64Array.from(columns, (c) => profiles.step(this.tags[c]!));
    const model = learnJoint({ values, rows: kept.length, n, judged, physical: judged, step, breaks, budgetRows });
    return model === undefined ? undefined : { columns, stream: new JointStream(model) };
  }

  /** Columns that move in these rows, at most `JOINT_TAGS_MAX`. */
  #columnsFor(kept: readonly number[], profiles: TagProfiles): Int32Array {
    const columns: number[] = [];
    for (let c = 0; c < this.tags.length && columns.length < JOINT_TAGS_MAX; c += 1) {
      const { role } = profiles.traits[this.tags[c]!]!;
      if (role === 'calibration' || role === 'safety') continue;
      const first = this.#learned[kept[0] ?? 0]?.[c];
      if (kept.some((i) => this.#learned[i]![c] !== first)) columns.push(c);
    }
    return Int32Array.from(columns);
  }

  save(): unknown {
    return {
      name: this.name,
      rowUs: this.rowUs,
      twins: this.twins.map((twin) => twin.save()),
      models: this.models.map((entry) =>
        entry === undefined ? null : { columns: [...entry.columns], model: toPlain(entry.stream.model) },
      ),
    };
  }

  load(saved: unknown): void {
    const from = saved as {
      rowUs: number;
      twins: Record<string, number>[];
      models: ({ columns: number[]; model: unknown } | null)[];
    };
    this.#learning = false;
    this.rowUs = from.rowUs;
    for (const [k, twin] of this.twins.entries()) if (from.twins[k] !== undefined) twin.load(from.twins[k]);
    for (const [state, entry] of from.models.entries()) {
      this.models[state] =
        entry === null
          ? undefined
          : { columns: Int32Array.from(entry.columns), stream: new JointStream(fromPlain(entry.model) as JointModel) };
    }
    this.current = this.models[this.state];
    this.#break = true;
    this.#scratch = new Float64Array(this.tags.length);
    this.#scratchMissing = new Uint8Array(this.tags.length);
  }
}
