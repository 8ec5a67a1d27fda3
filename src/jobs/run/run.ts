/** The service: opens the store, wires the pipeline, starts a source of frames and the page, and takes all of it down again. */
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunningClock } from '../../base/clock.ts';
import { durationText } from '../../base/duration.ts';
import { ERROR_CODES, FiredoorError, sentenceOf } from '../../base/errors.ts';
import { openEmbeddedStore } from '../../keep/store/embedded.ts';
import type { Store } from '../../keep/store/store.ts';
import { RETENTION_DEFAULT } from '../../limits.ts';
import type { TimeUs } from '../../records.ts';
import { CaptureRing } from '../../sense/capture/ring.ts';
import { type Api, createApi } from '../../show/api/server.ts';
import { EMPTY_SITE, type Site } from '../../understand/plant/model.ts';
import { writeBaseline } from '../baseline.ts';
import { baselineOf } from '../learn.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { readSite } from '../site.ts';
import { vendorLookup } from '../vendors.ts';
import { controlHandler } from './commands.ts';
import { listenControl } from './control.ts';
import { Recorder } from './recorder.ts';
import { Engine, type FrameKeeper } from './service/engine.ts';
import { Traffic } from './service/traffic.ts';
import { type Source, startSource } from './sources.ts';
import { loadClock, loadLearned, loadOpen, saveClock, saveLearned, saveOpen } from './state.ts';

export interface RunOptions {
  readonly config?: string;
  readonly interface?: string;
  readonly pcaps: readonly string[];
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly learnSeconds?: number;
  readonly speed: number;
  readonly learnSpeed: number;
  readonly seed: number;
  /** Demo: TCP port of the simulated controllers and of the conduits before them, on 127.20.x.x. */
  readonly plantPort: number;
}

/** Name under which findings refer to frames of the ring. */
export const RING_NAME = 'ring';
const DEMO_SITE = fileURLToPath(new URL('../../../examples/dairy-north.yaml', import.meta.url));
const WEB_ROOT = fileURLToPath(new URL('../../../dist/web', import.meta.url));
/** Plant time learned where nothing is said: the demo's half day holds every everyday state, a plant needs a week. [s] */
const DEMO_LEARN_SECONDS = 5 * 3_600;
const LEARN_SECONDS = 7 * 86_400;
/** How often plant time is told where no frame does, and how often what is open is kept. [wall ms] */
const TICK_MS = 100;
const SAVE_MS = 500;
/** How often what is too old or too much is removed. [wall ms] */
const RETAIN_MS = 3_600_000;
/** Frames may be on their way this long: plant time told by the clock stays so far behind. [wall ms] */
const LAG_MS = 250;

