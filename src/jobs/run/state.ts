/** What a restart needs: what was learned, what is open, where plant time stood. One JSON snapshot each, taken up again at the start. */

import type { Store } from '../../keep/store/store.ts';
import type { TimeUs } from '../../records.ts';
import type { Learned, Pipeline } from '../pipeline/pipeline.ts';
import type { KeptIncident } from './service/engine.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface ClockState {
  readonly nowUs: TimeUs;
  readonly watchedSinceUs: TimeUs;
}

/** Notes where plant time stands. */
export function saveClock(store: Store, state: ClockState): void {
  put(store, 'clock', state);
}

export async function loadClock(store: Store): Promise<ClockState | undefined> {
  return get<ClockState>(store, 'clock');
}

/** Keeps what was learned: called once, when learning ends. */
export function saveLearned(store: Store, pipeline: Pipeline): void {
  put(store, 'learned', pipeline.saveLearned());
}

/** Keeps what is open: called when it changed. */
export function saveOpen(store: Store, pipeline: Pipeline): void {
  put(store, 'incidents', pipeline.incidents.save());
  put(store, 'safety', pipeline.safety.save());
}

/** Takes up what an earlier run learned; false where there is nothing that fits this site. */
export async function loadLearned(store: Store, pipeline: Pipeline): Promise<boolean> {
  const learned = await get<Learned>(store, 'learned');
  return learned !== undefined && pipeline.loadLearned(learned);
}

/** Takes up what was open. */
export async function loadOpen(store: Store, pipeline: Pipeline): Promise<KeptIncident[]> {
  const incidents = await get<ReturnType<Pipeline['incidents']['save']>>(store, 'incidents');
  if (incidents !== undefined) pipeline.incidents.load(incidents);
  const safety = await get<ReturnType<Pipeline['safety']['save']>>(store, 'safety');
  if (safety !== undefined) pipeline.safety.load(safety);
  const { rows } = await store.list<KeptIncident>('incident', { limit: 500 });
  return rows.map(({ value }) => value);
}

function put(store: Store, name: string, value: unknown): void {
  store.putSnapshot(name, encoder.encode(JSON.stringify(value)));
}

async function get<T>(store: Store, name: string): Promise<T | undefined> {
  const bytes = await store.getSnapshot(name);
  return bytes === undefined ? undefined : (JSON.parse(decoder.decode(bytes)) as T);
}
