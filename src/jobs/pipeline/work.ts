/** Announced work, as incidents see it: which window covers a unit, a host and a time. */
import { WORK_WINDOWS_MAX } from '../../limits.ts';
import type { TimeUs } from '../../records.ts';

/** One window. Empty `unit` or `host`: any. */
export interface WorkOrder {
  readonly id: string;
  readonly unit: string;
  readonly host: string;
  readonly who: string;
  readonly what: string;
  readonly fromUs: TimeUs;
  readonly untilUs: TimeUs;
}

/** Windows stay known this long after their end: a finding about the past may still fall into one. [µs] */
const REMEMBER_US = 24 * 3_600e6;

export class WorkBook {
  #orders: WorkOrder[] = [];

  /** False where too many are open. */
  open(order: WorkOrder): boolean {
    if (this.#orders.length >= WORK_WINDOWS_MAX) return false;
    this.#orders.push(order);
    return true;
  }

  /** Ends a window now; false for an unknown one. */
  close(id: string, nowUs: TimeUs): boolean {
    const order = this.#orders.find((known) => known.id === id);
    if (order === undefined) return false;
    this.#orders = this.#orders.map((known) =>
      known === order ? { ...order, untilUs: Math.min(order.untilUs, nowUs) } : known,
    );
    return true;
  }

  list(): readonly WorkOrder[] {
    return this.#orders;
  }

  covering(unit: string, hosts: readonly string[], timeUs: TimeUs): WorkOrder | undefined {
    return this.#orders.find(
      (order) =>
        timeUs >= order.fromUs &&
        timeUs < order.untilUs &&
        (order.unit === '' || order.unit === unit) &&
        (order.host === '' || hosts.includes(order.host)),
    );
  }

  expire(nowUs: TimeUs): void {
    if (this.#orders.some(({ untilUs }) => untilUs + REMEMBER_US < nowUs)) {
      this.#orders = this.#orders.filter(({ untilUs }) => untilUs + REMEMBER_US >= nowUs);
    }
  }
}
