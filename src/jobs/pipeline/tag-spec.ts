/** A tag of the site as process detection takes it. */
import type { TagSpec } from '../../understand/detect/process/watch.ts';
import type { Interval, Tag } from '../../understand/plant/model.ts';

/** Safe limits are hard; operating limits are what the learned band is for, so only safe ones (else operating) are declared. */
export function tagSpecOf(tag: Tag): TagSpec {
  const limits: Record<string, Interval> = {};
  for (const [state, { safe, operating }] of Object.entries(tag.limits)) {
    const hard = safe ?? operating;
    if (hard !== undefined) limits[state] = hard;
  }
  const { twin } = tag;
  return {
    name: tag.name,
    role: tag.role,
    reporting: tag.reporting,
    unit: tag.unit,
    plantUnit: tag.plantUnit,
    limits,
    ...(Number.isNaN(tag.maxRate) ? {} : { maxRate: tag.maxRate }),
    twins:
      twin === null
        ? []
        : [{ of: twin.of, lagSeconds: twin.lagSeconds, offset: twin.offset, tolerance: twin.tolerance }],
  };
}
