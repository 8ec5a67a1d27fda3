import type { IncidentSummary } from '../../api/types.ts';
import { api } from '../client.ts';
import { age, when } from '../format.ts';
import { Choice, Panel, Sentence } from '../parts/basics.tsx';
import { Shape, tone, word } from '../parts/priority.tsx';
import { type Column, PagedTable } from '../parts/table.tsx';
import { query, setQuery } from '../router.ts';
import { changes, overview } from '../state.ts';

const STATES = [
  { value: 'open', text: 'Open' },
  { value: 'closed', text: 'Closed' },
  { value: 'all', text: 'All' },
] as const;
type StateFilter = (typeof STATES)[number]['value'];

const COLUMNS: readonly Column<IncidentSummary>[] = [
  {
    title: 'incident',
    kind: 'narrow',
    cell: (row) => (
      <b class={`nowrap ${row.state === 'closed' ? 'soft' : tone(row.priority)}`}>
        <Shape level={row.priority} quiet /> {row.id} {word(row.priority)}
      </b>
    ),
  },
  {
    title: 'what',
    kind: 'wide',
    cell: (row) => <a href={`/incidents/${encodeURIComponent(row.id)}`}>{row.title}</a>,
  },
  { title: 'cause', kind: 'nowrap', cell: (row) => row.cause },
  { title: 'unit', kind: 'narrow', cell: (row) => row.units.join(', ') || '–' },
  { title: 'state', kind: 'nowrap', cell: (row) => row.state },
  { title: 'with', kind: 'narrow', cell: (row) => row.assignedTo || '–' },
  { title: 'opened', kind: 'number', cell: (row) => <span title={age(row.openedUs)}>{when(row.openedUs)}</span> },
  { title: 'age', kind: 'number', cell: (row) => age(row.openedUs) },
];

function sentence(open: number): string {
  if (open === 0) return 'No incident is open.';
  const worst = overview.value?.incidents[0];
  const many = open === 1 ? 'One incident is open' : `${open} incidents are open`;
  return worst ? `${many}. First: ${worst.title}.` : `${many}.`;
}

export function IncidentsPage() {
  const state = (STATES.find(({ value }) => value === query.value.get('state'))?.value ?? 'open') as StateFilter;
  const worst = overview.value?.incidents[0];
  const open = overview.value?.openIncidents ?? 0;
  return (
    <>
      <Sentence level={open > 0 && worst ? worst.priority : 'well'}>{sentence(open)}</Sentence>
      <Panel title="Queue">
        <PagedTable
          name="incidents"
          what="incidents"
          columns={COLUMNS}
          rowKey={(row) => row.id}
          load={(slice) => api.incidents(slice, state)}
          filter={state}
          again={changes.incidents.value}
          empty={state === 'open' ? 'No incident is open.' : 'There is none.'}
          searchLabel="Search incidents"
          tools={
            <Choice
              label="Which incidents"
              options={STATES}
              value={state}
              onChange={(next) => setQuery({ state: next === 'open' ? '' : next, 'incidents-from': '' })}
            />
          }
        />
      </Panel>
    </>
  );
}
