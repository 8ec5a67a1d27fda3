/** An operate without its select, on a device where one always came first (IEEE 1815-2012, 4.4.3: select before operate). */
import type { NetworkDetector } from '../detector.ts';

/** Longest time between select and operate; devices give up sooner. [µs] */
const SELECT_US = 60e6;

export const sequences: NetworkDetector = {
  name: 'sequences',
  finds: ['write-sequence'],
  judge(observation, bench) {
    const { operation } = bench;
    if (operation === null || observation.kind !== 'operation') return;
    const { message, act, pair } = operation;
    const key = `select|${pair.key}`;
    if (act === 'select') {
      bench.windows.add(key, message.function.name, observation.timeUs, SELECT_US);
      return;
    }
    // Only the function that needs a selection by its standard; direct operates stand for themselves.
    if (message.function.name !== 'operate' || bench.learning) return;
    const { different } = bench.windows.add(key, 'operate', observation.timeUs, SELECT_US);
    bench.windows.clear(key);
    if (different > 1) return;
    bench.say(observation, {
      kind: 'write-sequence',
      about: message.function.name,
      score: 1,
      confidence: 0.8,
      expected: 'a select first',
      seen: 'operate without select',
      sentence: `${bench.nameOf(observation.client)} sent operate to ${bench.nameOf(observation.server)} without selecting first.`,
      numbers: operation.writes[0] === undefined ? {} : { written: operation.writes[0].value },
      functions: [message.function.class, act, message.function.name],
    });
  },
};
