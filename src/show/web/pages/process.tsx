import type { TagNow } from '../../api/types.ts';
import { api } from '../client.ts';
import { count, measured, value, when } from '../format.ts';
import { Bar, Value } from '../parts/bar.tsx';
import { Panel, Sentence } from '../parts/basics.tsx';
import { Shape, word } from '../parts/priority.tsx';
import { type Column, PagedTable } from '../parts/table.tsx';
import { overview } from '../state.ts';
import { useTick } from '../use.ts';

/** What can be said of a tag now, in a word or two. */
export function Judged({ tag }: { tag: TagNow }) {
  if (tag.priority)
    return (
      <b class={`tone-${tag.priority}`}>
        <Shape level={tag.priority} quiet /> {word(tag.priority)}
        {tag.incident === '' ? null : (
          <>
            {' · '}
            <a href={`/incidents/${encodeURIComponent(tag.incident)}`}>{tag.incident}</a>
          </>
        )}
      </b>
    );
  if (tag.readiness === 'cannot-judge')
    return (
      <span class="tone-cannot-judge">
        <Shape level="cannot-judge" quiet /> cannot be judged
      </span>
    );
  return <span class="soft">{tag.readiness === 'learning' ? 'learning' : 'as expected'}</span>;
}

const COLUMNS: readonly Column<TagNow>[] = [
  { title: 'tag', kind: 'name', cell: (row) => <a href={`/process/${encodeURIComponent(row.name)}`}>{row.name}</a> },
  { title: 'what', kind: 'wide', cell: (row) => row.title || <span class="soft">{row.point}</span> },
  { title: 'unit', kind: 'narrow', cell: (row) => row.plantUnit || '–' },
  { title: 'role', kind: 'narrow', cell: (row) => row.role },
  { title: 'against its band', kind: 'bar-cell', cell: (row) => <Bar tag={row} /> },
  { title: 'value', kind: 'number', cell: (row) => <Value tag={row} /> },
  {
    title: 'expected',
    kind: 'number',
    cell: (row) =>
      row.band ? `${value(row.band[0], row.digits)} … ${measured(row.band[1], row.digits, row.unit)}` : '–',
  },
  { title: 'judged', kind: 'nowrap', cell: (row) => <Judged tag={row} /> },
  { title: 'read', kind: 'number', cell: (row) => when(row.timeUs) },
];

function sentence(): string {
  const now = overview.value;
  if (!now) return 'What the machines measure.';
  const cannot = now.units.reduce((sum, unit) => sum + unit.cannotJudge, 0);
  const units = `${now.unitsAsExpected} of ${now.unitsTotal} units run as expected`;
  return cannot === 0
    ? `${units}; all of ${count(now.counts.tags)} tags can be judged.`
    : `${units}; ${cannot} of ${count(now.counts.tags)} tags cannot be judged yet.`;
}

export function ProcessPage() {
  const tick = useTick(2_000);
  return (
    <>
      <Sentence>{sentence()}</Sentence>
      <Panel title="Tags">
        <PagedTable
          name="tags"
          what="tags"
          columns={COLUMNS}
          rowKey={(row) => row.name}
          load={api.tags}
          again={tick}
          empty="No tag is known yet."
          searchLabel="Search tag, title, point"
        />
      </Panel>
    </>
  );
}
