/** Safety controllers: any unknown client that speaks to one, and any function of class safety that no person confirmed. */
import type { Observation } from '../../../../records.ts';
import type { Bench, NetworkDetector } from '../detector.ts';

const SAFETY_ROLE = /safety|(^|[^a-z])sis([^a-z]|$)|esd|burner/i;

export const safety: NetworkDetector = {
  name: 'safety',
  finds: ['safety-touched'],
  judge(observation, bench) {
    if (observation.kind === 'conversation') judgeConversation(observation, bench);
    else if (observation.kind === 'operation') judgeOperation(observation, bench);
  },
};

function judgeConversation(observation: Extract<Observation, { kind: 'conversation' }>, bench: Bench): void {
  const roles = bench.context.assetOf?.(observation.server)?.roles ?? [];
  const speaks = observation.protocol === 'tristation' || roles.some((role) => SAFETY_ROLE.test(role));
  if (!speaks || bench.learning || bench.pairOf(observation).known !== undefined) return;
  say(observation, bench, observation.protocol, 2, []);
}

function judgeOperation(observation: Extract<Observation, { kind: 'operation' }>, bench: Bench): void {
  const { operation } = bench;
  if (operation?.act !== 'safety') return;
  const { message, pair } = operation;
  const learned = pair.known?.functions.get(message.function.name);
  // Looking functions of a learned client are quiet; the rest needs a person, while learning too.
  const looks = message.function.effect === 'none';
  if (looks && (bench.learning || (learned !== undefined && learned.status !== 'rejected'))) return;
  if (learned?.status === 'confirmed') return;
  say(observation, bench, message.function.name, 2 + message.function.risk, [
    message.function.class,
    'safety',
    message.function.name,
  ]);
}

function say(observation: Observation, bench: Bench, seen: string, score: number, functions: readonly string[]): void {
  bench.say(observation, {
    kind: 'safety-touched',
    about: 'controller',
    score,
    confidence: 0.95,
    expected: 'only clients and functions a person confirmed',
    seen,
    sentence: `${bench.nameOf(observation.client)} speaks to the safety controller ${bench.nameOf(observation.server)} (${seen}).`,
    functions,
  });
}
