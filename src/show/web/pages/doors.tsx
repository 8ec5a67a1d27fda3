import type { Door } from '../../api/types.ts';
import { api } from '../client.ts';
import { count } from '../format.ts';
import { Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { Shape } from '../parts/priority.tsx';
import { type Column, Rows } from '../parts/table.tsx';
import { changes, overview } from '../state.ts';
import { useLoad, useTick } from '../use.ts';

const MODES = ['observe', 'learn', 'shadow', 'guard', 'enforce'] as const;

function ModeScale({ mode }: { mode: Door['mode'] }) {
  return (
    <span class="modes" role="img" aria-label={`mode ${mode}`}>
      {mode === 'bypass' ? (
        <span class="mode now">bypass</span>
      ) : (
        MODES.map((each) => (
          <span key={each} class={`mode ${each === mode ? 'now' : ''}`}>
            {each}
          </span>
        ))
      )}
    </span>
  );
}

const added = (door: Door) =>
  door.addedP50Us === null || door.addedP99Us === null
    ? '–'
    : `${Math.round(door.addedP50Us)} / ${Math.round(door.addedP99Us)} µs`;

const COLUMNS: readonly Column<Door>[] = [
  {
    title: 'conduit',
    cell: (row) => (
      <>
        <b>
          {row.from} → {row.to}
        </b>
        {row.up ? null : (
          <div class="tone-high">
            <Shape level="high" quiet /> not running
          </div>
        )}
      </>
    ),
  },
  { title: 'protocol', kind: 'narrow', cell: (row) => row.protocols.join(', ') || 'any' },
  { title: 'mode', kind: 'nowrap', cell: (row) => <ModeScale mode={row.mode} /> },
  {
    title: 'would-be denials',
    kind: 'nowrap',
    cell: (row) =>
      row.toJudge > 0 ? (
        <b class="tone-high">
          <Shape level="high" quiet /> {row.toJudge} to judge
        </b>
      ) : (
        '–'
      ),
  },
  {
    title: 'passed · held · denied',
    kind: 'number',
    cell: (row) => `${count(row.passed)} · ${count(row.held)} · ${count(row.denied)}`,
  },
  { title: 'evidence', kind: 'wide', cell: (row) => row.evidence || '–' },
  { title: 'wrong blocks, bound', cell: (row) => row.wrongBlocksBound || '–' },
  { title: 'added p50 / p99', kind: 'number', cell: added },
  { title: 'if Firedoor fails', kind: 'narrow', cell: (row) => row.ifFiredoorFails || '–' },
];

function Listeners({ doors }: { doors: readonly Door[] }) {
  const listening = doors.filter(({ listeners }) => listeners.length > 0);
  if (listening.length === 0) return null;
  return (
    <Panel title="Where the doors stand">
      <dl class="lines pairs">
        {listening.map((door) => (
          <div key={door.name}>
            <dt>{door.name}</dt>
            <dd>{door.listeners.join(', ')}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

export function DoorsPage() {
  const tick = useTick(2_000);
  const loaded = useLoad('doors', api.doors, `${changes.doors.value} ${tick}`);
  const doors = loaded.data ?? overview.value?.doors;
  if (!doors) return <Waiting of={loaded} what="doors" />;
  const waits = doors.doors.some(({ toJudge }) => toJudge > 0);
  return (
    <>
      <Sentence
        level={waits ? 'high' : 'well'}
        aside={
          doors.automaticActionsMax > 0
            ? `automatic actions today ${doors.automaticActionsToday} of ${doors.automaticActionsMax}`
            : null
        }
      >
        {doors.sentence}
      </Sentence>
      <Panel title="Conduits">
        {doors.doors.length === 0 ? (
          <p class="soft">No door is set up. Firedoor only watches.</p>
        ) : (
          <Rows columns={COLUMNS} rows={doors.doors} rowKey={(row) => row.name} caption="Doors between zones" />
        )}
      </Panel>
      <Listeners doors={doors.doors} />
    </>
  );
}
