/**
 * One plant unit: turns irregular samples into rows, learns one joint model a state, and judges rows against it.
 *
 * A row closes when a tag that already gave its value for the row gives another one: so a row is one poll of all tags.
 */
import { JOINT_TAGS_MAX, LEARN_ROWS_MAX, STATES_MAX } from '../../../limits.ts';
import type { SavedState } from '../detector.ts';
import { type JointModel, jointRowsMin, learnJoint } from './joint/model.ts';
import { JointStream } from './joint/stream.ts';
import { KeptRows } from './kept-rows.ts';
import { fromPlain, fromPlainNumbers, type PlainNumbers, toPlain, toPlainNumbers } from './plain.ts';
import type { TagProfiles } from './profile.ts';
import { RowReplay } from './row-replay.ts';
import { type TwinPair, TwinStream } from './twin.ts';

/** A row is at least this share of the row period long. */
const ROW_SHARE_MIN = 0.6;
/** A longer pause than this many row periods breaks the row sequence. */
const BREAK_ROWS = 5;
/** Rows that wait for tags not seen yet. */
const START_ROWS = 60;
/** A value older than this many row periods is missing from the row. */
const STALE_ROWS = 10;

/** Rows of all tags remembered for replays of the whole unit, a power of two. */
const REPLAY_ROWS = 8_192;

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
  /** True while rows of all tags repeat earlier ones. */
  replayed = false;
  readonly #replay = new RowReplay(REPLAY_ROWS);
  rows = 0;
  /** Rows begun, also those left out in the beginning. */
  #closed = 0;
  #row = new Float64Array(0);
  #updated = new Uint8Array(0);
  #updatedUs = new Float64Array(0);
  #rowStartUs = Number.NaN;
  #learning = true;
  #kept = new Map<number, KeptRows>();
  #keptState = -1;
  #profiles: TagProfiles | undefined;
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
    this.#closed += 1;
    // In the beginning every tag gets the time to come; one that never does must not keep the others from being judged.
    if (this.#closed <= START_ROWS && this.#row.some(Number.isNaN)) return;
    this.rows += 1;
    if (this.#break) for (const twin of this.twins) twin.restart();
    if (this.#learning) this.#keep();
    else this.#judge(timeUs);
    this.#break = false;
  }

  #keep(): void {
    for (const twin of this.twins) twin.learn(this.#row);
    let kept = this.#kept.get(this.state);
    if (kept === undefined || kept.width !== this.tags.length) {
      kept = new KeptRows(this.tags.length, LEARN_ROWS_MAX);
      this.#kept.set(this.state, kept);
    }
    kept.add(this.#row, this.#break || this.#keptState !== this.state);
    this.#keptState = this.state;
  }

  #judge(timeUs: number): void {
    for (const [k, twin] of this.twins.entries()) this.twinReady[k] = twin.step(this.#row);
    this.replayed = this.#replay.score(this.#row) > 1;
    const { current } = this;
    if (current?.columns.some((column) => Number.isNaN(this.#row[column]!)) === false) {
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
  freeze(profiles: TagProfiles, budgetRows: (rowUs: number, rows: number) => number): void {
    this.#learning = false;
    this.#profiles = profiles;
    for (const twin of this.twins) twin.freeze();
    this.#replay.choose(profiles, this.tags);
    for (const [state, kept] of this.#kept) {
      kept.forEach((row) => {
        this.#replay.learn(row);
      });
      this.models[state] = this.#learnState(kept, profiles, budgetRows(this.rowUs, kept.seen));
    }
    this.#replay.freeze();
    this.current = this.models[this.state];
    this.#kept = new Map();
    this.#begin();
  }

  #begin(): void {
    this.#break = true;
    this.#scratch = new Float64Array(this.tags.length);
    this.#scratchMissing = new Uint8Array(this.tags.length);
  }

  /** Rows learned in a state so far. */
  learnedRows(state: number): number {
    return this.#kept.get(state)?.seen ?? 0;
  }

  #learnState(kept: KeptRows, profiles: TagProfiles, budgetRows: number): StateModel | undefined {
    const columns = this.#columnsFor(kept, profiles);
    const n = columns.length;
    if (kept.count < jointRowsMin(n)) return undefined;
    const role = (column: number) => profiles.traits[this.tags[column]!]!.role;
    const moving = (column: number) => profiles.shape(this.tags[column]!) === 'moving';
    const judged = Uint8Array.from(columns, (c) =>
      (role(c) === 'measurement' || role(c) === 'command') && moving(c) ? 1 : 0,
    );
    const model = learnJoint({
      values: kept.columns(columns, (column) => profiles.get('mean', this.tags[column]!)),
      rows: kept.count,
      n,
      judged,
      physical: judged,
      step: Float64Array.from(columns, (c) => profiles.step(this.tags[c]!)),
      breaks: kept.breaks(),
      budgetRows,
    });
    return model === undefined ? undefined : { columns, stream: this.#streamOf(model, columns) };
  }

  #streamOf(model: JointModel, columns: Int32Array): JointStream {
    const { scale } = model;
    // A lone jump of an enumerated or held tag is what it does.
    const quiet = Uint8Array.from(columns, (c, k) =>
      this.#profiles?.shape(this.tags[c]!) === 'enumerated' || !(scale[k]! > 0) ? 1 : 0,
    );
    return new JointStream(model, quiet);
  }

  /** Columns that move in these rows, at most `JOINT_TAGS_MAX`. Counters only rise and say nothing by their value. */
  #columnsFor(kept: KeptRows, profiles: TagProfiles): Int32Array {
    const first = new Float64Array(this.tags.length).fill(Number.NaN);
    const moved = new Uint8Array(this.tags.length);
    const missing = new Uint8Array(this.tags.length);
    kept.forEach((row) => {
      for (let c = 0; c < row.length; c += 1) {
        if (Number.isNaN(row[c]!)) missing[c] = 1;
        else if (Number.isNaN(first[c]!)) first[c] = row[c]!;
        else if (row[c] !== first[c]) moved[c] = 1;
      }
    });
    const columns: number[] = [];
    for (let c = 0; c < this.tags.length && columns.length < JOINT_TAGS_MAX; c += 1) {
      const { role } = profiles.traits[this.tags[c]!]!;
      if (role === 'calibration' || role === 'safety' || profiles.shape(this.tags[c]!) === 'counter') continue;
      if (moved[c] === 1 && missing[c] === 0) columns.push(c);
    }
    return Int32Array.from(columns);
  }

  save(): unknown {
    return {
      name: this.name,
      rowUs: this.rowUs,
      state: this.state,
      twins: this.twins.map((twin) => twin.save()),
      replay: this.#replay.save(),
      row: toPlainNumbers(this.#row),
      updated: [...this.#updated],
      updatedUs: toPlainNumbers(this.#updatedUs),
      rowStartUs: Number.isNaN(this.#rowStartUs) ? null : this.#rowStartUs,
      breaks: this.#break,
      models: this.models.map((entry) =>
        entry === undefined
          ? null
          : { columns: [...entry.columns], model: toPlain(entry.stream.model), stream: entry.stream.save() },
      ),
    };
  }

  load(saved: unknown, profiles: TagProfiles): void {
    const from = saved as SavedUnit;
    this.#learning = false;
    this.#profiles = profiles;
    this.rowUs = from.rowUs;
    for (const [k, twin] of this.twins.entries()) if (from.twins[k] !== undefined) twin.load(from.twins[k]);
    this.#replay.load(from.replay);
    for (const [state, entry] of from.models.entries()) {
      this.models[state] = undefined;
      if (entry === null) continue;
      const columns = Int32Array.from(entry.columns);
      const stream = this.#streamOf(fromPlain(entry.model) as JointModel, columns);
      stream.load(entry.stream);
      this.models[state] = { columns, stream };
    }
    this.state = from.state;
    this.current = this.models[this.state];
    this.#begin();
    if (from.row.length !== this.#row.length) return;
    this.#row.set(fromPlainNumbers(from.row));
    this.#updated.set(from.updated);
    this.#updatedUs.set(fromPlainNumbers(from.updatedUs));
    this.#rowStartUs = from.rowStartUs ?? Number.NaN;
    this.#break = from.breaks;
  }
}

interface SavedUnit {
  readonly rowUs: number;
  readonly state: number;
  readonly twins: Record<string, unknown>[];
  readonly replay: SavedState;
  readonly row: PlainNumbers;
  readonly updated: number[];
  readonly updatedUs: PlainNumbers;
  readonly rowStartUs: number | null;
  readonly breaks: boolean;
  readonly models: ({ columns: number[]; model: unknown; stream: SavedState } | null)[];
}
