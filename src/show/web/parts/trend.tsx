/** The live trend of one tag (uPlot): value with its spread, expected band, limits, likely true, events. Drag to look closer. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { NetworkMark, Trend } from '../../api/types.ts';
import { clockTime, shortTime, value } from '../format.ts';
import { colour, colours } from '../theme.ts';
import { useWidth } from '../use.ts';
import { axisOf } from './drawn-trend.ts';

const HEIGHT = 360;
const FONT = '12px system-ui, sans-serif';

/** Rows of the plot, in the order they are drawn: time, band low, band high, min, max, likely true, mean. */
function dataOf(trend: Trend): uPlot.AlignedData {
  const truth = trend.likelyTrue.length === 0 ? trend.timeUs.map(() => null) : trend.likelyTrue;
  return [
    trend.timeUs.map((us) => us / 1e6),
    [...trend.bandLow],
    [...trend.bandHigh],
    [...trend.min],
    [...trend.max],
    [...truth],
    [...trend.mean],
  ];
}

function endsOf(trend: Trend): [number, number] {
  const { low, high } = axisOf(trend);
  return [low, high];
}

interface Drawn {
  trend: Trend;
  events: readonly NetworkMark[];
}

/** Limits and events are drawn over the plot; positions come from the plot's own scales. */
function drawOver(plot: uPlot, { trend, events }: Drawn): void {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.lineWidth = devicePixelRatio;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.strokeStyle = ctx.fillStyle = colour('limit');
  for (const limit of trend.tag.limits) {
    const y = plot.valToPos(limit.value, 'y', true);
    if (y < top || y > top + height) continue;
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
    ctx.fillText(`${limit.name} ${limit.side} ${value(limit.value, trend.tag.digits)}`, left + 6, y - 5);
  }
  ctx.strokeStyle = ctx.fillStyle = colour('critical');
  for (const event of events) {
    const x = plot.valToPos(event.timeUs / 1e6, 'x', true);
    if (x < left || x > left + width) continue;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.textAlign = x > left + width * 0.6 ? 'right' : 'left';
    ctx.fillText(event.text.slice(0, 80), x + (ctx.textAlign === 'left' ? 6 : -6), top + 14 * devicePixelRatio);
  }
  ctx.restore();
}

function optionsOf(width: number, drawn: { current: Drawn }, onZoom: ZoomHandler, onRead: ReadHandler): uPlot.Options {
  const axis: Partial<uPlot.Axis> = {
    stroke: colour('soft'),
    font: FONT,
    grid: { stroke: colour('line'), width: 0.5 },
    ticks: { stroke: colour('line'), width: 0.5 },
  };
  const digits = drawn.current.trend.tag.digits;
  const points = { show: false };
  const steps = drawn.current.trend.tag.reporting === 'on-change' ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
  const stepped = steps ? { paths: steps } : {};
  return {
    width,
    height: HEIGHT,
    scales: { x: { time: true }, y: { range: () => endsOf(drawn.current.trend) } },
    axes: [
      {
        ...axis,
        values: (_, splits) => {
          const step = (splits[1] ?? 0) - (splits[0] ?? 0);
          return splits.map((second) => (step < 60 ? clockTime(second * 1e6) : shortTime(second * 1e6)));
        },
      },
      {
        ...axis,
        size: 56,
        values: (_, splits) => splits.map((v) => (digits === 0 && !Number.isInteger(v) ? '' : value(v, digits))),
      },
    ],
    legend: { show: false },
    series: [
      {},
      { points, stroke: 'transparent' },
      { points, stroke: 'transparent' },
      { points, stroke: 'transparent' },
      { points, stroke: 'transparent' },
      { points, stroke: colour('critical'), width: 1.5, dash: [6, 4] },
      { points, stroke: colour('marker'), width: 1.5, ...stepped },
    ],
    bands: [
      { series: [2, 1], fill: colour('band-soft') },
      { series: [4, 3], fill: colour('spread') },
    ],
    cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
    hooks: {
      setCursor: [(plot) => onRead(plot.cursor.idx ?? null)],
      draw: [(plot) => drawOver(plot, drawn.current)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          const from = plot.posToVal(plot.select.left, 'x');
          const to = plot.posToVal(plot.select.left + plot.select.width, 'x');
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          onZoom(from * 1e6, to * 1e6);
        },
      ],
    },
  };
}

type ZoomHandler = (fromUs: number, toUs: number) => void;
/** Index of the bucket under the pointer, or null. */
type ReadHandler = (index: number | null) => void;

export function TrendPlot({
  trend,
  events,
  onZoom,
  onRead,
}: {
  trend: Trend;
  events: readonly NetworkMark[];
  onZoom: ZoomHandler;
  onRead: ReadHandler;
}) {
  const [frame, width] = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | null>(null);
  const drawn = useRef<Drawn>({ trend, events });
  const zoom = useRef(onZoom);
  drawn.current = { trend, events };
  zoom.current = onZoom;
  const read = useRef(onRead);
  read.current = onRead;
  const wide = Math.floor(width);
  const colourTurn = colours.value;

  // Made anew for another width, other colours or another tag; new data goes in below.
  useEffect(() => {
    if (!frame.current || wide < 50) return undefined;
    const made = new uPlot(
      optionsOf(
        wide,
        drawn,
        (fromUs, toUs) => zoom.current(fromUs, toUs),
        (index) => read.current(index),
      ),
      dataOf(drawn.current.trend),
      frame.current,
    );
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = null;
    };
  }, [wide, colourTurn, trend.tag.name]);

  useEffect(() => {
    plot.current?.setData(dataOf(trend));
  }, [trend]);

  const { tag } = trend;
  const last = trend.mean.findLast((mean) => mean !== null);
  return (
    <div
      ref={frame}
      class="plot"
      role="img"
      aria-label={`Trend of ${tag.name} from ${clockTime(trend.fromUs)} to ${clockTime(trend.toUs)}, last value ${value(last, tag.digits)} ${tag.unit}`}
    />
  );
}
