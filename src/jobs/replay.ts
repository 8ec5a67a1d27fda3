/** What-if: captures run past a policy as if every conduit enforced it. What would pass, be denied, by rule, and what it would cost. */
import { existsSync } from 'node:fs';
import { Decider } from '../act/enforce/decider.ts';
import { compilePolicy, type PolicyRequest } from '../act/enforce/policy/index.ts';
import type { Judged } from '../act/enforce/safety/keeper.ts';
import { ERROR_CODES, FiredoorError } from '../base/errors.ts';
import { REPLAY_ROWS_MAX } from '../limits.ts';
import type { TimeUs } from '../records.ts';
import { readCaptureFile } from '../sense/capture/reader.ts';
import { Sensor } from '../understand/observe/sensor.ts';
import { EMPTY_SITE, type Site } from '../understand/plant/model.ts';
import { readText } from './policy-files.ts';

/** Denied or spared messages that are alike. Times are ISO 8601. */
export interface ReplayRow {
  readonly conduit: string;
  readonly rule: string;
  readonly reason: string;
  readonly outcome: 'denied' | 'spared';
  readonly client: string;
  readonly device: string;
  readonly function: string;
  readonly target: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  /** States of the plant units behind the device at those times. */
  readonly states: readonly string[];
  /** True where the client is one the site names: to be looked at first. */
  readonly knownStation: boolean;
  readonly sentence: string;
}

export interface ReplayResult {
  readonly policy: string;
  readonly captures: readonly string[];
  readonly frames: number;
  readonly requests: number;
  /** Requests a rule could deny: no reads. */
  readonly deniable: number;
  readonly passed: number;
  /** Nothing waits in a replay: a machine condition is met or it is not. */
  readonly held: number;
  readonly denied: number;
  /** Denied by the policy, passed by the never-block set. */
  readonly spared: number;
  readonly notEvaluated: number;
  readonly byRule: Readonly<Record<string, number>>;
  readonly rows: readonly ReplayRow[];
  /** Different rows beyond the listed ones. */
  readonly rowsLeft: number;
  /** Minutes a running unit went without what a known station asked of it, and their price where the site says one. */
  readonly cost: {
    readonly productionMinutes: number;
    readonly price: number;
    readonly byUnit: Readonly<Record<string, number>>;
  };
}

/** A denied write counts against production until the same point is written and passed, at most so long. [µs] */
const COST_US_MAX = 600e6;

type OpenRow = { -readonly [K in keyof ReplayRow]: ReplayRow[K] };

/** Replays `files` in order. Throws BAD_INPUT where a file cannot be read, BAD_CONFIG where the policy makes no sense. */
export function replayPolicy(files: readonly string[], policyFile: string, site: Site = EMPTY_SITE): ReplayResult {
  for (const file of files) {
    if (!existsSync(file)) throw new FiredoorError(ERROR_CODES.BAD_INPUT, `There is no capture ${file}.`);
  }
  const replay = new Replay(readText(policyFile), policyFile, site);
  let frames = 0;
  const handler = (sensor: Sensor) => ({
    frame(bytes: Uint8Array, offset: number, captured: number, original: number, timeUs: number, linkType: number) {
      frames++;
      sensor.frame(bytes, offset, captured, original, timeUs, linkType);
    },
  });
  for (const file of files) readCaptureFile(file, handler(replay.sensor()));
  return replay.result(policyFile, files, frames);
}

class Replay {
  readonly #site: Site;
  readonly #decider: Decider;
  readonly #rows = new Map<string, OpenRow>();
  readonly #byRule: Record<string, number> = {};
  /** Denied writes of known stations that wait for one that passes: unit and since, by point. */
  readonly #open = new Map<string, { readonly unit: string; readonly sinceUs: TimeUs }>();
  readonly #lostUs = new Map<string, number>();
  #requests = 0;
  #deniable = 0;
  #denied = 0;
  #spared = 0;
  #notEvaluated = 0;
  #rowsLeft = 0;
  #lastUs = 0;

