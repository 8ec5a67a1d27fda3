/** What an engineer named in the site file is no stranger, even where it was never seen while learning. */
import type { NetworkContext } from './context.ts';

/** True for an asset declared as a device or as member of a group, by one of its addresses. */
export function isDeclared(assetId: string, context: NetworkContext): boolean {
  const addresses = context.assetOf?.(assetId)?.addresses ?? [assetId];
  const { devices, groups } = context.site;
  return (
    devices.some((device) => addresses.includes(device.address)) ||
    Object.values(groups).some((members) => members.some((member) => addresses.includes(member)))
  );
}
