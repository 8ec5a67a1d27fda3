/** A point nobody learned to read was read. From a known client it informs: somebody opened another screen. */
import type { NetworkDetector } from '../detector.ts';
import { areaName, pointName } from '../operation.ts';

export const points: NetworkDetector = {
  name: 'points',
  finds: ['new-point'],
  judge(observation, bench) {
    // Writes are told with their value by the operation that does them.
    if (bench.learning || observation.kind !== 'point' || observation.write) return;
    const { area, address, count, client, server } = observation;
    const pair = bench.pairOf(observation);
    for (const known of bench.normal.ofServer(pair.serverKey)) {
      if (known.reads.get(areaName(observation.point, area))?.covers(address, count) === true) return;
    }
    const tags = bench.context.tagsOfPoint(observation.point, count);
    const what =
      tags.length === 0
        ? pointName(observation.point)
        : tags
            .map((tag) => tag.name)
            .slice(0, 4)
            .join(', ');
    const span = count > 1 ? ` (${count} values)` : '';
    bench.say(observation, {
      kind: 'new-point',
      tag: tags.length === 1 ? tags[0]!.name : observation.point,
      unit: tags[0]?.plantUnit,
      score: 1,
      confidence: pair.known === undefined ? 0.6 : 0.3,
      expected: 'only points known clients read',
      seen: `${pointName(observation.point)}${span}`,
      sentence: `${bench.nameOf(client)} read ${what}${span} of ${bench.nameOf(server)}, which no known client ever did.`,
      numbers: { count },
      informative: pair.known !== undefined,
    });
  },
};
