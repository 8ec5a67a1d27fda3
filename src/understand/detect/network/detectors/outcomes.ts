/** Commands a device refused: attempts. From a client that was learned to do just this, the device's state is the likelier reason. */
import { actOf, HARMLESS } from '../acts.ts';
import type { NetworkDetector } from '../detector.ts';
import { pointName } from '../operation.ts';

export const outcomes: NetworkDetector = {
  name: 'outcomes',
  finds: ['write-refused'],
  judge(observation, bench) {
    if (bench.learning || observation.kind !== 'outcome' || observation.message.status === 'ok') return;
    const { message, client, server } = observation;
    const act = actOf(message.function);
    if (HARMLESS.has(act) || act === 'take-control') return;
    const { known } = bench.pairOf(observation);
    const point = message.accesses[0]?.point ?? '';
    const [tag] = point === '' ? [] : bench.context.tagsOfPoint(point, message.accesses[0]?.count ?? 1);
    const name = tag?.name ?? (point === '' ? '' : pointName(point));
    const usual = known?.functions.has(message.function.name) === true;
    bench.say(observation, {
      kind: 'write-refused',
      tag: name,
      unit: tag?.plantUnit,
      about: message.function.name,
      score: 1,
      confidence: usual ? 0.3 : 0.7,
      expected: 'ok',
      seen: message.status,
      sentence: `${bench.nameOf(server)} refused ${message.function.name}${name === '' ? '' : ` to ${name}`} from ${bench.nameOf(client)}: ${message.status}.`,
      numbers: { code: message.function.code, status: message.statusCode },
      frames: [observation.request, observation.frame],
      informative: usual,
      functions: [message.function.class, act, message.function.name],
    });
  },
};
