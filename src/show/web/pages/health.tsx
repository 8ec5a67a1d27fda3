import type { CaptureSource } from '../../api/types.ts';
import { api } from '../client.ts';
import { count, when } from '../format.ts';
import { Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { Shape } from '../parts/priority.tsx';
import { type Column, Rows } from '../parts/table.tsx';
import { overview } from '../state.ts';
import { useLoad, useTick } from '../use.ts';

const COLUMNS: readonly Column<CaptureSource>[] = [
  { title: 'source', cell: (row) => <b>{row.name}</b> },
  {
    title: 'state',
    kind: 'nowrap',
    cell: (row) =>
      row.state === 'failed' ? (
        <span class="tone-high">
          <Shape level="high" quiet /> failed
        </span>
      ) : (
        row.state
      ),
  },
  { title: 'frames', kind: 'number', cell: (row) => count(row.packets) },
  { title: 'frames/s', kind: 'number', cell: (row) => count(Math.round(row.packetsPerSecond)) },
  { title: 'lost by the sensor', kind: 'number', cell: (row) => count(row.lost) },
  {
    title: 'probably lost by the mirror',
    kind: 'number',
    cell: (row) => (row.mirrorLossPercent === null ? 'cannot be told' : `≈ ${row.mirrorLossPercent.toFixed(2)} %`),
  },
  { title: 'last frame', kind: 'number', cell: (row) => when(row.lastFrameUs) },
  {
    title: 'problems counted',
    kind: 'wide',
    cell: (row) =>
      row.problems.length === 0 ? 'none' : row.problems.map(({ kind, count: n }) => `${kind} ×${count(n)}`).join(', '),
  },
];

/** A rate of few alarms with a decimal, of many without. */
const rate = (perWeek: number) => (perWeek < 10 ? perWeek.toFixed(1) : count(Math.round(perWeek)));

function Budget() {
  const budget = overview.value?.budget;
  if (!budget) return null;
  const { observedPerWeek: observed } = budget;
  return (
    <Panel title="Alarm budget">
      <dl class="lines pairs">
        <div>
          <dt>promised</dt>
          <dd>{budget.promised} at most</dd>
        </div>
        <div>
          <dt>spent</dt>
          <dd>{budget.spent}</dd>
        </div>
        <div>
          <dt>observed</dt>
          <dd>
            {observed
              ? `${rate(observed[0])} to ${rate(observed[1])} false alarms a week (95 %)`
              : 'not enough seen yet to say'}
          </dd>
        </div>
      </dl>
      <p class="small soft">{budget.sentence}</p>
    </Panel>
  );
}

export function HealthPage() {
  const loaded = useLoad('capture', api.capture, useTick(2_000));
  const capture = loaded.data ?? overview.value?.capture;
  if (!capture) return <Waiting of={loaded} what="the capture health" />;
  return (
    <>
      <Sentence level={capture.priority ?? 'well'} aside={`${count(capture.lost)} frames lost`}>
        {capture.sentence}
      </Sentence>
      <Panel title="Sources of frames">
        {capture.sources.length === 0 ? (
          <p class="soft">No source is set up.</p>
        ) : (
          <Rows columns={COLUMNS} rows={capture.sources} rowKey={(row) => row.name} caption="Sources of frames" />
        )}
      </Panel>
      <div class="thirds">
        <Budget />
        <Panel title="What is kept">
          <p>{overview.value?.store ?? ''}</p>
        </Panel>
      </div>
    </>
  );
}
