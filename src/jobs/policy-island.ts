/** What was learned of ways through the site, for the drill of island mode. */
import type { LearnedWay } from '../act/enforce/safety/island.ts';
import type { Baseline } from '../understand/detect/baseline/model.ts';

/** Learned conversations by address. */
export function learnedWays({ network }: Baseline): LearnedWay[] {
  const addresses = new Map(network.assets.map(({ key, addresses }) => [key, addresses[0] ?? key] as const));
  const addressOf = (key: string): string => addresses.get(key) ?? key.split('/')[0]!;
  return network.conversations.map(({ client, server, protocol, ports }) => ({
    ...{ client: addressOf(client), server: addressOf(server), protocol, ports },
  }));
}
