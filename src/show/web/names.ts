/** Names of assets by id, for tables that carry ids only. */
import { signal } from '@preact/signals';
import type { Asset } from '../api/types.ts';
import { api } from './client.ts';

/** As many as the server gives at once; an asset beyond that is shown by its id. */
const NAMES_MAX = 500;
const names = signal<ReadonlyMap<string, string>>(new Map());

export function learnNames(assets: readonly Asset[]): void {
  const next = new Map(names.peek());
  let news = false;
  for (const { id, name } of assets) {
    if (name === '' || next.get(id) === name) continue;
    if (next.size >= 4 * NAMES_MAX) next.clear();
    next.set(id, name);
    news = true;
  }
  if (news) names.value = next;
}

export async function askNames(): Promise<void> {
  const page = await api.assets({ offset: 0, limit: NAMES_MAX, search: '' });
  learnNames(page.items);
}

/** The name of an asset, or its id where it has none. */
export function nameOf(id: string): string {
  return names.value.get(id) ?? id;
}
