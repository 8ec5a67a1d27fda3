import { useState } from 'preact/hooks';
import type { IncidentView, Priority } from '../../api/types.ts';
import { api } from '../client.ts';
import { age, duration, fullTime, measured, percent, unitText, when } from '../format.ts';
import { Choice, Panel, Waiting } from '../parts/basics.tsx';
import { Clock } from '../parts/clock.tsx';
import { EvidencePanel } from '../parts/evidence.tsx';
import { HistoryPanel } from '../parts/history.tsx';
import { IncidentActions } from '../parts/incident-actions.tsx';
import { Shape, tone, word } from '../parts/priority.tsx';
import { changes, may } from '../state.ts';
import { useLoad, useTick } from '../use.ts';

const STEP_WORDS = new Map([
  ['check', 'Check'],
  ['hold', 'Hold'],
  ['then', 'Then'],
  ['call', 'Call'],
]);

function Head({ view, onChange }: { view: IncidentView; onChange: (view: IncidentView) => void }) {
  const { incident } = view;
  const closed = incident.state === 'closed';
  const level: Priority = incident.priority;
  return (
    <header class={`panel incident-head ${closed ? '' : `edge-${level}`}`}>
      <div class="incident-top">
        <p class="incident-facts">
          <b class={closed ? 'soft' : tone(level)}>
            <Shape level={level} quiet /> {incident.id} · {word(level)}
          </b>{' '}
          <span class="soft">
            {incident.cause} · {percent(incident.causeConfidence)} sure · {incident.state}
            {view.shelvedUntilUs === null ? '' : ` until ${when(view.shelvedUntilUs)}`}
            {view.assignedTo === '' ? '' : ` · with ${view.assignedTo}`} ·{' '}
            <span title={fullTime(incident.openedUs)}>{age(incident.openedUs)}</span>
          </span>
        </p>
        <IncidentActions view={view} onChange={onChange} />
      </div>
      <h1 tabIndex={-1}>{incident.sentence}</h1>
      {incident.shown ? <Shown shown={incident.shown} /> : null}
      <div class="halves">
        <p>
          <b>If nobody acts:</b> {incident.ifNobodyActs}
        </p>
        <p>
          {incident.advice.map(({ step, text }) => (
            <span key={step + text}>
              <b>{STEP_WORDS.get(step)}</b> {text}{' '}
            </span>
          ))}
        </p>
      </div>
      {incident.judgement ? (
        <p class="small">
          <b>Judged {incident.judgement.verdict}</b> by {incident.judgement.by} at {when(incident.judgement.timeUs)}:{' '}
          {incident.judgement.because}
        </p>
      ) : null}
    </header>
  );
}

/** Shown is not true: both values stand there. */
function Shown({ shown }: { shown: NonNullable<IncidentView['incident']['shown']> }) {
  const unit = unitText(shown.unit);
  return (
    <p class="shown">
      <span>
        {shown.tag} shows <b>{measured(shown.shown, 1, unit)}</b>
      </span>
      <span class="tone-critical">
        likely true <b>{measured(shown.likelyTrue, 1, unit)}</b>
      </span>
      <span>
        must be <b>{shown.mustBe}</b>
      </span>
    </p>
  );
}

const SPANS = [
  { value: 'story', text: 'Story' },
  { value: 'hour', text: '± 1 h' },
  { value: 'day', text: '± 12 h' },
] as const;
type SpanName = (typeof SPANS)[number]['value'];
const WIDER_US: Readonly<Record<SpanName, number>> = { story: 0, hour: 3_600e6, day: 43_200e6 };

function ClockPanel({ view }: { view: IncidentView }) {
  const [span, setSpan] = useState<SpanName>('story');
  const tick = useTick(2_000);
  const fromUs = view.fromUs - WIDER_US[span];
  const toUs = view.toUs + WIDER_US[span];
  const trends = useLoad(
    `${view.incident.id} ${fromUs} ${toUs} ${view.trendTags.join()}`,
    () => (view.trendTags.length === 0 ? Promise.resolve([]) : api.trends(view.trendTags, fromUs, toUs, 480)),
    view.incident.state === 'closed' ? 0 : tick,
  );
  const hasTruth = trends.data?.some((trend) => trend.likelyTrue.some((likely) => likely !== null)) ?? false;
  return (
    <Panel
      title="What happened, on one clock"
      name="clock-panel"
      aside={
        <>
          <span class="legend">
            <i class="swatch-band" /> grey band: expected
            {hasTruth ? (
              <>
                {' '}
                · <i class="swatch-truth" /> red dashes: likely true
              </>
            ) : null}
          </span>
          <Choice label="Part of the clock" options={SPANS} value={span} onChange={setSpan} />
        </>
      }
    >
      <Clock view={view} trends={trends.data ?? []} fromUs={fromUs} toUs={toUs} />
      <Waiting of={trends} what="trends" />
    </Panel>
  );
}

