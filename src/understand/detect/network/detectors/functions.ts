/** A function a client never used on a device. Looking functions of known clients inform; unknown codes and dangerous ones alarm. */
import { actOf, isUnknownFunction } from '../acts.ts';
import type { NetworkDetector } from '../detector.ts';
import { RISK_NEEDS_PERSON, riskOf } from '../normal.ts';

const RISK_WORDS = ['no risk', 'low risk', 'some risk', 'high risk', 'can stop or reprogram'] as const;

export const functions: NetworkDetector = {
  name: 'functions',
  finds: ['new-function'],
  judge(observation, bench) {
    if (bench.learning || observation.kind !== 'function' || observation.direction === 'response') return;
    const info = observation.function;
    const pair = bench.pairOf(observation);
    const learned = pair.known?.functions.get(info.name);
    if (learned !== undefined && learned.status !== 'rejected') return;
    const unknown = isUnknownFunction(info);
    const risk = riskOf(info);
    const harmless = risk < RISK_NEEDS_PERSON;
    // A stranger's plain reads are told by the conversation itself.
    if (harmless && pair.known === undefined) return;
    // A station that writes by hand elsewhere writes here for the first time: the operation itself is judged.
    const routine =
      pair.known !== undefined &&
      (info.class === 'write' || info.class === 'control') &&
      actOf(info) === 'write' &&
      bench.normal.isOperatorStation(pair.clientKey, pair.protocol);
    const usual = [...(pair.known?.functions.keys() ?? [])];
    const { client, server } = observation;
    const words = `${info.name} (${info.class}, ${RISK_WORDS[risk]})`;
    bench.say(observation, {
      kind: 'new-function',
      about: info.name,
      score: Math.max(1, risk),
      confidence: unknown ? 0.85 : harmless || routine ? 0.3 : 0.8,
      expected: usual.length === 0 ? 'none' : usual.slice(0, 6).join(', '),
      seen: words,
      sentence: unknown
        ? `${bench.nameOf(client)} used a function ${bench.nameOf(server)}'s protocol does not define: ${info.name}.`
        : `${bench.nameOf(client)} used ${words} on ${bench.nameOf(server)} for the first time.`,
      numbers: { code: info.code, risk },
      informative: !unknown && (harmless || routine),
      functions: [info.class, info.name],
    });
  },
};
