/** Round every page: what is always in reach and always in view. */
import type { ComponentChildren } from 'preact';
import { count, zonedTime } from './format.ts';
import { Shape } from './parts/priority.tsx';
import { ActiveSwitches, Switches } from './parts/switches.tsx';
import { path } from './router.ts';
import { connection, dismissNotice, hasAttacks, heardAtMs, me, notice, overview } from './state.ts';
import { isDark, setTheme } from './theme.ts';

const PAGES = [
  { to: '/', title: 'Overview' },
  { to: '/incidents', title: 'Incidents' },
  { to: '/network', title: 'Network' },
  { to: '/process', title: 'Process' },
  { to: '/baseline', title: 'Baseline' },
  { to: '/doors', title: 'Doors' },
  { to: '/attacks', title: 'Demo attacks' },
  { to: '/settings', title: 'Settings' },
] as const;

const here = (to: string) => (to === '/' ? path.value === '/' : path.value === to || path.value.startsWith(`${to}/`));

function Chips() {
  const now = overview.value;
  if (!now) return null;
  const modes = now.doors.byMode.map(({ mode, count: n }) => `${n} ${mode}`).join(' · ');
  const { lost, mirrorLossPercent, priority } = now.capture;
  const mirror = mirrorLossPercent === null ? '' : ` · mirror ≈ ${mirrorLossPercent.toFixed(2)} %`;
  return (
    <div class="chips">
      <a class="chip" href="/doors">
        Doors {modes === '' ? 'none' : modes}
      </a>
      <a class="chip" href="/health" title={now.capture.sentence}>
        {priority ? <Shape level={priority} /> : null} Lost {count(lost)}
        {mirror}
      </a>
      <a class="chip" href="/health" title={now.budget.sentence}>
        Budget {now.budget.promised.replace(' per ', '/')} · spent {now.budget.spent}
      </a>
    </div>
  );
}

function PlantTime() {
  const clock = overview.value?.clock;
  if (!clock) return null;
  return (
    <span class="plant-time" title={`Plant time, ${clock.timeZone}`}>
      <span class="unseen">Plant time </span>
      {zonedTime(clock.nowUs)}
      {clock.speed === 1 ? null : <span class="soft"> ×{clock.speed}</span>}
    </span>
  );
}

function Banner() {
  if (connection.value !== 'lost') return null;
  const since = heardAtMs.value === 0 ? '' : ` for ${Math.max(1, Math.round((Date.now() - heardAtMs.value) / 1000))} s`;
  return (
    <div class="banner" role="alert">
      <Shape level="cannot-judge" quiet /> Connection lost: nothing was heard{since}. What stands here is old. The page
      reconnects by itself; the doors do not depend on it.
    </div>
  );
}

function Notice() {
  const said = notice.value;
  return (
    <div class="notices" aria-live="polite">
      {said ? (
        <div class={`notice ${said.failed ? 'failed' : ''}`}>
          <span>{said.text}</span>
          <button type="button" onClick={dismissNotice}>
            Close
          </button>
        </div>
      ) : null}
    </div>
  );
}

function Navigation() {
  const now = overview.value;
  const waiting = now?.doors.doors.reduce((sum, door) => sum + door.toJudge, 0) ?? 0;
  const worst = now?.incidents[0]?.priority ?? 'information';
  return (
    <nav aria-label="Pages">
      <ul>
        {PAGES.filter(({ to }) => to !== '/attacks' || hasAttacks.value).map(({ to, title }) => (
          <li key={to}>
            <a href={to} aria-current={here(to) ? 'page' : undefined}>
              <span>{title}</span>
              {to === '/incidents' && now && now.openIncidents > 0 ? (
                <b class={`tone-${worst}`}>
                  <Shape level={worst} quiet /> {now.openIncidents}
                  <span class="unseen"> open</span>
                </b>
              ) : null}
              {to === '/doors' && waiting > 0 ? (
                <span class="soft">
                  {waiting}
                  <span class="unseen"> to judge</span>
                </span>
              ) : null}
            </a>
          </li>
        ))}
      </ul>
      {now ? (
        <p class="soft small">
          {count(now.counts.assets)} assets · {count(now.counts.tags)} tags
          <br />
          Baseline {now.learning.baseline}
          <br />
          {now.store}
        </p>
      ) : null}
      <button type="button" class="theme" onClick={() => setTheme(isDark.value ? 'light' : 'dark')}>
        {isDark.value ? 'Light' : 'Dark'} colours
      </button>
    </nav>
  );
}

export function Frame({ children }: { children: ComponentChildren }) {
  const person = me.value?.user;
  return (
    <div class={`frame ${connection.value === 'lost' ? 'stale' : ''}`}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          Firedoor
        </a>
        <span class="soft site">{overview.value?.site}</span>
        <Chips />
        <span class="grow" />
        <PlantTime />
        {person ? (
          <a class="person" href="/settings" title="Account and settings">
            {person.name} · {person.role}
          </a>
        ) : null}
        <Switches />
      </header>
      <div class="banners">
        <Banner />
        <ActiveSwitches />
      </div>
      <Navigation />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Notice />
    </div>
  );
}
