/** Where a moment stands on the clock. */
import type { TimeUs } from '../../api/types.ts';

/** Room at both ends of the plots so that marks on the edge stay whole. */
export const EDGE = 4;

export interface Scale {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly width: number;
  readonly x: (timeUs: TimeUs) => number;
}

export function scaleOf(fromUs: TimeUs, toUs: TimeUs, width: number): Scale {
  const inner = Math.max(1, width - 2 * EDGE);
  const span = Math.max(1, toUs - fromUs);
  return { fromUs, toUs, width, x: (timeUs) => EDGE + ((timeUs - fromUs) / span) * inner };
}
