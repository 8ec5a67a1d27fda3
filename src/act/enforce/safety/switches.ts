/**
 * The two switches: bypass stops all blocking, island closes the ways to the outside. Each is a file in the data folder, so that it
 * works with page, store and engine down; a file that is there means on. Off needs a file (or message) that names two people.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TimeUs } from '../../../records.ts';
import { type Approval, approvalFault } from './approval.ts';

export const SWITCH_NAMES = ['bypass', 'island'] as const;
export type SwitchName = (typeof SWITCH_NAMES)[number];

export interface SwitchState {
  readonly on: boolean;
  /** Who; `signal` or `file` where nobody said. */
  readonly by: string;
  /** Wall time; 0 where never switched. */
  readonly sinceUs: TimeUs;
}

export const SWITCHED_OFF: SwitchState = { on: false, by: '', sinceUs: 0 };

/** What stands in a switch file. An empty or unreadable file means on: somebody made it in a hurry. */
export interface SwitchFile {
  readonly on: boolean;
  readonly by: string;
  readonly timeUs: TimeUs;
  readonly approval?: Approval;
}

/** Subject of the approval that re-arms. */
export function offSubject(name: SwitchName): string {
  return `switch:${name}:off`;
}

/** Reads a switch file; undefined where there is none. */
export function readSwitch(folder: string, name: SwitchName): SwitchFile | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    // A file that is there but cannot be read is a switch all the same.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    return { on: true, by: 'file', timeUs: 0 };
  }
  try {
    const { on, by, timeUs, approval } = JSON.parse(text) as Partial<SwitchFile>;
    if (on !== false) return { on: true, by: by ?? 'file', timeUs: timeUs ?? 0 };
    return { on: false, by: by ?? '', timeUs: timeUs ?? 0, ...(approval === undefined ? {} : { approval }) };
  } catch {
    return { on: true, by: 'file', timeUs: 0 };
  }
}

/** Writes a switch file, whole or not at all. Throws what the file system says. */
export function writeSwitch(folder: string, name: SwitchName, file: SwitchFile): void {
  const temporary = join(folder, `${name}.${process.pid}.new`);
  writeFileSync(temporary, `${JSON.stringify(file)}\n`);
  renameSync(temporary, join(folder, name));
}

/** The state a switch file asks for, given the present one. A file that asks for off without two people changes nothing. */
export function switchedBy(
  file: SwitchFile | undefined,
  before: SwitchState,
  name: SwitchName,
  nowUs: TimeUs,
): { readonly state: SwitchState; readonly fault?: string } {
  // Removing the file does not re-arm: that needs approval.
  if (file === undefined) return { state: before };
  if (file.on) return { state: before.on ? before : { on: true, by: file.by, sinceUs: nowUs } };
  if (!before.on) return { state: before };
  const fault = approvalFault(file.approval, offSubject(name), nowUs);
  if (fault !== undefined) return { state: before, fault };
  return { state: { on: false, by: file.by, sinceUs: nowUs } };
}
