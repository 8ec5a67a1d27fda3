/** One clock: what was said on the network above, what the machine did below, the write drawn through both. */
import { useMemo, useState } from 'preact/hooks';
import type { IncidentView, NetworkLane, NetworkMark, TagLimit, TimeUs, Trend } from '../../api/types.ts';
import { clockTime, measured, shortTime, value } from '../format.ts';
import { useWidth } from '../use.ts';
import { drawnTrend } from './drawn-trend.ts';
import { tone } from './priority.tsx';
import { areaPath, linePath, nearest, timeTicks, valueSpan } from './scale.ts';

/** Height of one trend in CSS pixels. */
const TREND_HEIGHT = 74;
const LANE_HEIGHT = 30;
/** Room at both ends of the plots so that marks on the edge stay whole. */
const EDGE = 4;

interface Scale {
  readonly fromUs: TimeUs;
  readonly toUs: TimeUs;
  readonly width: number;
  readonly x: (timeUs: TimeUs) => number;
}

function scaleOf(fromUs: TimeUs, toUs: TimeUs, width: number): Scale {
  const inner = Math.max(1, width - 2 * EDGE);
  const span = Math.max(1, toUs - fromUs);
  return { fromUs, toUs, width, x: (timeUs) => EDGE + ((timeUs - fromUs) / span) * inner };
}

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

/** A write that is no part of the story is drawn strong, but in no colour. */
const ORDINARY_WRITE = 'mark-ordinary';
const MARK_CLASS: Readonly<Record<NetworkMark['kind'], string>> = {
  message: 'mark-message',
  new: 'mark-new',
  write: 'mark-write',
  refused: 'mark-refused',
};

interface Placed {
  readonly text: string;
  readonly mark: NetworkMark;
  readonly x: number;
  readonly anchor: 'start' | 'end';
}

/** About the width of a letter in a lane; only to keep words from lying on each other. */
const LETTER_WIDTH = 6.3;
const LANE_TEXTS_MAX = 6;

/** Where the words of marks stand: a write to its right, what is new to its left; what finds no room is left to the screen reader. */
function placeTexts(marks: readonly NetworkMark[], scale: Scale): Placed[] {
  const rank = { write: 0, refused: 1, new: 2, message: 3 } as const;
  const named = marks.filter(({ kind, text }) => kind !== 'message' && text !== '');
  const placed: (Placed & { readonly from: number; readonly to: number })[] = [];
  for (const mark of named.toSorted((a, b) => rank[a.kind] - rank[b.kind] || a.timeUs - b.timeUs)) {
    const text = mark.text.slice(0, 80);
    const width = text.length * LETTER_WIDTH;
    const at = scale.x(mark.timeUs);
    const leftFirst = mark.kind === 'new' ? at > width + 10 : at + width > scale.width;
    const anchor = leftFirst ? 'end' : 'start';
    const x = leftFirst ? at - 6 : at + 6;
    const from = leftFirst ? x - width : x;
    const to = leftFirst ? x : x + width;
    if (placed.some((other) => from < other.to && to > other.from)) continue;
    placed.push({ text, mark, x, anchor, from, to });
    if (placed.length >= LANE_TEXTS_MAX) break;
  }
  return placed;
}

