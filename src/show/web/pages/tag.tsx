import { useState } from 'preact/hooks';
import type { TagNow, Trend } from '../../api/types.ts';
import { api } from '../client.ts';
import { clockTime, measured, nowUs, value, when } from '../format.ts';
import { Bar } from '../parts/bar.tsx';
import { Choice, Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { drawnTrend } from '../parts/drawn-trend.ts';
import { TrendPlot } from '../parts/trend.tsx';
import { type Loaded, useLoad, useTick } from '../use.ts';
import { Judged } from './process.tsx';

const MINUTE_US = 60e6;
const RANGES = [
  { value: '10', text: '10 min' },
  { value: '60', text: '1 h' },
  { value: '480', text: '8 h' },
  { value: '1440', text: '1 d' },
  { value: '10080', text: '7 d' },
] as const;
type RangeMinutes = (typeof RANGES)[number]['value'];

function sentence(tag: TagNow): string {
  const now = `${tag.name} ${tag.title === '' ? '' : `(${tag.title}) `}reads ${measured(tag.value, tag.digits, tag.unit)}`;
  if (!tag.band) {
    if (tag.readiness === 'ready') return `${now}.`;
    return `${now}; ${tag.readiness === 'learning' ? 'what to expect is still being learned' : 'it cannot be judged'}.`;
  }
  const band = `${value(tag.band[0], tag.digits)} to ${measured(tag.band[1], tag.digits, tag.unit)}`;
  return `${now}; expected is ${band}.`;
}

/** What stood at one moment, in words: value, spread, expected, likely true. */
function readOut(trend: Trend, index: number | null): string {
  const at = index === null ? undefined : trend.timeUs[index];
  if (index === null || at === undefined) return '';
  const { digits, unit } = trend.tag;
  const text = (number: number | null | undefined) => value(number, digits);
  const truth = trend.likelyTrue[index];
  const expected =
    trend.bandLow[index] === null ? '' : `, expected ${text(trend.bandLow[index])} to ${text(trend.bandHigh[index])}`;
  const likely = truth === null || truth === undefined ? '' : `, likely true ${text(truth)}`;
  return `At ${clockTime(at)}: ${text(trend.mean[index])} ${unit} (${text(trend.min[index])} to ${text(trend.max[index])})${expected}${likely}.`;
}

function Facts({ tag }: { tag: TagNow }) {
  const facts = [
    ['point', tag.point],
    ['device', tag.device],
    ['unit', tag.plantUnit],
    ['role', tag.role],
    ['reported', tag.reporting],
    ['quality', tag.quality],
    ['read', when(tag.timeUs)],
  ] as const;
  return (
    <dl class="lines pairs">
      {facts
        .filter(([, text]) => text !== '')
        .map(([name, text]) => (
          <div key={name}>
            <dt class="soft">{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      {tag.limits.map((limit) => (
        <div key={`${limit.name} ${limit.side}`}>
          <dt class="soft">
            {limit.name} {limit.side}
          </dt>
          <dd>{measured(limit.value, tag.digits, tag.unit)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Zoom {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Range of time and, while the person looks closer, the way back. */
function RangeTools({
  minutes,
  zoom,
  onRange,
}: {
  minutes: RangeMinutes;
  zoom: Zoom | null;
  onRange: (minutes: RangeMinutes) => void;
}) {
  return (
    <>
      <span class="legend">
        <i class="swatch-band" /> expected
      </span>
      {zoom ? (
        <button type="button" onClick={() => onRange(minutes)}>
          Back to now
        </button>
      ) : null}
      <Choice label="How far back" options={RANGES} value={minutes} onChange={onRange} />
    </>
  );
}

function TagSide({ tag }: { tag: TagNow }) {
  return (
    <div class="side">
      <Panel title="Now">
        <p class="tag-now">
          <Bar tag={tag} />
        </p>
        <p>
          <Judged tag={tag} />
        </p>
      </Panel>
      <Panel title="What it is">
        <Facts tag={tag} />
      </Panel>
    </div>
  );
}

/** The trend of the last `minutes`, asked again as time goes on; of the zoomed span once. */
function useTrend(name: string, minutes: RangeMinutes, zoom: Zoom | null): Loaded<Trend> {
  const tick = useTick(Number(minutes) > 60 ? 10_000 : 1_000);
  const key = zoom ? `${zoom.fromUs} ${zoom.toUs}` : minutes;
  return useLoad(
    `trend ${name} ${key}`,
    async () => {
      const toUs = zoom ? zoom.toUs : nowUs();
      const fromUs = zoom ? zoom.fromUs : toUs - Number(minutes) * MINUTE_US;
      const [trend] = await api.trends([name], fromUs, toUs, 800);
      return trend && drawnTrend(trend);
    },
    zoom ? 0 : tick,
  );
}

export function TagPage({ name }: { name: string }) {
  const [minutes, setMinutes] = useState<RangeMinutes>('10');
  const [read, setRead] = useState<number | null>(null);
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const loaded = useTrend(name, minutes, zoom);
  const trend = loaded.data;
  const incident = trend?.tag.incident ?? '';
  const story = useLoad(`story ${incident}`, () =>
    incident === '' ? Promise.resolve(undefined) : api.incident(incident),
  );
  const onRange = (next: RangeMinutes) => {
    setZoom(null);
    setMinutes(next);
  };
  return (
    <>
      <Sentence level={trend?.tag.priority ?? 'well'} aside={<a href="/process">all tags</a>}>
        {trend ? sentence(trend.tag) : name}
      </Sentence>
      <div class="with-side">
        <Panel
          title={trend ? `${trend.tag.name}${trend.tag.unit === '' ? '' : `, ${trend.tag.unit}`}` : name}
          aside={<RangeTools minutes={minutes} zoom={zoom} onRange={onRange} />}
        >
          {trend ? (
            <>
              <TrendPlot
                trend={trend}
                events={story.data?.writes ?? []}
                onZoom={(fromUs, toUs) => setZoom({ fromUs, toUs })}
                onRead={setRead}
              />
              <p class="soft small">
                {readOut(trend, read) ||
                  `${clockTime(trend.fromUs)} to ${clockTime(trend.toUs)}. Drag over the trend to look closer.`}
              </p>
            </>
          ) : null}
          <Waiting of={loaded} what="the trend" />
        </Panel>
        {trend ? <TagSide tag={trend.tag} /> : null}
      </div>
    </>
  );
}
