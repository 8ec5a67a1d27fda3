import { useEffect } from 'preact/hooks';
import { Frame } from './frame.tsx';
import { AssetPage } from './pages/asset.tsx';
import { AttacksPage } from './pages/attacks.tsx';
import { BaselinePage } from './pages/baseline.tsx';
import { DoorsPage } from './pages/doors.tsx';
import { HealthPage } from './pages/health.tsx';
import { IncidentPage } from './pages/incident.tsx';
import { IncidentsPage } from './pages/incidents.tsx';
import { NetworkPage } from './pages/network.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { ProcessPage } from './pages/process.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { SignInPage, WelcomePage } from './pages/sign-in.tsx';
import { TagPage } from './pages/tag.tsx';
import { path } from './router.ts';
import { arrivedByLink } from './session.ts';
import { me } from './state.ts';

interface Route {
  readonly pattern: RegExp;
  readonly title: string;
  readonly page: (name: string) => preact.JSX.Element;
}

const ROUTES: readonly Route[] = [
  { pattern: /^\/$/, title: 'Overview', page: () => <OverviewPage /> },
  { pattern: /^\/incidents$/, title: 'Incidents', page: () => <IncidentsPage /> },
  { pattern: /^\/incidents\/([^/]+)$/, title: 'Incident', page: (name) => <IncidentPage key={name} id={name} /> },
  { pattern: /^\/network$/, title: 'Network', page: () => <NetworkPage /> },
  { pattern: /^\/network\/([^/]+)$/, title: 'Asset', page: (name) => <AssetPage key={name} id={name} /> },
  { pattern: /^\/process$/, title: 'Process', page: () => <ProcessPage /> },
  { pattern: /^\/process\/([^/]+)$/, title: 'Tag', page: (name) => <TagPage key={name} name={name} /> },
  { pattern: /^\/baseline$/, title: 'Baseline', page: () => <BaselinePage /> },
  { pattern: /^\/doors$/, title: 'Doors', page: () => <DoorsPage /> },
  { pattern: /^\/health$/, title: 'Health', page: () => <HealthPage /> },
  { pattern: /^\/attacks$/, title: 'Demo attacks', page: () => <AttacksPage /> },
  { pattern: /^\/settings$/, title: 'Settings', page: () => <SettingsPage /> },
];

/** A name out of an address; a malformed escape is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function Page() {
  for (const { pattern, title, page } of ROUTES) {
    const found = pattern.exec(path.value);
    if (found) {
      const name = decoded(found[1] ?? '');
      return (
        <Titled title={name === '' ? title : name} key={title}>
          {page(name)}
        </Titled>
      );
    }
  }
  return (
    <div class="panel">
      <h1>There is no such page.</h1>
      <p>
        <a href="/">Back to the overview</a>
      </p>
    </div>
  );
}

function Titled({ title, children }: { title: string; children: preact.ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Firedoor`;
  }, [title]);
  return <>{children}</>;
}

export function App() {
  if (me.value === undefined) return <p class="soft first">Firedoor is starting…</p>;
  if (me.value === null) return <SignInPage />;
  if (arrivedByLink.value) return <WelcomePage />;
  return (
    <Frame>
      <Page />
    </Frame>
  );
}
