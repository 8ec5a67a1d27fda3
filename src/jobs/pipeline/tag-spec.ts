/** A tag of the site as process detection takes it. */

import type { TagSpec } from '../../understand/detect/process/watch.ts';
import type { Interval, Tag } from '../../understand/plant/model.ts';
import { unitSign } from '../unit-text.ts';

/** Only safe limits are facts that need no learning. Operating limits are for people's eyes: leaving them is what operators see to. */
export function tagSpecOf(tag: Tag): TagSpec {
  const limits: Record<string, Interval> = {};
  for (const [state, { safe }] of Object.entries(tag.limits)) if (safe !== undefined) limits[state] = safe;
  const { twin } = tag;
  return {
    name: tag.name,
    role: tag.role,
    reporting: tag.reporting,
    unit: unitSign(tag.unit),
    plantUnit: tag.plantUnit,
    limits,
    ...(Number.isNaN(tag.maxRate) ? {} : { maxRate: tag.maxRate }),
    twins:
      twin === null
        ? []
        : [{ of: twin.of, lagSeconds: twin.lagSeconds, offset: twin.offset, tolerance: twin.tolerance }],
  };
}
