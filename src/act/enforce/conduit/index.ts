/** Conduits: inline doors before devices. They run in any process; see `conduit.ts`. */
export { Conduit, type ConduitEndpoint, type ConduitHealth, type ConduitOptions, type SourcePorts } from './conduit.ts';
export type { ConduitPeers, Decide, Decision } from './decision.ts';
