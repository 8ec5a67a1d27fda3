/** Floods and messages that break their protocol, beyond what this conversation always does. */
import type { NetworkDetector } from '../detector.ts';

const FLOOD = /flood|open-requests-full|half-open|storm|too-many/i;
/** Broken messages a minute that are no accident. */
const PER_MINUTE = 10;
const FLOODS_PER_MINUTE = 3;
const FACTOR = 3;

export const oddities: NetworkDetector = {
  name: 'oddities',
  finds: ['flood', 'malformed'],
  judge(observation, bench) {
    if (observation.kind !== 'oddity') return;
    const { problem, count, client, server } = observation;
    const { known } = bench.pairOf(observation);
    if (bench.learning) {
      if (known !== undefined) bench.normal.learnOddity(known, problem, count);
      return;
    }
    const usual = known?.oddities.get(problem) ?? 0;
    if (count <= usual) return;
    const flood = FLOOD.test(problem);
    const most = Math.max(flood ? FLOODS_PER_MINUTE : PER_MINUTE, FACTOR * usual);
    const many = count >= most;
    // A stranger's single broken message is telling: crafted datagrams stop old relays.
    const stranger = known === undefined;
    bench.say(observation, {
      kind: flood ? 'flood' : 'malformed',
      about: problem,
      score: count / most,
      confidence: many ? 0.8 : stranger ? 0.6 : 0.3,
      expected: `at most ${usual} a minute`,
      seen: `${problem}, ${count} times in a minute`,
      sentence: flood
        ? `${bench.nameOf(client)} floods ${bench.nameOf(server)} (${problem}, ${count} in a minute).`
        : `${bench.nameOf(client)} and ${bench.nameOf(server)} exchange messages that break ${observation.protocol || 'their protocol'} (${problem}, ${count} in a minute).`,
      numbers: { count, high: usual },
      informative: !many && !stranger,
    });
  },
};
