/** The kind of a deviation the joint charts or a level found, named better by the shape of the latest residuals. */
import type { KindName } from '../../kinds.ts';
import type { JointStream } from './stream.ts';

const REFINED: ReadonlySet<string> = new Set(['relation', 'level', 'noise-up', 'noise-lost', 'spike']);
const SHAPE_KIND = {
  offset: 'offset',
  drift: 'drift',
  gain: 'gain',
  noise: 'noise-up',
  quiet: 'noise-lost',
  spike: 'spike',
} as const;

/** Kind by what the charts saw. */
export const CHART_KIND = { spike: 'spike', noise: 'noise-up', quiet: 'noise-lost', mean: 'relation' } as const;

/** `kind` as the residuals of output `b` name it, or as it is where they do not tell. */
export function shapeKind(stream: JointStream, b: number, kind: KindName): KindName {
  if (b < 0 || !REFINED.has(kind) || (kind === 'spike' && !stream.on)) return kind;
  const { shape } = stream.diagnose(b);
  if (shape === 'none') return kind;
  // Alone, a step of the reading cannot be told from a step of the process.
  if (stream.model.coupled[b] !== 1 && shape === 'offset') return kind === 'spike' ? 'spike' : 'level';
  return SHAPE_KIND[shape];
}
