/** All that one actor did in the day before. */
import { useEffect, useState } from 'preact/hooks';
import type { IncidentView } from '../../api/types.ts';
import { api } from '../client.ts';
import { count, when } from '../format.ts';
import { askNames, nameOf } from '../names.ts';
import { useLoad } from '../use.ts';
import { Panel, Waiting } from './basics.tsx';

const DAY_US = 86_400e6;

function Entries({ asset, toUs }: { asset: string; toUs: number }) {
  const loaded = useLoad(`history ${asset} ${toUs}`, () => api.history(asset, toUs - DAY_US, toUs));
  const history = loaded.data;
  if (!history) return <Waiting of={loaded} what="what it did" />;
  if (history.entries.length === 0) return <p class="soft">Nothing but plain reads in these 24 hours.</p>;
  return (
    <>
      <ol class="lines steps">
        {history.entries.map((entry) => (
          <li key={`${entry.timeUs} ${entry.frame} ${entry.text}`}>
            <time>{when(entry.timeUs)}</time>
            <span class="soft">{entry.frame > 0 ? `frame ${count(entry.frame)}` : ''}</span>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
      {history.left > 0 ? <p class="soft">{count(history.left)} more are not listed.</p> : null}
    </>
  );
}

export function HistoryPanel({ view }: { view: IncidentView }) {
  const [open, setOpen] = useState(false);
  const { actor } = view.incident;
  useEffect(() => {
    askNames().catch(() => undefined);
  }, []);
  return (
    <Panel
      title={`All that ${nameOf(actor)} did in 24 h`}
      aside={<a href={`/network/${encodeURIComponent(actor)}`}>asset {actor}</a>}
    >
      {open ? (
        <Entries asset={actor} toUs={Math.round(view.toUs)} />
      ) : (
        <button type="button" onClick={() => setOpen(true)}>
          Show
        </button>
      )}
    </Panel>
  );
}
