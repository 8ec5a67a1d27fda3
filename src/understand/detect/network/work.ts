/** Announced work: findings inside a window carry `planned` and stay visible; nothing is hidden by it. */
import { WORK_WINDOWS_MAX } from '../../../limits.ts';
import type { Subject, TimeUs } from '../../../records.ts';

/** Work on a plant unit. Empty `unit`, `host` or `functions`: any. */
export interface WorkWindow {
  readonly id?: string;
  /** Plant unit, device key or device name. */
  readonly unit: string;
  /** Person or order, for the text. */
  readonly who: string;
  /** Host the work is done from: asset id, key, name or address. */
  readonly host: string;
  /** Function classes, acts, kinds of finding or function names. */
  readonly functions: readonly string[];
  /** Absent: from now on. */
  readonly fromUs?: TimeUs;
  readonly untilUs: TimeUs;
}

/** What a finding offers for matching: everything its actor, device and operation are called. */
export interface WorkMatch {
  readonly timeUs: TimeUs;
  readonly subject: Subject;
  readonly hosts: readonly string[];
  readonly devices: readonly string[];
  readonly functions: readonly string[];
}

export class WorkWindows {
  readonly #open = new Map<string, WorkWindow>();
  #number = 0;

  /** Opens a window; its id, or an empty text when too many are open. */
  open(window: WorkWindow): string {
    if (this.#open.size >= WORK_WINDOWS_MAX) return '';
    this.#number += 1;
    const id = window.id ?? `w-${this.#number}`;
    this.#open.set(id, window);
    return id;
  }

  close(id: string): boolean {
    return this.#open.delete(id);
  }

  list(): readonly WorkWindow[] {
    return [...this.#open.values()];
  }

  expire(nowUs: TimeUs): void {
    for (const [id, window] of this.#open) if (nowUs >= window.untilUs) this.#open.delete(id);
  }

  /** The window a finding falls into, if any. */
  covering(match: WorkMatch): WorkWindow | undefined {
    for (const window of this.#open.values()) {
      if (match.timeUs >= window.untilUs || match.timeUs < (window.fromUs ?? Number.NEGATIVE_INFINITY)) continue;
      if (window.unit !== '' && window.unit !== match.subject.unit && !match.devices.includes(window.unit)) continue;
      if (window.host !== '' && !match.hosts.includes(window.host)) continue;
      if (window.functions.length > 0 && !window.functions.some((name) => match.functions.includes(name))) continue;
      return window;
    }
    return undefined;
  }
}
