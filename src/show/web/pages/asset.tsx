import { useEffect } from 'preact/hooks';
import type { Asset } from '../../api/types.ts';
import { api } from '../client.ts';
import { fullTime, when } from '../format.ts';
import { askNames } from '../names.ts';
import { Panel, Sentence, Waiting } from '../parts/basics.tsx';
import { Rows } from '../parts/table.tsx';
import { changes } from '../state.ts';
import { useLoad } from '../use.ts';
import { CONVERSATION_COLUMNS } from './network.tsx';

const ROWS_MAX = 200;

async function findAsset(id: string): Promise<{ readonly asset: Asset | undefined }> {
  const page = await api.assets({ offset: 0, limit: ROWS_MAX, search: id });
  return { asset: page.items.find((asset) => asset.id === id) };
}

async function findConversations(id: string) {
  const page = await api.conversations({ offset: 0, limit: ROWS_MAX, search: id });
  return page.items.filter(({ client, server }) => client === id || server === id);
}

function Facts({ asset }: { asset: Asset }) {
  const facts = [
    ['id', asset.id],
    ['addresses', asset.addresses.join(', ')],
    ['MAC', asset.macs.join(', ')],
    ['unit behind the address', asset.unit],
    ['seen in', asset.scope],
    ['zone', asset.zone],
    ['maker', asset.vendor],
    ['model', asset.model],
    ['firmware', asset.firmware],
    ['roles', asset.roles.join(', ')],
    ['protocols', asset.protocols.join(', ')],
    ['first seen', fullTime(asset.firstSeenUs)],
    ['last seen', fullTime(asset.lastSeenUs)],
    ['answers', asset.alive === 'unknown' ? '' : asset.alive],
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
    </dl>
  );
}

function headline(asset: Asset): string {
  const what = [asset.vendor, asset.model].filter((text) => text !== '').join(' ');
  const zone = asset.zone === '' ? '' : ` in ${asset.zone}`;
  return `${asset.name === '' ? asset.id : asset.name}${what === '' ? '' : `, ${what}`}${zone}, first seen ${when(asset.firstSeenUs)}.`;
}

export function AssetPage({ id }: { id: string }) {
  const found = useLoad(`asset ${id}`, () => findAsset(id), changes.assets.value);
  const talks = useLoad(`conversations of ${id}`, () => findConversations(id), changes.conversations.value);
  useEffect(() => {
    askNames().catch(() => undefined);
  }, []);
  const asset = found.data?.asset;
  const missing = found.data !== undefined && asset === undefined;
  return (
    <>
      <Sentence aside={<a href="/network">all assets</a>}>
        {asset ? headline(asset) : missing ? `No asset ${id} is known.` : `Asset ${id}`}
      </Sentence>
      <div class="with-side reversed">
        <Panel title="Conversations">
          {talks.data ? null : <Waiting of={talks} what="conversations" />}
          {talks.data?.length === 0 ? <p class="soft">It talks to nobody.</p> : null}
          {talks.data && talks.data.length > 0 ? (
            <Rows
              columns={CONVERSATION_COLUMNS}
              rows={talks.data}
              rowKey={(row) => row.id}
              caption={`Conversations of ${id}`}
            />
          ) : null}
        </Panel>
        <Panel title="What is known">{asset ? <Facts asset={asset} /> : <Waiting of={found} what="it" />}</Panel>
      </div>
    </>
  );
}