function Lane({ lane, scale, writes }: { lane: NetworkLane; scale: Scale; writes: readonly NetworkMark[] }) {
  const classOf = ({ kind, timeUs, frame }: NetworkMark) =>
    kind === 'write' && !writes.some((write) => write.timeUs === timeUs && write.frame === frame)
      ? ORDINARY_WRITE
      : MARK_CLASS[kind];
  const inView = lane.marks.filter((mark) => mark.timeUs >= scale.fromUs && mark.timeUs <= scale.toUs);
  const named = inView.filter((mark) => mark.kind !== 'message' && mark.text !== '');
  return (
    <div class="clock-row lane">
      <div class="clock-label">
        <span title={lane.title}>{lane.title}</span>
        <span class="soft" title={lane.detail}>
          {lane.detail}
        </span>
      </div>
      <svg
        width={scale.width}
        height={LANE_HEIGHT}
        role="img"
        aria-label={`${lane.title}: ${inView.length} messages. ${named.map((m) => `${clockTime(m.timeUs)} ${m.text}`).join('. ')}`}
      >
        <path class="hairline" d={`M0 ${LANE_HEIGHT / 2}H${scale.width}`} />
        {inView.map((mark, index) => (
          <path
            key={index}
            class={`mark ${classOf(mark)}`}
            d={
              mark.kind === 'write'
                ? `M${scale.x(mark.timeUs).toFixed(1)} 4v22`
                : `M${scale.x(mark.timeUs).toFixed(1)} 11v9`
            }
          />
        ))}
        {placeTexts(inView, scale).map((placed) => (
          <text
            key={`${placed.x} ${placed.text}`}
            class={classOf(placed.mark)}
            x={placed.x.toFixed(1)}
            y="10"
            text-anchor={placed.anchor}
          >
            {placed.text}
          </text>
        ))}
      </svg>
    </div>
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

/** Everything to draw of one trend. Limits far from the values are left out: they would flatten what matters. */
function shapeOf(trend: Trend, scale: Scale): Shape {
  const { tag } = trend;
  const smallest = 6 * 10 ** -tag.digits;
  const all = [...trend.min, ...trend.max, ...trend.bandLow, ...trend.bandHigh, ...trend.likelyTrue];
  const tight = valueSpan(all, smallest);
  const reach = (tight.high - tight.low) * 0.4;
  const near = tag.limits.filter((limit) => limit.value >= tight.low - reach && limit.value <= tight.high + reach);
  const { low, high } = valueSpan([...all, ...near.map((limit) => limit.value)], smallest);
  const y = (number: number) => TREND_HEIGHT - 5 - ((number - low) / (high - low)) * (TREND_HEIGHT - 10);
  const ys = (numbers: readonly (number | null)[]) => numbers.map((number) => (number === null ? null : y(number)));
  const xs = trend.timeUs.map(scale.x);
  const digits = Math.max(0, Math.min(tag.digits, high - low > 10 ? 0 : 2));
  return {
    band: areaPath(xs, ys(trend.bandLow), ys(trend.bandHigh)),
    spread: areaPath(xs, ys(trend.min), ys(trend.max)),
    line: linePath(xs, ys(trend.mean), tag.reporting === 'on-change'),
    truth: linePath(xs, ys(trend.likelyTrue)),
    limits: limitsOf(near, y, tag.digits),
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

export function Clock({ view, trends, fromUs, toUs }: ClockProps) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const [hoverUs, setHoverUs] = useState<TimeUs | null>(null);
  const scale = useMemo(() => scaleOf(fromUs, toUs, Math.max(0, Math.floor(width))), [fromUs, toUs, width]);

  const drawn = useMemo(() => trends.map(drawnTrend), [trends]);

  const onMove = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (!box || event.clientX < box.left || event.clientX > box.right) return setHoverUs(null);
    return setHoverUs(
      fromUs + ((event.clientX - box.left - EDGE) / Math.max(1, box.width - 2 * EDGE)) * (toUs - fromUs),
    );
  };
  const onKey = (event: KeyboardEvent) => {
    const next = event.key === 'Escape' ? null : steppedBy(event.key, hoverUs ?? toUs, fromUs, toUs);
    if (next === undefined) return;
    event.preventDefault();
    setHoverUs(next);
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
            <Lane key={`${lane.title} ${lane.detail}`} lane={lane} scale={scale} writes={view.writes} />
          ))}
          {drawn.map((trend) => (
            <TrendRow key={trend.tag.name} trend={trend} scale={scale} hoverUs={hoverUs} />
          ))}
        </>
      ) : null}
      <div
        ref={frame}
        class="clock-over"
        role="slider"
        tabIndex={0}
        aria-label="Reading line: arrow keys move it through all trends"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((((hoverUs ?? toUs) - fromUs) / Math.max(1, toUs - fromUs)) * 100)}
        aria-valuetext={clockTime(hoverUs ?? toUs)}
        onKeyDown={onKey}
        onBlur={() => setHoverUs(null)}
      >
        <Writes view={view} scale={scale} />
        {hoverUs === null ? null : <div class="clock-hover" style={{ left: `${scale.x(hoverUs).toFixed(1)}px` }} />}
      </div>
    </div>
  );
}