  constructor(text: string, file: string, site: Site) {
    this.#site = site;
    this.#decider = new Decider({
      record: () => {},
      judged: (request, judged, timeUs) => this.#judged(request, judged, timeUs),
    });
    this.#decider.setSite(site);
    this.#decider.keeper.setPolicy(compilePolicy(text, file, site));
    this.#decider.keeper.modes = Object.fromEntries(site.conduits.map(({ name }) => [name, 'enforce'] as const));
  }

  /** A sensor for one capture. */
  sensor(): Sensor {
    const sensor: Sensor = new Sensor({
      message: (view) => {
        if (view.protocol === null) return;
        const { client, server, clientPort, serverPort, transport } = sensor.ends(view.conversation);
        // Doors stand in TCP connections only.
        if (transport !== 'tcp') return;
        this.#decider.decide(view, { client, clientPort, device: server, devicePort: serverPort });
      },
    });
    return sensor;
  }

  result(policy: string, captures: readonly string[], frames: number): ReplayResult {
    for (const { unit, sinceUs } of this.#open.values()) this.#lose(unit, this.#lastUs - sinceUs);
    const byUnit = Object.fromEntries([...this.#lostUs].map(([unit, us]) => [unit, us / 60e6]));
    const price = this.#site.units.reduce(
      (sum, { name, consequence }) => sum + ((byUnit[name] ?? 0) / 60) * consequence.downtimePerHour,
      0,
    );
    const productionMinutes = Object.values(byUnit).reduce((sum, minutes) => sum + minutes, 0);
    return {
      ...{ policy, captures, frames, requests: this.#requests, deniable: this.#deniable },
      passed: this.#requests - this.#denied,
      ...{ held: 0, denied: this.#denied, spared: this.#spared, notEvaluated: this.#notEvaluated },
      byRule: this.#byRule,
      rows: [...this.#rows.values()].sort((a, b) => b.count - a.count),
      rowsLeft: this.#rowsLeft,
      cost: { productionMinutes, price, byUnit },
    };
  }

  #judged(request: PolicyRequest, judged: Judged, timeUs: TimeUs): void {
    this.#requests++;
    this.#lastUs = Math.max(this.#lastUs, timeUs);
    if (request.functionClass !== 'read' || request.items.some(({ write }) => write)) this.#deniable++;
    if (judged.verdict.notEvaluated.length > 0) this.#notEvaluated++;
    if (judged.outcome !== 'passed') this.#note(request, judged, timeUs);
    this.#price(request, judged.forward, timeUs);
  }

  #note(request: PolicyRequest, { forward, verdict }: Judged, timeUs: TimeUs): void {
    const outcome = forward ? 'spared' : 'denied';
    const rule = verdict.rule || 'otherwise';
    if (outcome === 'denied') {
      this.#denied++;
      this.#byRule[rule] = (this.#byRule[rule] ?? 0) + 1;
    } else this.#spared++;
    const { conduit, client, device, functionName, items } = request;
    const target = items.find(({ write }) => write)?.tag || items[0]?.point || '';
    const key = JSON.stringify([outcome, conduit, rule, verdict.reason, client, device, functionName, target]);
    const states = this.#statesOf(device);
    const row = this.#rows.get(key);
    if (row !== undefined) {
      row.count++;
      row.last = iso(timeUs);
      if (!row.states.includes(states)) row.states = [...row.states, states];
      return;
    }
    if (this.#rows.size >= REPLAY_ROWS_MAX) {
      this.#rowsLeft++;
      return;
    }
    this.#rows.set(key, {
      ...{ conduit, rule, reason: verdict.reason, outcome, client, device, function: functionName, target, count: 1 },
      ...{ first: iso(timeUs), last: iso(timeUs), states: [states], sentence: verdict.sentence },
      knownStation: this.#decider.keeper.stations.has(client),
    });
  }

  /** What a known station wanted of a running unit and did not get costs time until it gets it. */
  #price({ client, items }: PolicyRequest, forward: boolean, timeUs: TimeUs): void {
    for (const { write, tag, point } of items) {
      const unit = this.#decider.keeper.policy?.tags.get(tag)?.plantUnit ?? '';
      if (!write || unit === '') continue;
      const open = this.#open.get(point);
      if (forward && open !== undefined) {
        this.#lose(unit, timeUs - open.sinceUs);
        this.#open.delete(point);
      } else if (!forward && open === undefined && this.#decider.keeper.stations.has(client)) {
        this.#open.set(point, { unit, sinceUs: timeUs });
      }
    }
  }

  #lose(unit: string, us: number): void {
    this.#lostUs.set(unit, (this.#lostUs.get(unit) ?? 0) + Math.min(us, COST_US_MAX));
  }

  #statesOf(device: string): string {
    const { memory } = this.#decider.keeper;
    const units = this.#site.units.filter(({ tags }) => tags.some(({ point }) => point.startsWith(`${device}/`)));
    return units.map(({ name }) => `${name} ${memory.stateOf(name)}`).join(', ');
  }
}

function iso(timeUs: TimeUs): string {
  return Number.isFinite(timeUs) ? new Date(timeUs / 1000).toISOString() : '';
}

/** For people. */
export function replayText(result: ReplayResult): string {
  const { requests, deniable, denied, spared, notEvaluated, rows, cost } = result;
  const lines = [
    `${requests} requests, ${deniable} of them deniable: ${denied} would be denied, ${spared} spared by the never-block set, 0 held.`,
    ...(notEvaluated === 0 ? [] : [`${notEvaluated} passed because a condition could not be judged.`]),
    `Production at stake: ${cost.productionMinutes.toFixed(1)} min${cost.price > 0 ? `, about ${cost.price.toFixed(0)}` : ''}.`,
    ...rows.map(
      (row) =>
        `${String(row.count).padStart(8)} × ${row.outcome} ${row.conduit} rule ${row.rule} (${row.reason}): ${row.client} ${row.function} ${row.target}, ${row.first} to ${row.last}${row.states.join() === '' ? '' : `, ${row.states.join(' / ')}`}${row.knownStation ? ' [known station]' : ''}`,
    ),
    ...(result.rowsLeft === 0 ? [] : [`${result.rowsLeft} more of other kinds`]),
  ];
  return `${lines.join('\n')}\n`;
}
