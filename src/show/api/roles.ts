/** Who may do what, as data. What is not listed is denied; `server.test.ts` tries every action as every role. */
import type { IncidentActionName, Role } from './types.ts';
import { ROLES } from './types.ts';

const ALL: readonly Role[] = ROLES;
const HANDS: readonly Role[] = ['operator', 'engineer', 'analyst', 'approver', 'admin'];
const EXPERTS: readonly Role[] = ['engineer', 'analyst', 'approver', 'admin'];
const ADMINS: readonly Role[] = ['admin'];

/**
 * Action to roles. Looking is for all who signed in. Operators handle incidents of their shift and can always stop blocking,
 * because that only ever lets the plant run. Judging, shelving, raw traffic, demo attacks and island mode need an expert.
 */
export const ROLE_TABLE = {
  'overview.read': ALL,
  'assets.read': ALL,
  'conversations.read': ALL,
  'tags.read': ALL,
  'incidents.read': ALL,
  'evidence.read': HANDS,
  'pcap.read': EXPERTS,
  'history.read': HANDS,
  'incident.acknowledge': HANDS,
  'incident.planned-work': HANDS,
  'incident.comment': HANDS,
  'incident.assign': HANDS,
  'incident.shelve': EXPERTS,
  'incident.close': EXPERTS,
  'learning.read': ALL,
  'capture.read': ALL,
  'doors.read': ALL,
  'budget.read': ALL,
  'attacks.read': ALL,
  'attacks.start': EXPERTS,
  'switches.read': ALL,
  'switches.stop-blocking': HANDS,
  'switches.island': EXPERTS,
  'events.read': ALL,
  'self.read': ALL,
  'self.sign-out': ALL,
  'self.password': ALL,
  'users.read': ADMINS,
  'users.write': ADMINS,
} as const satisfies Record<string, readonly Role[]>;
export type Action = keyof typeof ROLE_TABLE;

const BY_ACTION: ReadonlyMap<string, readonly Role[]> = new Map(Object.entries(ROLE_TABLE));

/** Whether `role` may do `action`; an unknown action is denied. */
export function may(role: Role, action: string): boolean {
  return BY_ACTION.get(action)?.includes(role) ?? false;
}

/** All actions of a role, for the page to show only what works. */
export function actionsOf(role: Role): Action[] {
  return (Object.keys(ROLE_TABLE) as Action[]).filter((action) => may(role, action));
}

/** The action an incident action asks for. */
export function incidentActionOf(name: IncidentActionName): Action {
  return `incident.${name}`;
}
