/** Collectors by key of `truth.ot`; one line each. */
import type { FactCollector } from './collector.ts';
import { collectModbus } from './modbus.ts';

export const COLLECTORS: Readonly<Record<string, () => FactCollector>> = {
  modbus: collectModbus,
};
