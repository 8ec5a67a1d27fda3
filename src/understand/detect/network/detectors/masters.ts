/** A second client that gives commands to a device: another than the one learned to command it, or than those learned to poll it. */
import { COMMANDING } from '../acts.ts';
import type { Bench, NetworkDetector, Pair } from '../detector.ts';
import { listText } from '../words.ts';

export const masters: NetworkDetector = {
  name: 'masters',
  finds: ['new-master'],
  judge(observation, bench) {
    const { operation } = bench;
    if (bench.learning || operation === null || observation.kind !== 'operation') return;
    const { act, pair } = operation;
    const takes = act === 'take-control';
    if (!takes && !COMMANDING.has(act)) return;
    const usual = usualMasters(pair, takes, bench);
    if (usual.length === 0 || usual.includes(pair.clientKey)) return;
    const { client, server } = observation;
    bench.say(observation, {
      kind: 'new-master',
      score: takes ? 1 : 2,
      confidence: takes ? 0.6 : 0.9,
      expected: listText(usual),
      seen: `${bench.nameOf(client)}: ${operation.message.function.name}`,
      sentence: takes
        ? `${bench.nameOf(client)} takes control of ${bench.nameOf(server)} (${operation.message.function.name}); its master is ${listText(usual)}.`
        : `${bench.nameOf(client)} gives commands to ${bench.nameOf(server)}; its master is ${listText(usual)}.`,
      functions: [operation.message.function.class, act, operation.message.function.name],
    });
  },
};

/** Who commands this device: learned writers; where nobody ever wrote, those who talk to it, if this client does not. */
function usualMasters(pair: Pair, takes: boolean, bench: Bench): string[] {
  const talkers = bench.normal.clientsOf(pair.serverKey, pair.protocol);
  if (takes) return talkers;
  const commanders = bench.normal.mastersOf(pair.serverKey);
  return commanders.length > 0 ? commanders : talkers;
}
