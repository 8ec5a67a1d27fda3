/** What every part of the page looks at. */
import { signal } from '@preact/signals';
import type { Me, Overview } from '../api/types.ts';

/** `undefined` until asked, `null` when nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** The session ended while the page was open: say so instead of showing an empty sign-in. */
export const sessionLost = signal(false);
/** Newest overview heard, or `null` before the first. */
export const overview = signal<Overview | null>(null);
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting');
/** Wall time of the last thing heard; 0 for never. */
export const heardAtMs = signal(0);

/** Counts up when something of that kind changed, so that a page showing it asks again. */
export const changes = {
  incidents: signal(0),
  assets: signal(0),
  conversations: signal(0),
  doors: signal(0),
  switches: signal(0),
  attacks: signal(0),
};

/** Whether the person signed in may do `action`; what one may not do is not shown. */
export function may(action: string): boolean {
  return me.value?.actions.includes(action) ?? false;
}

/** A short message after something was done or refused; screen readers hear it. */
export const notice = signal<{ readonly text: string; readonly failed: boolean } | null>(null);
let noticeTimer: ReturnType<typeof setTimeout> | undefined;

export function tell(text: string, failed = false): void {
  clearTimeout(noticeTimer);
  notice.value = { text, failed };
  // A failure stays until it is dismissed; good news goes by itself.
  if (!failed) noticeTimer = setTimeout(dismissNotice, 8_000);
}

export function dismissNotice(): void {
  clearTimeout(noticeTimer);
  notice.value = null;
}

/** Whether a demo plant runs here whose attacks can be started. */
export const hasAttacks = signal(false);
