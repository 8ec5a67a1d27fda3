/** A site to look at: the page built from source, the real API on loopback, the fake dairy behind it, one user a role. */
import { mkdtempSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Api } from '../../src/show/api/server.ts';
import { createApi } from '../../src/show/api/server.ts';
import type { EngineService } from '../../src/show/api/service.ts';
import type { Role } from '../../src/show/api/types.ts';
import { ROLES } from '../../src/show/api/types.ts';
import type { FakeEngine } from '../fakes/engine-service.ts';
import { fakeEngine } from '../fakes/engine-service.ts';

export const PASSWORD = 'a long password for tests';

export interface Site {
  readonly origin: string;
  readonly api: Api;
  readonly engine: FakeEngine;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Answers given instead of those of the fake dairy. */
  readonly answers?: (engine: FakeEngine) => Partial<EngineService>;
  readonly incident?: boolean;
  /** Listen here instead of on a free port. */
  readonly port?: number;
  /** Without users: only the one-time link leads in. */
  readonly empty?: boolean;
  readonly idleMs?: number;
}

let built: Promise<string> | undefined;

/** Builds the page once a run into a folder of its own, so that what is tested is the source and not an old build. */
export function builtPage(): Promise<string> {
  built ??= (async () => {
    const root = fileURLToPath(new URL('../../src/show/web', import.meta.url));
    const outDir = mkdtempSync(join(tmpdir(), 'firedoor-page-'));
    await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build: { outDir } });
    return outDir;
  })();
  return built;
}

/** The engine with some answers replaced. */
function withAnswers(engine: FakeEngine, answers: Partial<EngineService>): EngineService {
  const given = new Map<PropertyKey, unknown>(Object.entries(answers));
  return new Proxy<EngineService>(engine, {
    get(target, key) {
      if (given.has(key)) return given.get(key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const engine = fakeEngine({ incident: options.incident ?? true });
  const api = await createApi({
    service: withAnswers(engine, options.answers?.(engine) ?? {}),
    accountsFile: ':memory:',
    webRoot: await builtPage(),
    overviewMs: 200,
    sleep: async () => {},
    ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }),
  });
  if (!options.empty) {
    for (const role of ROLES) await api.accounts.addUser(userOf(role), role, PASSWORD);
  }
  const { origin } = await api.listen('127.0.0.1', options.port ?? 0);
  return { origin, api, engine, close: () => api.close() };
}

export const userOf = (role: Role): string => `the-${role}`;

/** A wire between browser and site that can be cut and mended, while the site and its sessions live on. */
export interface Wire {
  readonly origin: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function openWire(site: Site): Promise<Wire> {
  const port = Number(new URL(site.origin).port);
  const ends = new Set<Socket>();
  let whole = true;
  const server = createServer((browser) => {
    if (!whole) return browser.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [browser, far],
      [far, browser],
    ] as const) {
      ends.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        ends.delete(socket);
        other.destroy();
      });
    }
    browser.pipe(far);
    far.pipe(browser);
    return undefined;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => {
    whole = false;
    for (const socket of ends) socket.destroy();
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => {
      whole = true;
    },
    close: () => {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
