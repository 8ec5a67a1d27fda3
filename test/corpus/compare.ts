/** Comparing facts leaf by leaf: a fact is one number or text, one member of a set, one row of a list. */

export interface Difference {
  readonly capture: string;
  readonly fact: string;
  readonly expected: unknown;
  readonly seen: unknown;
  reason?: string;
}

export interface Tally {
  agreed: number;
  differs: number;
  unsupported: number;
}

/** Times agree within a microsecond: truth prints six digits. */
const NUMBER_TOLERANCE = 1.5e-6;
/** Keys that explain the truth file and are no facts. */
const NOT_FACTS = new Set(['note', 'over', 'read_error', 'listed']);

/** Compares `expected` with `seen`, counts into `tally`, returns the differences. */
export function compareFacts(
  capture: string,
  fact: string,
  expected: unknown,
  seen: unknown,
  tally: Tally,
  truncated = false,
): Difference[] {
  if (Array.isArray(expected)) return compareLists(capture, fact, expected, seen, tally, truncated);
  if (expected !== null && typeof expected === 'object') {
    return compareObjects(capture, fact, expected as Record<string, unknown>, seen, tally);
  }
  if (sameLeaf(expected, seen)) {
    tally.agreed++;
    return [];
  }
  tally.differs++;
  return [{ capture, fact, expected, seen }];
}

/** How many facts stand below `value`. */
export function countFacts(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  if (value === null || typeof value !== 'object') return 1;
  let total = 0;
  for (const [key, child] of Object.entries(value)) if (!NOT_FACTS.has(key)) total += countFacts(child);
  return total;
}

function compareObjects(
  capture: string,
  fact: string,
  expected: Record<string, unknown>,
  seen: unknown,
  tally: Tally,
): Difference[] {
  const other = seen !== null && typeof seen === 'object' ? (seen as Record<string, unknown>) : {};
  const differences: Difference[] = [];
  for (const [key, value] of Object.entries(expected)) {
    if (NOT_FACTS.has(key)) continue;
    const cut = Array.isArray(value) && isCut(expected, key, value.length);
    differences.push(...compareFacts(capture, `${fact}.${key}`, value, other[key], tally, cut));
  }
  // Counts by name that only we have are differences too: saying too much is not free.
  for (const [key, value] of Object.entries(other)) {
    if (key in expected || NOT_FACTS.has(key) || typeof value !== 'number' || value === 0) continue;
    tally.differs++;
    differences.push({ capture, fact: `${fact}.${key}`, expected: undefined, seen: value });
  }
  return differences;
}

/** Truth files cut long lists and say the full number beside them. */
function isCut(parent: Record<string, unknown>, key: string, length: number): boolean {
  const singular = key.replace(/s$/, '');
  const totals = [
    parent[`n_${key}_rows`],
    parent[`n_${singular}_rows`],
    parent[`n_${key}`],
    parent[`${singular}_requests`],
  ];
  if (key === 'list') totals.push(parent.count);
  const stated = totals.find((total) => typeof total === 'number');
  return typeof stated === 'number' ? stated > length : length >= 200;
}

function compareLists(
  capture: string,
  fact: string,
  expected: unknown[],
  seen: unknown,
  tally: Tally,
  truncated: boolean,
): Difference[] {
  const rest = new Map<string, unknown[]>();
  for (const row of Array.isArray(seen) ? seen : []) {
    const key = rowKey(row);
    rest.set(key, [...(rest.get(key) ?? []), row]);
  }
  const missing: unknown[] = [];
  for (const row of expected) {
    const key = rowKey(row);
    const rows = rest.get(key);
    if (rows === undefined || rows.length === 0) missing.push(row);
    else {
      rows.pop();
      tally.agreed++;
    }
  }
  const extra = [...rest.values()].flat();
  const differences: Difference[] = [];
  for (const row of missing) {
    const at = nearest(row, extra);
    const near = at >= 0 ? extra.splice(at, 1)[0] : undefined;
    tally.differs++;
    differences.push({ capture, fact, expected: row, seen: near });
  }
  if (truncated) return differences;
  for (const row of extra) {
    tally.differs++;
    differences.push({ capture, fact, expected: undefined, seen: row });
  }
  return differences;
}

function rowKey(row: unknown): string {
  if (row === null || typeof row !== 'object' || Array.isArray(row)) return JSON.stringify(row);
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(row).sort()) {
    const value = (row as Record<string, unknown>)[key];
    sorted[key] = typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
  }
  return JSON.stringify(sorted);
}

/** Index of the row that shares most fields, for a readable difference; -1 where none shares half. */
function nearest(row: unknown, candidates: unknown[]): number {
  if (row === null || typeof row !== 'object') return -1;
  let best = -1;
  let bestShared = Object.keys(row).length / 2;
  for (let i = 0; i < candidates.length && i < 2_000; i++) {
    const other = candidates[i];
    if (other === null || typeof other !== 'object') continue;
    let shared = 0;
    for (const [key, value] of Object.entries(row)) {
      if (JSON.stringify((other as Record<string, unknown>)[key]) === JSON.stringify(value)) shared++;
    }
    if (shared > bestShared) {
      best = i;
      bestShared = shared;
    }
  }
  return best;
}

function sameLeaf(expected: unknown, seen: unknown): boolean {
  if (typeof expected === 'number' && typeof seen === 'number') {
    return expected === seen || Math.abs(expected - seen) < NUMBER_TOLERANCE;
  }
  return expected === seen;
}
