import type { LearningItem } from '../../api/types.ts';
import { api } from '../client.ts';
import { duration, percent } from '../format.ts';
import { Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { Shape } from '../parts/priority.tsx';
import { type Column, Rows } from '../parts/table.tsx';
import { overview } from '../state.ts';
import { useLoad, useTick } from '../use.ts';

const READINESS_WORDS = { learning: 'learning', ready: 'ready', 'cannot-judge': 'cannot be judged' } as const;

const COLUMNS: readonly Column<LearningItem>[] = [
  { title: 'subject', cell: (row) => <b>{row.name}</b> },
  {
    title: 'state',
    kind: 'nowrap',
    cell: (row) =>
      row.readiness === 'cannot-judge' ? (
        <span class="tone-cannot-judge">
          <Shape level="cannot-judge" quiet /> {READINESS_WORDS[row.readiness]}
        </span>
      ) : (
        READINESS_WORDS[row.readiness]
      ),
  },
  {
    title: 'learned',
    kind: 'nowrap',
    cell: (row) => (
      <>
        <progress max={1} value={row.fraction} aria-label={`${row.name} learned`} /> {percent(row.fraction)}
      </>
    ),
  },
  {
    title: 'left',
    kind: 'number',
    cell: (row) => (row.readiness !== 'learning' ? '–' : row.leftMs === null ? 'not known' : duration(row.leftMs)),
  },
  { title: 'seen so far', kind: 'wide', cell: (row) => row.text },
];

export function BaselinePage() {
  const loaded = useLoad('learning', api.learning, useTick(2_000));
  const learning = loaded.data ?? overview.value?.learning;
  if (!learning) return <Waiting of={loaded} what="what was learned" />;
  return (
    <>
      <Sentence aside={`Baseline ${learning.baseline}`}>{learning.sentence}</Sentence>
      <Panel title="What is learned as normal, and what is left">
        {learning.items.length === 0 ? (
          <p class="soft">Nothing was learned yet.</p>
        ) : (
          <Rows
            columns={COLUMNS}
            rows={learning.items}
            rowKey={(row) => `${row.name} ${row.text}`}
            caption="Learning progress"
          />
        )}
        <p class="soft small">
          Normal depends on the operating state: what was never seen in a state cannot be judged there, and Firedoor
          says so instead of guessing. Writes of program, firmware, force, bypass and calibration are never learned
          without a person.
        </p>
      </Panel>
    </>
  );
}
