/** What an enforcer keeps between runs, so that it decides the same way with the engine down: the confirmed policy and the modes. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODES, type Mode } from '../../records.ts';
import type { PolicyText } from './messages.ts';

export interface KeptState {
  readonly policy?: PolicyText;
  readonly modes: Readonly<Record<string, Mode>>;
}

const FILE = 'enforcer.json';
const NOTHING_KEPT: KeptState = { modes: {} };

/** What was kept; nothing where there is no such file or it makes no sense (then everything passes and is recorded). */
export function readKept(folder: string): KeptState {
  try {
    const { policy, modes } = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as KeptState;
    const known = Object.entries(modes ?? {}).filter(([, mode]) => MODES.includes(mode as (typeof MODES)[number]));
    const whole = typeof policy?.text === 'string' && typeof policy.version === 'string';
    return { modes: Object.fromEntries(known), ...(whole ? { policy } : {}) };
  } catch {
    return NOTHING_KEPT;
  }
}

/** Writes it whole or not at all. Throws what the file system says. */
export function writeKept(folder: string, state: KeptState): void {
  const temporary = join(folder, `${FILE}.${process.pid}.new`);
  writeFileSync(temporary, `${JSON.stringify(state)}\n`);
  renameSync(temporary, join(folder, FILE));
}
