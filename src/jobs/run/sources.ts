/** Where frames come from: the demo plant through conduits, a live interface, or capture files. */
import type { RunningClock } from '../../base/clock.ts';
import { LiveCapture } from '../../sense/capture/live.ts';
import { readCaptureFile } from '../../sense/capture/reader.ts';
import type { CaptureRing } from '../../sense/capture/ring.ts';
import type { CaptureSource } from '../../show/api/types.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { Demo } from './demo.ts';

/** Link type of Ethernet (registry of link-layer header types). */
const LINK_ETHERNET = 1;
/** Without a frame for so long a source counts as quiet. [wall µs] */
const QUIET_US = 30e6;

export interface SourceOptions {
  readonly interface?: string;
  readonly pcaps: readonly string[];
  readonly seed: number;
  readonly plantPort: number;
  readonly clock: RunningClock;
  readonly pipeline: Pipeline;
  readonly ring: CaptureRing;
  readonly onTrouble: (sentence: string) => void;
}

/** A running source. */
export interface Source {
  /** What is watched, for a person. */
  readonly sentence: string;
  /** The clock tells time where no frame does. */
  readonly ticked: boolean;
  readonly demo: Demo | undefined;
  health(pipeline: Pipeline): CaptureSource[];
  stop(): Promise<void>;
}

export function startSource(options: SourceOptions): Promise<Source> {
  if (options.interface !== undefined) return liveSource(options.interface, options);
  return options.pcaps.length > 0 ? Promise.resolve(fileSource(options)) : demoSource(options);
}

async function demoSource({ seed, plantPort, clock, pipeline, ring, onTrouble }: SourceOptions): Promise<Source> {
  const meter = new Meter();
  let failed = '';
  const demo = await Demo.start({
    ...{ seed, plantPort, clock },
    onFrame: (bytes, offset, length, timeUs) => {
      ring.append(bytes, offset, length, length, timeUs, LINK_ETHERNET);
      pipeline.frame(bytes, offset, length, length, timeUs, LINK_ETHERNET);
      meter.frame(timeUs);
    },
    onTime: (nowUs) => pipeline.tick(nowUs),
    onTrouble: (sentence) => {
      failed = sentence;
      onTrouble(sentence);
    },
  });
  return {
    sentence: 'Watching the simulated dairy line through its conduits.',
    ticked: false,
    demo,
    health: () => [meter.health('conduits', demo.dropped, pipeline, failed === '' ? undefined : 'failed')],
    stop: () => demo.stop(),
  };
}

async function liveSource(name: string, { pipeline, ring, onTrouble }: SourceOptions): Promise<Source> {
  const meter = new Meter();
  const capture = new LiveCapture({
    interface: name,
    handler: {
      frame(bytes, offset, captured, original, timeUs, linkType) {
        ring.append(bytes, offset, captured, original, timeUs, linkType);
        pipeline.frame(bytes, offset, captured, original, timeUs, linkType);
        meter.frame(timeUs);
      },
    },
  });
  await capture.start();
  let told = '';
  return {
    sentence: `Watching ${name} through ${capture.health().program}.`,
    ticked: true,
    demo: undefined,
    health: () => {
      const { droppedByKernel, droppedByInterface, state, problem } = capture.health();
      if (problem !== told) onTrouble(problem === '' ? `${name}: capturing again.` : problem);
      told = problem;
      const failed = state === 'running' || state === 'starting' ? undefined : 'failed';
      return [meter.health(name, droppedByKernel + droppedByInterface, pipeline, failed)];
    },
    stop: () => capture.stop(),
  };
}

function fileSource({ pcaps, pipeline, ring }: SourceOptions): Source {
  const meter = new Meter();
  for (const file of pcaps) {
    readCaptureFile(file, {
      frame(bytes, offset, captured, original, timeUs, linkType) {
        ring.append(bytes, offset, captured, original, timeUs, linkType);
        pipeline.frame(bytes, offset, captured, original, timeUs, linkType);
        meter.frame(timeUs);
      },
    });
  }
  pipeline.finish();
  return {
    sentence: `Replayed ${pcaps.join(', ')}.`,
    ticked: false,
    demo: undefined,
    health: () => [meter.health(pcaps.join(', '), 0, pipeline, 'ended')],
    stop: () => Promise.resolve(),
  };
}

/** Counts frames and how fast they come. */
class Meter {
  #packets = 0;
  #lastUs = 0;
  #lastWallMs = performance.now();
  #rate = 0;
  #rateFrom = { packets: 0, wallMs: performance.now() };

  frame(timeUs: number): void {
    this.#packets++;
    this.#lastUs = timeUs;
    this.#lastWallMs = performance.now();
  }

  health(name: string, lost: number, pipeline: Pipeline, state?: CaptureSource['state']): CaptureSource {
    const wallMs = performance.now();
    const elapsed = wallMs - this.#rateFrom.wallMs;
    if (elapsed >= 1_000) {
      this.#rate = ((this.#packets - this.#rateFrom.packets) * 1000) / elapsed;
      this.#rateFrom = { packets: this.#packets, wallMs };
    }
    const { problems, gaps, frames } = pipeline.observer.health();
    const quiet = (wallMs - this.#lastWallMs) * 1000 > QUIET_US;
    return {
      name,
      state: state ?? (quiet ? 'quiet' : 'running'),
      packets: this.#packets,
      packetsPerSecond: Math.round(this.#rate),
      lost,
      // Bytes missing inside TCP streams that the receiver acknowledged: what the mirror dropped, not the plant.
      mirrorLossPercent: frames === 0 ? null : (100 * gaps) / Math.max(1, frames),
      lastFrameUs: this.#lastUs,
      problems: problems.map(({ kind, count }) => ({ kind, count })),
    };
  }
}
