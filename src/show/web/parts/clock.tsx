/** One clock: what was said on the network above, what the machine did below, the write drawn through both. */
import { useMemo, useState } from 'preact/hooks';
import type { IncidentView, TagLimit, TimeUs, Trend } from '../../api/types.ts';
import { clockTime, measured, shortTime, value } from '../format.ts';
import { useWidth } from '../use.ts';
import { EDGE, type Scale, scaleOf } from './clock-scale.ts';
import { axisOf, drawnTrend } from './drawn-trend.ts';
import { Lane } from './lane.tsx';
import { tone } from './priority.tsx';
import { areaPath, linePath, nearest, timeTicks } from './scale.ts';

/** Height of one trend in CSS pixels. */
const TREND_HEIGHT = 74;
function Axis({ scale }: { scale: Scale }) {
  const spanS = (scale.toUs - scale.fromUs) / 1e6;
  const most = Math.max(2, Math.floor(scale.width / 110));
  return (
    <svg width={scale.width} height="18" aria-hidden="true" class="clock-axis">
      {timeTicks(scale.fromUs, scale.toUs, most).map((at) => (
        <text key={at} x={scale.x(at)} y="13" text-anchor="middle">
          {spanS < 600 && spanS / most < 60 ? clockTime(at) : shortTime(at)}
        </text>
      ))}
    </svg>
  );
}

interface Shape {
  readonly band: string;
  readonly spread: string;
  readonly line: string;
  readonly truth: string;
  readonly limits: readonly { readonly x: number; readonly y: number; readonly text: string }[];
  readonly low: string;
  readonly high: string;
}

/** Lines of limits with their words; where two lie close, the words of the next one move to the right. */
function limitsOf(limits: readonly TagLimit[], y: (number: number) => number, digits: number): Shape['limits'] {
  let before = Number.NEGATIVE_INFINITY;
  let x = EDGE + 2;
  return limits
    .toSorted((a, b) => b.value - a.value)
    .map((limit) => {
      const at = y(limit.value);
      x = at - before < 13 ? x + 130 : EDGE + 2;
      before = at;
      return { x, y: at, text: `${limit.name} ${limit.side} ${value(limit.value, digits)}` };
    });
}

/** Everything to draw of one trend. */
function shapeOf(trend: Trend, scale: Scale): Shape {
  const { tag } = trend;
  const { low, high, limits } = axisOf(trend);
  const y = (number: number) => TREND_HEIGHT - 5 - ((number - low) / (high - low)) * (TREND_HEIGHT - 10);
  const ys = (numbers: readonly (number | null)[]) => numbers.map((number) => (number === null ? null : y(number)));
  const xs = trend.timeUs.map(scale.x);
  const digits = Math.max(0, Math.min(tag.digits, high - low > 10 ? 0 : 2));
  return {
    band: areaPath(xs, ys(trend.bandLow), ys(trend.bandHigh)),
    spread: areaPath(xs, ys(trend.min), ys(trend.max)),
    line: linePath(xs, ys(trend.mean), tag.reporting === 'on-change'),
    truth: linePath(xs, ys(trend.likelyTrue)),
    limits: limitsOf(limits, y, tag.digits),
    low: value(low, digits),
    high: value(high, digits),
  };
}

function TrendRow({ trend, scale, hoverUs }: { trend: Trend; scale: Scale; hoverUs: TimeUs | null }) {
  const { tag } = trend;
  const shape = useMemo(() => shapeOf(trend, scale), [trend, scale]);
  const at = hoverUs === null ? -1 : nearest(trend.timeUs, hoverUs);
  const lastMean = trend.mean.findLast((mean) => mean !== null);
  const shown = at >= 0 ? trend.mean[at] : (tag.value ?? lastMean);
  const truth = at >= 0 ? trend.likelyTrue[at] : trend.likelyTrue.findLast((likely) => likely !== null);
  const differs = truth !== null && truth !== undefined;
  return (
    <div class="clock-row trend">
      <div class="clock-label">
        <span>
          <a href={`/process/${encodeURIComponent(tag.name)}`} title={tag.title}>
            {tag.name}
          </a>{' '}
          <b class={tone(tag.priority)}>
            {value(shown, tag.digits)}
            {differs ? ' shown' : ''}
          </b>
        </span>
        {differs ? <b class="tone-critical">{value(truth, tag.digits)} likely true</b> : null}
        <span class="soft" title={tag.title}>
          {tag.unit} {tag.title}
        </span>
      </div>
      <div class="clock-ends soft" aria-hidden="true">
        <span>{shape.high}</span>
        <span>{shape.low}</span>
      </div>
      <svg
        width={scale.width}
        height={TREND_HEIGHT}
        role="img"
        aria-label={`Trend of ${tag.name}: now ${measured(tag.value, tag.digits, tag.unit)}, axis ${shape.low} to ${shape.high}`}
      >
        <path class="trend-band" d={shape.band} />
        {shape.limits.map((limit) => (
          <g key={limit.text}>
            <path class="trend-limit" d={`M0 ${limit.y.toFixed(1)}H${scale.width}`} />
            <text class="trend-limit-text" x={limit.x} y={limit.y > 14 ? limit.y - 3 : limit.y + 11}>
              {limit.text}
            </text>
          </g>
        ))}
        <path class="trend-spread" d={shape.spread} />
        <path class="trend-line" d={shape.line} />
        <path class="trend-truth" d={shape.truth} />
      </svg>
    </div>
  );
}

