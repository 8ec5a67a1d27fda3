import { useEffect } from 'preact/hooks';
import type { Asset, Conversation, FunctionUse } from '../../api/types.ts';
import { api } from '../client.ts';
import { bytes, count, when } from '../format.ts';
import { askNames, learnNames, nameOf } from '../names.ts';
import { Choice, Panel, Sentence } from '../parts/basics.tsx';
import { type Column, PagedTable } from '../parts/table.tsx';
import { query, setQuery } from '../router.ts';
import { changes, overview } from '../state.ts';

const dash = (text: string) => (text === '' ? '–' : text);

export function AssetLink({ id }: { id: string }) {
  const name = nameOf(id);
  return (
    <a href={`/network/${encodeURIComponent(id)}`} title={id}>
      {name}
    </a>
  );
}

const ASSET_COLUMNS: readonly Column<Asset>[] = [
  {
    title: 'asset',
    kind: 'wide',
    cell: (row) => <a href={`/network/${encodeURIComponent(row.id)}`}>{row.name === '' ? row.id : row.name}</a>,
  },
  { title: 'addresses', cell: (row) => [...row.addresses, ...row.macs.slice(0, 1)].join(' · ') },
  { title: 'unit', kind: 'narrow', cell: (row) => dash(row.unit) },
  { title: 'zone', kind: 'narrow', cell: (row) => dash(row.zone) },
  {
    title: 'maker, model',
    cell: (row) => dash([row.vendor, row.model, row.firmware].filter((t) => t !== '').join(' ')),
  },
  { title: 'roles', cell: (row) => dash(row.roles.join(', ')) },
  { title: 'protocols', cell: (row) => dash(row.protocols.join(', ')) },
  { title: 'first seen', kind: 'number', cell: (row) => when(row.firstSeenUs) },
  {
    title: 'last seen',
    kind: 'number',
    cell: (row) => (row.alive === 'silent' ? <b>silent since {when(row.lastSeenUs)}</b> : when(row.lastSeenUs)),
  },
];

/** Most dangerous first, so that a write is never hidden behind the reads. */
const CLASS_ORDER: readonly FunctionUse['class'][] = [
  'safety',
  'program',
  'config',
  'control',
  'write',
  'auth',
  'diagnostic',
  'discovery',
  'read',
];

export function Functions({ functions, most = 6 }: { functions: readonly FunctionUse[]; most?: number }) {
  const asked = functions.filter(({ direction }) => direction !== 'response');
  const sorted = asked.toSorted((a, b) => CLASS_ORDER.indexOf(a.class) - CLASS_ORDER.indexOf(b.class));
  const left = sorted.length - most;
  return (
    <>
      {sorted.slice(0, most).map((use) => (
        <span key={`${use.direction} ${use.code} ${use.name}`} class="function">
          {use.class === 'read' ? use.name : <b>{use.name}</b>} <span class="soft">×{count(use.count)}</span>
        </span>
      ))}
      {left > 0 ? <span class="soft">and {left} more</span> : null}
    </>
  );
}

export const CONVERSATION_COLUMNS: readonly Column<Conversation>[] = [
  { title: 'client', kind: 'name', cell: (row) => <AssetLink id={row.client} /> },
  { title: 'server', kind: 'name', cell: (row) => <AssetLink id={row.server} /> },
  { title: 'protocol', kind: 'narrow', cell: (row) => `${row.protocol} ${row.transport}/${row.serverPort}` },
  { title: 'functions used', kind: 'wide', cell: (row) => <Functions functions={row.functions} /> },
  { title: 'messages', kind: 'number', cell: (row) => count(row.messages) },
  { title: 'bytes', kind: 'number', cell: (row) => bytes(row.bytes) },
  { title: 'first seen', kind: 'number', cell: (row) => when(row.firstSeenUs) },
  { title: 'last seen', kind: 'number', cell: (row) => when(row.lastSeenUs) },
];

const VIEWS = [
  { value: 'assets', text: 'Assets' },
  { value: 'conversations', text: 'Conversations' },
] as const;

async function loadAssets(slice: Parameters<typeof api.assets>[0]) {
  const page = await api.assets(slice);
  learnNames(page.items);
  return page;
}

export function NetworkPage() {
  const view = query.value.get('view') === 'conversations' ? 'conversations' : 'assets';
  const counts = overview.value?.counts;
  useEffect(() => {
    askNames().catch(() => undefined);
  }, []);
  const choice = (
    <Choice
      label="What to list"
      options={VIEWS}
      value={view}
      onChange={(next) => setQuery({ view: next === 'assets' ? '' : next })}
    />
  );
  return (
    <>
      <Sentence>
        {counts
          ? `${count(counts.assets)} assets talk in ${count(counts.conversations)} conversations.`
          : 'Who talks to whom, and how.'}
      </Sentence>
      {view === 'assets' ? (
        <Panel title="Assets" aside={choice}>
          <PagedTable
            name="assets"
            what="assets"
            columns={ASSET_COLUMNS}
            rowKey={(row) => row.id}
            load={loadAssets}
            again={changes.assets.value}
            empty="No asset was seen yet."
            searchLabel="Search name, address, maker"
          />
        </Panel>
      ) : (
        <Panel title="Conversations" aside={choice}>
          <PagedTable
            name="conversations"
            what="conversations"
            columns={CONVERSATION_COLUMNS}
            rowKey={(row) => row.id}
            load={api.conversations}
            again={changes.conversations.value}
            empty="No conversation was seen yet."
            searchLabel="Search client, server, protocol"
          />
        </Panel>
      )}
    </>
  );
}
