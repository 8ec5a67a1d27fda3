/**
 * Budget of temporary actions that Firedoor itself proposed (pacing a source, quarantine). Counted once per rule, source and point, so
 * that a burst spends one; denials by a rule that two people approved never come here. Beyond the budget actions are only proposed.
 */
import { BUDGET_ACTIONS_MAX } from '../../../limits.ts';
import type { TimeUs } from '../../../records.ts';

/** Actions per zone in ten minutes, and per zone in a day. */
export const ACTIONS_PER_TEN_MINUTES = 3;
export const ACTIONS_PER_DAY = 10;
const TEN_MINUTES_US = 600e6;
const DAY_US = 86_400e6;
/** An automatic action ends by itself; a person may renew it up to the longest. [µs] */
export const ACTION_US = 900e6;
export const ACTION_RENEWED_US_MAX = 8 * 3_600e6;

export interface ProposedAction {
  readonly zone: string;
  readonly rule: string;
  readonly source: string;
  readonly point: string;
}

export interface BudgetAnswer {
  readonly act: boolean;
  /** When the action ends; 0 where it is only proposed. */
  readonly untilUs: TimeUs;
  readonly spentToday: number;
  readonly sentence: string;
}

export class ActionBudget {
  /** When each action began, by zone and what it is about. */
  readonly #begun = new Map<string, { readonly zone: string; readonly timeUs: TimeUs }>();

  /** Asks for an action. The same one within its day is not spent again. */
  ask(action: ProposedAction, nowUs: TimeUs): BudgetAnswer {
    for (const [key, { timeUs }] of this.#begun) if (nowUs - timeUs >= DAY_US) this.#begun.delete(key);
    const { zone, rule, source, point } = action;
    const key = JSON.stringify([zone, rule, source, point]);
    const inZone = [...this.#begun.values()].filter((one) => one.zone === zone);
    const recent = inZone.filter(({ timeUs }) => nowUs - timeUs < TEN_MINUTES_US).length;
    if (!this.#begun.has(key)) {
      const full = recent >= ACTIONS_PER_TEN_MINUTES || inZone.length >= ACTIONS_PER_DAY;
      if (full || this.#begun.size >= BUDGET_ACTIONS_MAX) {
        const sentence = `The budget of ${zone} is spent (${recent} in ten minutes, ${inZone.length} today): proposed only.`;
        return { act: false, untilUs: 0, spentToday: inZone.length, sentence };
      }
      this.#begun.set(key, { zone, timeUs: nowUs });
    }
    const spentToday = [...this.#begun.values()].filter((one) => one.zone === zone).length;
    const sentence = `${spentToday} of ${ACTIONS_PER_DAY} automatic actions today in ${zone}.`;
    return { act: true, untilUs: nowUs + ACTION_US, spentToday, sentence };
  }
}
