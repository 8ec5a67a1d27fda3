/** The frame itself: decoded fields beside the bytes they stand in. */
import { useState } from 'preact/hooks';
import type { DecodedField, EvidenceView, FrameReference, IncidentView } from '../../api/types.ts';
import { api } from '../client.ts';
import { clockTime, count } from '../format.ts';
import { may } from '../state.ts';
import { useLoad } from '../use.ts';
import { Panel, Waiting } from './basics.tsx';
import { hexRows } from './hex.ts';

function Hex({ evidence, field }: { evidence: EvidenceView; field: DecodedField | null }) {
  const ranges = field && field.to > field.from ? [[field.from, field.to] as const] : evidence.highlights;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="hex" aria-label="Bytes of the frame" tabIndex={0}>
      {hexRows(evidence.hex, ranges).map((row) => (
        <div key={row.offset}>
          <span class="soft">{row.offset}</span>{' '}
          {row.bytes.map((byte) => (
            <span key={byte.offset} class={byte.lit ? 'lit' : ''}>
              {byte.text}{' '}
            </span>
          ))}
          <span class="soft hex-text">{row.text}</span>
        </div>
      ))}
    </section>
  );
}

function Fields({ fields, onPick }: { fields: readonly DecodedField[]; onPick: (field: DecodedField | null) => void }) {
  return (
    <ul class="fields">
      {fields.map((field) => (
        <li key={`${field.name} ${field.from}`}>
          <button
            type="button"
            class="field"
            onPointerEnter={() => onPick(field)}
            onPointerLeave={() => onPick(null)}
            onFocus={() => onPick(field)}
            onBlur={() => onPick(null)}
          >
            <span class="soft">{field.name}</span> {field.value}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Decoded({ reference }: { reference: FrameReference }) {
  const [field, setField] = useState<DecodedField | null>(null);
  const loaded = useLoad(`frame ${reference.capture} ${reference.number}`, () =>
    api.evidence(reference.capture, reference.number),
  );
  const evidence = loaded.data;
  if (!evidence) return <Waiting of={loaded} what="the frame" />;
  return (
    <>
      <p>
        <b>{clockTime(evidence.timeUs)}</b> {evidence.summary}
        {evidence.pairedWith > 0 ? (
          <span class="soft">
            {' '}
            · paired with frame {count(evidence.pairedWith)} ({evidence.pairedText})
          </span>
        ) : null}
      </p>
      <div class="evidence">
        <Hex evidence={evidence} field={field} />
        <Fields fields={evidence.fields} onPick={setField} />
      </div>
    </>
  );
}

export function EvidencePanel({ view }: { view: IncidentView }) {
  const [picked, setPicked] = useState(0);
  const reference = view.frames[picked];
  const slice = may('pcap.read') ? (
    <a href={api.pcapAddress(view.incident.id)} download>
      download pcap slice
    </a>
  ) : null;
  if (!reference) {
    return (
      <Panel title="Evidence" aside={slice}>
        <p class="soft">No frame is kept for this incident: it speaks of values only.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Evidence" aside={slice}>
      <div class="tools">
        {view.frames.slice(0, 24).map((frame, index) => (
          <button
            key={`${frame.capture} ${frame.number}`}
            type="button"
            class="pick"
            aria-pressed={index === picked}
            onClick={() => setPicked(index)}
          >
            frame {count(frame.number)}
          </button>
        ))}
      </div>
      <Decoded key={`${reference.capture} ${reference.number}`} reference={reference} />
    </Panel>
  );
}
