/** How a finding becomes an incident: the stages, in order. Each has one signature; a stage that sets `done` ends the run. */
import { advise } from './advice.ts';
import type { Case, Stage } from './case.ts';
import { judgeCause } from './cause.ts';
import { explain } from './explain/explain.ts';
import { join } from './join.ts';
import { plan } from './planned.ts';
import { prioritise } from './priority.ts';
import { recognise } from './recognise.ts';
import { say } from './say/say.ts';

/** Which story does it belong to? */
export const ARRIVAL: readonly Stage[] = [recognise, join];

/** What is the story, now? */
export const JUDGEMENT: readonly Stage[] = [plan, explain, judgeCause, prioritise, advise, say];

/** Runs the stages until one ends it. */
export function run(stages: readonly Stage[], c: Case): void {
  for (const stage of stages) {
    if (c.done) return;
    stage(c);
  }
}
