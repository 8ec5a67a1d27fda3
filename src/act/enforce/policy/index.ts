/** Policies: compiled from text for a site, decided per message. Pure. */
export { compilePolicy } from './compile.ts';
export { decide, POLICY_REASONS, type PolicyReason, rankOf, shown } from './decide.ts';
export { PlantMemory, unitsBehind, type WorkWindow } from './plant-memory.ts';
export type {
  ConduitRules,
  PlantView,
  Policy,
  PolicyItem,
  PolicyRequest,
  PolicyRule,
  PolicyVerdict,
} from './policy.ts';
export { TagTable } from './tag-table.ts';
