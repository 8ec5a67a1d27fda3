import type { IncidentSummary, UnitOverview } from '../../api/types.ts';
import { age, count, duration, percent } from '../format.ts';
import { Bar, Value } from '../parts/bar.tsx';
import { Panel, Sentence } from '../parts/basics.tsx';
import { Shape, tone } from '../parts/priority.tsx';
import { may, overview } from '../state.ts';

/** `P1 pasteuriser`; a title that already says the name stands alone. */
function nameOf(unit: UnitOverview): string {
  return unit.title === '' || unit.title.startsWith(unit.name) ? unit.title || unit.name : `${unit.name} ${unit.title}`;
}

function Unit({ unit }: { unit: UnitOverview }) {
  return (
    <section class="panel unit" aria-label={nameOf(unit)}>
      <div class="panel-head">
        <h2 class="unit-name">{nameOf(unit)}</h2>
        <span class="soft">{unit.state}</span>
      </div>
      <dl class="bars">
        {unit.tags.map((tag) => (
          <div key={tag.name}>
            <dt>
              <a href={`/process/${encodeURIComponent(tag.name)}`} title={tag.title}>
                {tag.name}
              </a>
            </dt>
            <dd>
              <Bar tag={tag} />
              <Value tag={tag} />
            </dd>
          </div>
        ))}
      </dl>
      {unit.note === '' ? null : (
        <p class="note">
          <span class={tone(unit.priority)}>
            {unit.priority ? <Shape level={unit.priority} /> : null} {unit.note}
          </span>
          {unit.incident === '' ? null : (
            <>
              {' · '}
              <a class="nowrap" href={`/incidents/${encodeURIComponent(unit.incident)}`}>
                {unit.incident}
              </a>
            </>
          )}
        </p>
      )}
      {unit.cannotJudge > 0 ? (
        <p class="note tone-cannot-judge">
          <Shape level="cannot-judge" quiet /> {count(unit.cannotJudge)} {unit.cannotJudge === 1 ? 'tag' : 'tags'}{' '}
          cannot be judged yet
        </p>
      ) : null}
    </section>
  );
}

function IncidentRow({ incident }: { incident: IncidentSummary }) {
  return (
    <li>
      <a href={`/incidents/${encodeURIComponent(incident.id)}`} class="row-link">
        <b class={tone(incident.priority)}>
          <Shape level={incident.priority} /> {incident.id}
        </b>
        <span>{incident.title}</span>
        <span class="soft">{age(incident.openedUs)}</span>
        <span>{incident.units.join(', ')}</span>
      </a>
    </li>
  );
}

function Incidents({ incidents }: { incidents: readonly IncidentSummary[] }) {
  return (
    <Panel title="Incidents" aside={<a href="/incidents">all</a>}>
      {incidents.length === 0 ? (
        <p class="soft">No open incident.</p>
      ) : (
        <ul class="lines">
          {incidents.map((incident) => (
            <IncidentRow key={incident.id} incident={incident} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Safety() {
  const items = overview.value?.safety ?? [];
  return (
    <Panel title="Safety register">
      {items.length === 0 ? <p class="soft">No safety tag is known. Name them in the site file.</p> : null}
      <dl class="lines pairs">
        {items.map((item) => (
          <div key={item.name}>
            <dt class={tone(item.priority)}>
              {item.priority ? <Shape level={item.priority} /> : null} {item.name}
            </dt>
            <dd>{item.text}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** The rest stands on the page of the baseline. */
const LEARNING_ITEMS_SHOWN = 4;

function Learning() {
  const learning = overview.value?.learning;
  if (!learning) return null;
  return (
    <Panel title="Learning" aside={<a href="/baseline">baseline</a>}>
      <p class="small">{learning.sentence}</p>
      <dl class="lines pairs">
        {learning.items.slice(0, LEARNING_ITEMS_SHOWN).map((item) => (
          <div key={`${item.name} ${item.text}`}>
            <dt class={item.readiness === 'cannot-judge' ? 'tone-cannot-judge' : ''}>
              {item.readiness === 'cannot-judge' ? <Shape level="cannot-judge" /> : null} {item.name}
            </dt>
            <dd>
              {item.text}
              {item.readiness === 'learning' ? (
                <span class="soft">
                  {' '}
                  · {percent(item.fraction)}
                  {item.leftMs === null ? '' : `, ${duration(item.leftMs)} left`}
                </span>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
      {learning.items.length > LEARNING_ITEMS_SHOWN ? (
        <p class="soft small">and {learning.items.length - LEARNING_ITEMS_SHOWN} more in the baseline</p>
      ) : null}
    </Panel>
  );
}

function Kept() {
  const now = overview.value;
  if (!now) return null;
  const modes = now.doors.byMode.map(({ mode, count: n }) => `${n} ${mode}`).join(' · ');
  return (
    <Panel title="Firedoor itself" aside={<a href="/health">health</a>}>
      <dl class="lines pairs">
        <div>
          <dt>Capture</dt>
          <dd class={tone(now.capture.priority)}>
            {now.capture.priority ? <Shape level={now.capture.priority} /> : null} {now.capture.sentence}
          </dd>
        </div>
        <div>
          <dt>Doors</dt>
          <dd>{modes === '' ? now.doors.sentence : modes}</dd>
        </div>
        <div>
          <dt>Alarms</dt>
          <dd>{now.budget.sentence}</dd>
        </div>
      </dl>
    </Panel>
  );
}

export function OverviewPage() {
  const now = overview.value;
  if (!now) return <p class="soft first">Waiting for the first overview…</p>;
  const { headline } = now;
  return (
    <>
      <Sentence level={headline.priority} aside={`${now.unitsAsExpected} of ${now.unitsTotal} units as expected`}>
        {headline.incident !== '' && may('incidents.read') ? (
          <a class="plain" href={`/incidents/${encodeURIComponent(headline.incident)}`}>
            {headline.text}
          </a>
        ) : (
          headline.text
        )}
      </Sentence>
      <div class="units">
        {now.units.map((unit) => (
          <Unit key={unit.name} unit={unit} />
        ))}
      </div>
      <div class="summary">
        <Incidents incidents={now.incidents} />
        <Safety />
        <Learning />
        <Kept />
      </div>
    </>
  );
}