function Path({ view }: { view: IncidentView }) {
  if (view.path.length === 0) return null;
  return (
    <Panel title="Path">
      <ol class="path">
        {view.path.map((step) => (
          <li key={`${step.place} ${step.who}`}>
            {step.place} · {step.who} <span class="soft">{step.detail}</span>
            {step.link === '' ? null : (
              <div class={tone(step.linkPriority)}>
                <span aria-hidden="true">↓</span> {step.linkPriority ? <Shape level={step.linkPriority} /> : null}{' '}
                {step.link}
              </div>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Side({ view }: { view: IncidentView }) {
  const { incident, door } = view;
  return (
    <div class="side">
      <Path view={view} />
      <Panel title="Why one story">
        <p>{incident.whyOneStory}</p>
        {incident.lagMs === undefined ? null : (
          <p class="soft">
            The machine followed the network{' '}
            {incident.lagMs < 1000 ? 'within a second' : `after ${duration(incident.lagMs)}`}.
          </p>
        )}
        {incident.causeBecause.length === 0 ? null : (
          <p class="soft">
            {incident.cause}: {incident.causeBecause.join(', ')}.
          </p>
        )}
      </Panel>
      {view.techniqueNames.length === 0 ? null : (
        <Panel title="Techniques">
          <ul class="plain-list">
            {view.techniqueNames.map(({ id, name }) => (
              <li key={id}>
                {id} {name}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {door ? (
        <Panel title="The door">
          <p>
            <a href="/doors">{door.door}</a> was in <b>{door.mode}</b>: {door.verdict}. {door.sentence}
          </p>
        </Panel>
      ) : null}
    </div>
  );
}

const SIDE_WORDS = { network: 'network', process: 'machine', person: 'person' } as const;

function Findings({ view }: { view: IncidentView }) {
  const { timeline, findings } = view.incident;
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  return (
    <Panel title="Step by step">
      <ol class="lines steps">
        {timeline.map((entry) => {
          const finding = byId.get(entry.finding);
          return (
            <li key={`${entry.timeUs} ${entry.text}`}>
              <time>{when(entry.timeUs)}</time>
              <span class="soft">{SIDE_WORDS[entry.side]}</span>
              <span>
                {entry.text}
                {finding && (finding.expected !== '' || finding.seen !== '') ? (
                  <span class="soft">
                    {' '}
                    · expected {finding.expected || 'nothing'}, seen {finding.seen || '–'}
                  </span>
                ) : null}
              </span>
              <span class="soft">{finding ? finding.kind : ''}</span>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

function People({ view }: { view: IncidentView }) {
  if (view.history.length === 0) return null;
  return (
    <Panel title="What people did">
      <ol class="lines steps">
        {view.history.map((entry) => (
          <li key={`${entry.timeUs} ${entry.action} ${entry.text}`}>
            <time>{when(entry.timeUs)}</time>
            <span>{entry.by}</span>
            <span>
              <b>{entry.action}</b> {entry.text}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

export function IncidentPage({ id }: { id: string }) {
  const loaded = useLoad(`incident ${id}`, () => api.incident(id), changes.incidents.value);
  const view = loaded.data;
  if (!view) {
    return (
      <div class="panel">
        <h1>Incident {id}</h1>
        <Waiting of={loaded} what="the incident" />
        <p>
          <a href="/incidents">All incidents</a>
        </p>
      </div>
    );
  }
  return (
    <>
      <Head view={view} onChange={loaded.replace} />
      <div class="with-side">
        <div class="column">
          <ClockPanel view={view} />
          {may('evidence.read') ? <EvidencePanel view={view} /> : null}
          <Findings view={view} />
          <People view={view} />
          {may('history.read') && view.incident.actor !== '' ? <HistoryPanel view={view} /> : null}
        </div>
        <Side view={view} />
      </div>
    </>
  );
}