/** Runs until a signal comes. Resolves when everything is down; rejects where it cannot start. */
export async function runService(options: RunOptions): Promise<void> {
  const service = new Service(options);
  const stopped = new Promise<void>((done) => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      void service.stop().then(done);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  await stopped;
}

/** The parts of a running Firedoor, in the order they come up; down they go the other way. */
class Service {
  readonly #options: RunOptions;
  readonly #closers: (() => Promise<void> | void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { data, learnSpeed, speed } = this.#options;
    const demo = this.#options.interface === undefined && this.#options.pcaps.length === 0;
    const site = this.#site(demo);
    const folder = resolve(data);
    makeFolder(folder);
    const store = await openEmbeddedStore({ folder, onTrouble: ({ sentence }) => say(sentence) });
    this.#closers.push(() => store.close());
    const ring = new CaptureRing({
      folder: join(folder, 'ring'),
      onTrouble: (sentence) => sentence !== '' && say(sentence),
    });
    this.#closers.push(() => ring.close());
    const recorder = new Recorder(store);
    const traffic = new Traffic();
    const before = await loadClock(store);
    const pipeline = new Pipeline({
      site,
      capture: RING_NAME,
      vendorOf: vendorLookup(),
      traffic: (conversation, timeUs) => traffic.note(conversation, timeUs),
      listener: {
        observation: (observation) => recorder.observation(observation, pipeline),
        sample: (index, timeUs, value, quality) => {
          const { name } = pipeline.tags.tags()[index]!;
          recorder.sample(index, name, timeUs, value, quality);
          engine.noteSample(name, value);
        },
        finding: (finding) => recorder.finding(finding),
        incident: (incident) => {
          engine.incidentChanged(incident);
          open.changed = true;
        },
        freezing: () => source?.demo?.changeSpeed(speed),
        learned: (nowUs) => this.#learned(store, pipeline, engine, nowUs),
      },
    });
    const open = { changed: false };
    const learned = await loadLearned(store, pipeline);
    const clock = new RunningClock(
      demo ? (learned ? speed : learnSpeed) : 1,
      demo ? demoStartUs(before?.nowUs) : undefined,
    );
    let source: Source | undefined;
    const engine: Engine = new Engine({
      ...{ pipeline, store, traffic, clock, frames: keeperOf(ring) },
      sources: () => source?.health(pipeline) ?? [],
      doorFigures: () => source?.demo?.doorFigures() ?? new Map(),
      demo: { attacks: () => source?.demo?.attacks() ?? [], start: async (name) => source?.demo?.start(name) },
      retention: `Store ${data} · ${RETENTION_DEFAULT.samplesDays} d of samples, ${RETENTION_DEFAULT.recordsDays} d of records`,
    });
    engine.restoreNotes(await loadOpen(store, pipeline));
    if (learned) engine.watchedSinceUs = before?.watchedSinceUs ?? Number.NaN;
    const learnSeconds = this.#options.learnSeconds ?? (demo ? DEMO_LEARN_SECONDS : LEARN_SECONDS);
    if (!learned) pipeline.learnFor(learnSeconds);
    this.#countFramesFrom(pipeline, ring);

    const api = await this.#page(engine, store);
    source = await startSource({
      ...{ ...this.#options, clock, pipeline, ring },
      onTrouble: (sentence) => say(sentence),
    });
    this.#closers.push(() => source?.stop());
    let tickedMs = performance.now();
    this.#every(TICK_MS, () => {
      if (source?.ticked !== true) return;
      // After a stall frames are waiting: they tell the time first.
      const wallMs = performance.now();
      const stalled = wallMs - tickedMs > 3 * TICK_MS;
      tickedMs = wallMs;
      if (!stalled) pipeline.tick(clock.nowUs() - LAG_MS * 1000);
    });
    this.#every(SAVE_MS, () => {
      saveClock(store, { nowUs: pipeline.nowUs, watchedSinceUs: engine.watchedSinceUs });
      if (!open.changed) return;
      open.changed = false;
      saveOpen(store, pipeline);
    });
    this.#every(RETAIN_MS, () => {
      store.retain(RETENTION_DEFAULT, pipeline.nowUs).catch((error: unknown) => say(sentenceOf(error)));
    });
    const control = await listenControl(folder, controlHandler({ engine, pipeline, api, store }));
    this.#closers.push(() => control.close());
    const link = await api.signInLink();
    say(
      `${source.sentence} ${learned ? 'It knows what is normal from an earlier run and watches.' : learningText(learnSeconds, demo, clock.speed)}`,
    );
    if (link !== undefined) say(`Sign in once with this link: ${link}`);
    say('Ctrl-C stops it.');
  }

  /** Everything down, newest first; each part gets its chance whatever the others do. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      for (const close of this.#closers.reverse()) {
        try {
          await close();
        } catch (error) {
          say(sentenceOf(error));
        }
      }
    })();
    return this.#stopping;
  }

  #learned(store: Store, pipeline: Pipeline, engine: Engine, nowUs: TimeUs): void {
    engine.watchedSinceUs = nowUs;
    saveLearned(store, pipeline);
    const file = join(resolve(this.#options.data), 'baseline.yaml');
    writeBaseline(file, baselineOf(pipeline.saveLearned(), pipeline.site)).catch((error: unknown) =>
      say(sentenceOf(error)),
    );
    const { assets, conversations, pending } = pipeline.network.progress();
    say(
      `Learning is done: ${assets} assets, ${conversations} conversations, ${pipeline.tags.tags().length} tags, ${pending} writes to confirm. Watching.`,
    );
  }

  async #page(engine: Engine, store: Store): Promise<Api> {
    const { data, host, port } = this.#options;
    const api = await createApi({
      service: engine,
      accountsFile: join(resolve(data), 'accounts.db'),
      ...(existsSync(join(WEB_ROOT, 'index.html')) ? { webRoot: WEB_ROOT } : {}),
      audit: (entry) => store.appendAudit(entry.timeMs * 1000, entry),
      onProblem: (what, cause) => say(`${what}: ${sentenceOf(cause)}`),
    });
    this.#closers.push(() => api.close());
    const { origin } = await api.listen(host, port);
    say(`Firedoor: ${origin}`);
    return api;
  }

  #site(demo: boolean): Site {
    const file = this.#options.config ?? (demo ? DEMO_SITE : undefined);
    if (file === undefined) return EMPTY_SITE;
    return readSite(file);
  }

  /** Frames are numbered as the ring numbers them, so that any finding opens its frame. */
  #countFramesFrom(pipeline: Pipeline, ring: CaptureRing): void {
    pipeline.observer.sensor.net.frameNumber = ring.next - 1;
    pipeline.observer.framesBefore = 1 - ring.next;
  }

  #every(ms: number, act: () => void): void {
    const timer = setInterval(act, ms);
    this.#closers.push(() => clearInterval(timer));
  }
}

/** Plant time of the demo begins at eight in the morning, in production; a later run begins on a later day. */
function demoStartUs(before: TimeUs | undefined): TimeUs {
  const day = 86_400e6;
  const today = Math.floor((Date.now() * 1000) / day) * day + 8 * 3_600e6;
  if (before === undefined || before < today) return today;
  return today + Math.ceil((before - today) / day) * day;
}

function learningText(seconds: number, demo: boolean, speed: number): string {
  const wall = demo ? `, about ${durationText(seconds / speed)} here since plant time runs ${speed} times as fast` : '';
  return `It learns what is normal for ${durationText(seconds)} of plant time${wall}.`;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new FiredoorError(ERROR_CODES.BAD_INPUT, `Cannot make the data folder ${folder}: ${sentenceOf(cause)}.`, {
      cause,
    });
  }
}

function keeperOf(ring: CaptureRing): FrameKeeper {
  return {
    frame: (number) => ring.frame(number),
    slice: (fromUs, toUs, addresses) => {
      const [address] = addresses;
      return ring.slice({ fromUs, toUs, ...(address === undefined ? {} : { addresses: [address] }) }).bytes;
    },
  };
}

/** What a person at the terminal reads. */
function say(sentence: string): void {
  console.log(sentence);
}
