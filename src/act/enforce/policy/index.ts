/** Policies: compiled from text for a site, decided per message. Pure. */
export { compilePolicy } from './compile.ts';
export { decide, POLICY_REASONS, type PolicyReason } from './decide.ts';
export type { PlantView, Policy, PolicyRequest, PolicyRule, PolicyVerdict, PolicyWrite } from './policy.ts';
