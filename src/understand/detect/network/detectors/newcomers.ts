/** A device nobody saw while learning. A known MAC with another address is no newcomer, nor is the public internet. */
import type { Asset } from '../../../../records.ts';
import { isGroupAddress, isPublicAddress } from '../addresses.ts';
import { isDeclared } from '../declared.ts';
import type { Bench, NetworkDetector } from '../detector.ts';

/** From this Purdue level up, devices come and go. */
const OFFICE_LEVEL = 4;

export const newcomers: NetworkDetector = {
  name: 'newcomers',
  finds: ['new-device'],
  judge(observation, bench) {
    if (bench.learning || observation.kind !== 'asset') return;
    const { asset } = observation;
    if (bench.book.isLearned(bench.book.keyOf(asset.id)) || notADevice(asset, bench)) return;
    const zone = bench.context.zoneOf(asset.id);
    const where = zone === null ? '' : ` in zone ${zone.name}`;
    const maker = asset.vendor === '' ? '' : ` (${asset.vendor})`;
    const name = bench.nameOf(asset.id);
    // A unit that never answered may be a number somebody tried out.
    const silent = asset.unit !== '' && asset.alive !== 'alive';
    const comesAndGoes = zone !== null && (zone.outside || (zone.level ?? 0) >= OFFICE_LEVEL);
    bench.say(observation, {
      kind: 'new-device',
      actor: asset.id,
      device: asset.id,
      score: 1,
      confidence: asset.protocols.length > 0 ? 0.8 : 0.6,
      expected: 'only devices seen while learning',
      seen: [...asset.addresses, ...asset.macs].slice(0, 4).join(', ') || asset.id,
      sentence: `${name}${maker} was never seen before${where}.`,
      informative: comesAndGoes || silent || isDeclared(asset.id, bench.context),
    });
  },
};

function notADevice(asset: Asset, bench: Bench): boolean {
  const all = [...asset.addresses, ...asset.macs];
  if (all.length > 0 && all.every(isGroupAddress)) return true;
  return asset.addresses.some((address) => isPublicAddress(address) && bench.context.zoneOf(address) === null);
}
