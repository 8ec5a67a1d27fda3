/** Value against its band: an analog bar, as ISA-101 asks instead of bare digits. */
import type { TagNow } from '../../api/types.ts';
import { measured, value } from '../format.ts';
import { Shape, tone } from './priority.tsx';

const clamp = (share: number) => Math.max(0, Math.min(1, share));

/** Position of a number on the tag's axis, 0 to 1. */
function share(tag: TagNow, number: number): number {
  const [low, high] = tag.axis;
  return high > low ? clamp((number - low) / (high - low)) : 0.5;
}

const percent = (part: number) => `${(part * 100).toFixed(2)}%`;

/** What the bar says, for those who do not see it. */
function spoken(tag: TagNow): string {
  const band = tag.band
    ? `expected ${value(tag.band[0], tag.digits)} to ${value(tag.band[1], tag.digits)}`
    : tag.readiness === 'learning'
      ? 'still learning what to expect'
      : tag.readiness === 'ready'
        ? ''
        : 'cannot be judged';
  return [measured(tag.value, tag.digits, tag.unit), band].filter((text) => text !== '').join(', ');
}

export function Bar({ tag }: { tag: TagNow }) {
  const band = tag.band && [share(tag, tag.band[0]), share(tag, tag.band[1])];
  return (
    <span class="bar" role="img" aria-label={spoken(tag)}>
      <span class="bar-track" />
      {band ? (
        <span
          class="bar-band"
          style={{ left: percent(band[0] ?? 0), width: percent(Math.max(0.012, (band[1] ?? 0) - (band[0] ?? 0))) }}
        />
      ) : null}
      {tag.value === null ? null : (
        <svg
          class={`bar-marker ${tone(tag.priority)}`}
          viewBox="0 0 10 11"
          style={{ left: percent(share(tag, tag.value)) }}
          aria-hidden="true"
          fill="currentColor"
        >
          <path d="M0 0h10L5 11z" />
        </svg>
      )}
    </span>
  );
}

/** Value, unit, and the shape of what is wrong with it. */
export function Value({ tag }: { tag: TagNow }) {
  const level = tag.priority;
  return (
    <span class={`value ${tone(level)}`}>
      {measured(tag.value, tag.digits, tag.unit)}
      {level ? (
        <>
          {' '}
          <Shape level={level} />
        </>
      ) : null}
      {tag.value !== null && tag.quality !== 'good' ? <span class="soft"> {tag.quality}</span> : null}
    </span>
  );
}
