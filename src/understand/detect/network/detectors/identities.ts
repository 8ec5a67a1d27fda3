/** A device that says it is another than before: changed program or firmware, or another device behind the same address. */
import type { Observation } from '../../../../records.ts';
import { learnFact } from '../book.ts';
import type { Bench, NetworkDetector } from '../detector.ts';

const LOGIC = /firmware|revision|version|project|application|program|checksum|crc|hash|signature|logic|boot/i;
const DEVICE = /vendor|model|serial|product|order|device-type|server-id/i;

export const identities: NetworkDetector = {
  name: 'identities',
  finds: ['logic-changed', 'address-conflict'],
  judge(observation, bench) {
    if (observation.kind === 'identity') judgeIdentity(observation, bench);
    else if (observation.kind === 'address-conflict') judgeConflict(observation, bench);
  },
};

function judgeIdentity(observation: Extract<Observation, { kind: 'identity' }>, bench: Bench): void {
  const { fact, asset } = observation;
  const learned = bench.book.learned.get(bench.book.keyOf(asset));
  const before = observation.before === '' ? (learned?.identity.get(fact.kind) ?? '') : observation.before;
  if (bench.learning && learned !== undefined) learnFact(learned, fact.kind, fact.text);
  if (before === '' || before === fact.text) return;
  const logic = LOGIC.test(fact.kind);
  if (!logic && !DEVICE.test(fact.kind)) return;
  const name = bench.nameOf(asset);
  bench.say(observation, {
    kind: logic ? 'logic-changed' : 'address-conflict',
    actor: '',
    device: asset,
    about: `${fact.kind} ${fact.text}`,
    score: logic ? 2 : 1,
    confidence: logic ? 0.9 : 0.6,
    expected: `${fact.kind} ${before}`,
    seen: `${fact.kind} ${fact.text}`,
    sentence: logic
      ? `${name} now says ${fact.kind} ${fact.text}; it was ${before}.`
      : `Another device answers as ${name}: ${fact.kind} ${fact.text}, before ${before}.`,
  });
}

function judgeConflict(observation: Extract<Observation, { kind: 'address-conflict' }>, bench: Bench): void {
  const { asset, address, mac, before } = observation;
  const key = bench.book.keyOf(asset);
  const learned = bench.book.learned.get(key);
  if (bench.learning) {
    // Redundant pairs and routers change owner by design: both owners are learned.
    if (learned !== undefined && learned.macs.size < 16) learned.macs.add(mac).add(before);
    return;
  }
  if (learned?.macs.has(mac) === true && learned.macs.has(before)) return;
  const serves = [...bench.normal.ofServer(key)].length > 0 || commands(key, bench);
  const name = bench.nameOf(asset);
  bench.say(observation, {
    kind: 'address-conflict',
    actor: '',
    device: asset,
    about: address,
    score: serves ? 2 : 1,
    confidence: serves ? 0.85 : 0.4,
    expected: before,
    seen: mac,
    sentence: `${address} (${name}) is now claimed by ${mac}; it belonged to ${before}.`,
    // Addresses handed out by DHCP move between clients.
    informative: !serves,
  });
}

function commands(key: string, bench: Bench): boolean {
  return [...bench.normal.ofClient(key)].some((conversation) => conversation.writes.size > 0);
}
