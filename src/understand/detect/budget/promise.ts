/**
 * The alarm budget as numbers: how rare each chart must be, what may honestly be promised from how much normal was seen, and what was
 * observed on normal data that was held back. "Three over T": with no event in T, 95 % sure that there are fewer than 3 in the next T.
 */
import { durationText } from '../../../base/duration.ts';
import { poissonInterval } from './poisson.ts';

/** The false alarms a site accepts: so many per so many seconds. */
export interface BudgetRate {
  readonly falseAlarms: number;
  readonly perSeconds: number;
}

/** Charts of one joint model and tests of tags that share a budget. */
export const BUDGET_CHARTS = 12;
/** Rows between false episodes of one chart, at least: what the charts were measured with. */
export const BUDGET_ROWS = 30_000;

/** A tail is not followed further than this many times the normal rows seen: beyond it the limit would be a guess that costs sight. */
export const EXTRAPOLATION_MAX = 100;

/**
 * Rows between false episodes of one chart under a budget. Never fewer than `BUDGET_ROWS`, since a loose budget buys no noise, and
 * no more than can be extrapolated from the normal rows seen: then the budget is not promised, and the sentence says so.
 */
export function chartRows(budget: BudgetRate, rowSeconds: number, normalRows: number): number {
  const wanted = BUDGET_CHARTS * budgetRowsOf(budget, rowSeconds);
  return Math.max(BUDGET_ROWS, Math.round(Math.min(wanted, EXTRAPOLATION_MAX * normalRows)));
}

/** Rows in which the budget allows one false alarm. */
function budgetRowsOf(budget: BudgetRate, rowSeconds: number): number {
  return budget.perSeconds / Math.max(budget.falseAlarms, 1e-9) / Math.max(rowSeconds, 1e-6);
}

/** What is promised and what was seen; rates are per week where time is known. */
export interface AlarmPromise {
  /** Rows between false episodes of all charts together that the limits are set for. */
  readonly rowsPerFalseAlarm: number;
  /** False episodes a week the limits are set for; NaN where rows have no time. */
  readonly promisedPerWeek: number;
  /** False episodes a week that the normal data seen cannot rule out; NaN where rows have no time. */
  readonly provablePerWeek: number;
  /** False episodes on held-back normal rows, and how many rows those were. */
  readonly observed: number;
  readonly heldBackRows: number;
  /** 95 % interval of the rate per week behind `observed`. */
  readonly observedPerWeek: { readonly low: number; readonly high: number };
  readonly sentence: string;
}

const WEEK_S = 604_800;

/** `rowSeconds` NaN where the rows have no time. `observed` on `heldBackRows` rows that were not learned from; 0 rows where none could be held back. */
export function promiseOf(
  chartRowsPerAlarm: number,
  normalRows: number,
  rowSeconds: number,
  observed: number,
  heldBackRows: number,
  budget?: BudgetRate,
): AlarmPromise {
  const rowsPerFalseAlarm = chartRowsPerAlarm / 3;
  const weekRows = WEEK_S / rowSeconds;
  const interval = poissonInterval(observed);
  const scale = weekRows / Math.max(1, heldBackRows);
  const provable = (3 * weekRows) / Math.max(1, normalRows);
  return {
    rowsPerFalseAlarm,
    promisedPerWeek: weekRows / rowsPerFalseAlarm,
    provablePerWeek: provable,
    observed,
    heldBackRows,
    observedPerWeek: { low: interval[0] * scale, high: interval[1] * scale },
    sentence: [
      sentenceOf(rowsPerFalseAlarm, normalRows, rowSeconds, observed, heldBackRows, interval),
      ...(budget === undefined ? [] : [budgetSentence(budget, chartRowsPerAlarm, rowSeconds)]),
    ].join(' '),
  };
}

function sentenceOf(
  rowsPerFalseAlarm: number,
  normalRows: number,
  rowSeconds: number,
  observed: number,
  heldBackRows: number,
  interval: readonly [number, number],
): string {
  const span = (rows: number) =>
    Number.isFinite(rowSeconds) && rowSeconds > 0 ? durationText(rows * rowSeconds) : `${Math.round(rows)} rows`;
  const seen = `Normal seen: ${normalRows} rows (${span(normalRows)}).`;
  const limits = `The limits are set for one false alarm in about ${span(rowsPerFalseAlarm)}, by extrapolation;`;
  const proof = `what was seen proves no more than fewer than 3 in ${span(normalRows)}.`;
  if (heldBackRows === 0) return `${seen} ${limits} ${proof} Too little was seen to hold any back for a check.`;
  const check = `On the last ${heldBackRows} normal rows, judged by what came before them, ${observed} false alarm${observed === 1 ? '' : 's'} stood (95 % interval of the rate: ${number(interval[0])} to ${number(interval[1])} in ${span(heldBackRows)}).`;
  const more =
    observed > 0
      ? ' Normal had not been seen in full yet: expect false alarms until more of it is given (warm-up, other products, other weather).'
      : '';
  return `${seen} ${limits} ${proof} ${check}${more}`;
}

function budgetSentence(budget: BudgetRate, chartRowsPerAlarm: number, rowSeconds: number): string {
  const wanted = BUDGET_CHARTS * budgetRowsOf(budget, rowSeconds);
  const asked = `${number(budget.falseAlarms)} per ${durationText(budget.perSeconds)}`;
  if (!(wanted > chartRowsPerAlarm)) return `The budget asked for, ${asked}, is kept by these limits.`;
  const needed = durationText((wanted / EXTRAPOLATION_MAX) * rowSeconds);
  return `The budget asked for, ${asked}, cannot be promised from this much normal: that takes about ${needed} of it.`;
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 1 ? 2 : 1);
}
