/** Who may pass when the enforcer is gone: made by the enforcer from site and policy, kept by the supervisor, which knows neither. */
import type { Site, Zone } from '../../../understand/plant/model.ts';
import { ZoneMap } from '../../../understand/plant/zones.ts';
import type { Policy } from '../policy/index.ts';

export interface FailurePlan {
  readonly zones: readonly Zone[];
  /** By name of the listener: zones whose clients pass. `null`: everybody does, because the site has no zones. */
  readonly open: Readonly<Record<string, readonly string[] | null>>;
}

export const EVERYBODY_PASSES: FailurePlan = { zones: [], open: {} };

/** Conduits stay open unless the policy closes them; a pair of zones without a conduit stays shut. */
export function failurePlanOf(
  site: Site,
  policy: Policy | undefined,
  listeners: readonly { readonly name: string; readonly device: string }[],
): FailurePlan {
  const zones = new ZoneMap(site.zones);
  const open = listeners.map(({ name, device }) => {
    if (site.zones.length === 0) return [name, null] as const;
    const to = zones.nameOf(device);
    const passing = site.conduits.filter(
      (conduit) => conduit.to === to && policy?.ifFiredoorFails.get(conduit.name) !== 'closed',
    );
    return [name, passing.map(({ from }) => from)] as const;
  });
  return { zones: site.zones, open: Object.fromEntries(open) };
}

/** Answers for each client whether it passes a listener without the enforcer. */
export function admission(plan: FailurePlan): (listener: string, client: string) => boolean {
  const zones = new ZoneMap(plan.zones);
  return (listener, client) => {
    const open = plan.open[listener];
    return open === undefined || open === null || open.includes(zones.nameOf(client));
  };
}

/** True where nobody at all passes a listener: then not even a port is opened. */
export function isShut(plan: FailurePlan, listener: string): boolean {
  return plan.open[listener]?.length === 0;
}
