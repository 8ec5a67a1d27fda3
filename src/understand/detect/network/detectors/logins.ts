/** Passwords being guessed, default or readable passwords. */
import type { Fact, Observation } from '../../../../records.ts';
import { actOf } from '../acts.ts';
import type { Bench, NetworkDetector } from '../detector.ts';
import { TEN_MINUTES_US } from '../windows.ts';

/** Refused log-ins in ten minutes that are no typing mistake. */
const REFUSED_MIN = 5;

/** Facts that carry a secret in the clear. */
const SECRET_FACTS = new Set(['password', 'credential', 'community', 'pin']);
/** Secrets makers ship; compared without case. Source: public vendor manuals and advisories (AA23-335A names 1111). */
const SHIPPED = new Set(
  'admin password 1111 0000 1234 12345 12345678 123456 root user guest public private default system operator service'.split(
    ' ',
  ),
);

export const logins: NetworkDetector = {
  name: 'logins',
  finds: ['login-guessing', 'default-credential'],
  judge(observation, bench) {
    if (observation.kind === 'outcome') judgeOutcome(observation, bench);
    else if (observation.kind === 'operation')
      for (const fact of observation.message.facts) judgeFact(observation, fact, bench);
    else if (observation.kind === 'identity') judgeFact(observation, observation.fact, bench);
  },
};

function judgeOutcome(observation: Extract<Observation, { kind: 'outcome' }>, bench: Bench): void {
  const { message, client, server, timeUs } = observation;
  if (message.status === 'ok' || message.function.class !== 'auth') return;
  const act = actOf(message.function);
  if (act !== 'login' && act !== 'take-control') return;
  const pair = bench.pairOf(observation);
  const item = `${message.frame.capture}#${message.frame.number}:${message.frame.from}`;
  const { count, firstUs } = bench.windows.add(`login|${client}|${server}`, item, timeUs, TEN_MINUTES_US);
  if (bench.learning) {
    if (pair.known !== undefined) pair.known.refusedLogins = Math.max(pair.known.refusedLogins, count);
    return;
  }
  const most = Math.max(REFUSED_MIN, 2 * (pair.known?.refusedLogins ?? 0));
  if (count < most) return;
  bench.say(observation, {
    kind: 'login-guessing',
    score: count / most,
    confidence: Math.min(0.95, 0.6 + 0.05 * (count - most)),
    expected: `at most ${pair.known?.refusedLogins ?? 0} refused log-ins in ten minutes`,
    seen: `${count} refused log-ins`,
    sentence: `${bench.nameOf(client)} was refused ${count} log-ins on ${bench.nameOf(server)} within ten minutes.`,
    sinceUs: firstUs,
    numbers: { refused: count },
    functions: ['auth', message.function.name],
  });
}

function judgeFact(observation: Observation, fact: Fact, bench: Bench): void {
  const shippedFact = fact.kind === 'default-credential' || fact.kind === 'default-password';
  if (!shippedFact && !SECRET_FACTS.has(fact.kind) && fact.kind !== 'clear-text-password') return;
  const shipped = shippedFact || SHIPPED.has(fact.text.trim().toLowerCase());
  const known = bench.pairOf(observation).known !== undefined;
  bench.say(observation, {
    kind: 'default-credential',
    about: shipped ? 'default' : 'clear-text',
    score: shipped ? 2 : 1,
    confidence: shipped ? 0.9 : 0.7,
    expected: 'no secret in the clear',
    // The secret itself is never repeated.
    seen: shipped ? 'a password the maker ships' : 'a password in the clear',
    sentence: `${bench.nameOf(observation.client)} logs in to ${bench.nameOf(observation.server)} with ${shipped ? 'a password the maker ships' : 'a password anyone on the network can read'}.`,
    // A weakness that was there all along is news once, no alarm.
    informative: known || bench.learning,
  });
}