function Writes({ view, scale }: { view: IncidentView; scale: Scale }) {
  const inView = view.writes.filter((write) => write.timeUs >= scale.fromUs && write.timeUs <= scale.toUs);
  return (
    <>
      {inView.map((write) => (
        <div
          key={`${write.timeUs} ${write.frame}`}
          class="clock-write"
          style={{ left: `${scale.x(write.timeUs).toFixed(1)}px` }}
        />
      ))}
    </>
  );
}

export interface ClockProps {
  readonly view: IncidentView;
  readonly trends: readonly Trend[];
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
}

/** Moves the reading line by a fiftieth of the clock a key press. */
function steppedBy(key: string, at: TimeUs, fromUs: TimeUs, toUs: TimeUs): TimeUs | undefined {
  const step = (toUs - fromUs) / 50;
  if (key === 'ArrowLeft') return Math.max(fromUs, at - step);
  if (key === 'ArrowRight') return Math.min(toUs, at + step);
  if (key === 'Home') return fromUs;
  if (key === 'End') return toUs;
  return undefined;
}

/** The layer over all plots: the writes, and the line one reads along. */
function ReadingLine({
  view,
  scale,
  hoverUs,
  onMove,
  frame,
}: {
  view: IncidentView;
  scale: Scale;
  hoverUs: TimeUs | null;
  onMove: (timeUs: TimeUs | null) => void;
  frame: { current: HTMLDivElement | null };
}) {
  const { fromUs, toUs } = scale;
  const at = hoverUs ?? toUs;
  const onKey = (event: KeyboardEvent) => {
    const next = event.key === 'Escape' ? null : steppedBy(event.key, at, fromUs, toUs);
    if (next === undefined) return;
    event.preventDefault();
    onMove(next);
  };
  return (
    <div
      ref={frame}
      class="clock-over"
      role="slider"
      tabIndex={0}
      aria-label="Reading line: arrow keys move it through all trends"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(((at - fromUs) / Math.max(1, toUs - fromUs)) * 100)}
      aria-valuetext={clockTime(at)}
      onKeyDown={onKey}
      onBlur={() => onMove(null)}
    >
      <Writes view={view} scale={scale} />
      {hoverUs === null ? null : <div class="clock-hover" style={{ left: `${scale.x(hoverUs).toFixed(1)}px` }} />}
    </div>
  );
}

export function Clock({ view, trends, fromUs, toUs }: ClockProps) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const [hoverUs, setHoverUs] = useState<TimeUs | null>(null);
  const scale = useMemo(() => scaleOf(fromUs, toUs, Math.max(0, Math.floor(width))), [fromUs, toUs, width]);
  const drawn = useMemo(() => trends.map(drawnTrend), [trends]);

  const onMove = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || event.clientX < box.left || event.clientX > box.right) return setHoverUs(null);
    const share = (event.clientX - box.left - EDGE) / Math.max(1, box.width - 2 * EDGE);
    return setHoverUs(fromUs + share * (toUs - fromUs));
  };

  return (
    <div class="clock" onPointerMove={onMove} onPointerLeave={() => setHoverUs(null)}>
      <div class="clock-row">
        <div class="clock-label soft" aria-live="polite">
          {hoverUs === null ? '' : `at ${clockTime(hoverUs)}`}
        </div>
        {width > 0 ? <Axis scale={scale} /> : <span />}
      </div>
      {width > 0 ? (
        <>
          {view.lanes.map((lane) => (
            <Lane
              key={`${lane.title} ${lane.detail}`}
              lane={lane}
              scale={scale}
              writes={view.writes}
              hoverUs={hoverUs}
            />
          ))}
          {drawn.map((trend) => (
            <TrendRow key={trend.tag.name} trend={trend} scale={scale} hoverUs={hoverUs} />
          ))}
        </>
      ) : null}
      <ReadingLine view={view} scale={scale} hoverUs={hoverUs} onMove={setHoverUs} frame={frame} />
    </div>
  );
}
