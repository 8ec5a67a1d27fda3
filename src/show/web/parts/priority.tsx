/** Priority as shape, word and colour: never colour alone (ISA-101, ISA-18.2). Drawn, so that no font decides the shape. */
import type { ComponentChildren } from 'preact';
import type { Headline, Priority } from '../../api/types.ts';

export type Level = Headline['priority'];

const WORDS: Readonly<Record<Level, string>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  information: 'information',
  'cannot-judge': 'cannot be judged',
  well: 'as expected',
};

export const word = (level: Level): string => WORDS[level];

/** Class that gives text the colour of a level; empty for nothing special. */
export const tone = (level: Level | null): string => (level === null || level === 'well' ? '' : `tone-${level}`);

function Drawing({ level }: { level: Level }) {
  switch (level) {
    case 'critical':
      return <path d="M6 1 11.5 11H.5z" />;
    case 'high':
      return <path d="M6 .3 11.7 6 6 11.7.3 6z" />;
    case 'medium':
      return <path d="M1 1h10v10H1z" />;
    case 'low':
      return <path d="M1.8 1.8h8.4v8.4H1.8z" fill="none" stroke="currentColor" stroke-width="1.6" />;
    case 'cannot-judge':
      return (
        <g fill="none" stroke="currentColor">
          <path d="M1 1h10v10H1z" stroke-width="1" />
          <path d="M1 4l3-3M1 8l7-7M2 11l9-9M6 11l5-5" stroke-width="1.2" />
        </g>
      );
    default:
      return <circle cx="6" cy="6" r="4.6" />;
  }
}

/** The shape alone; its word is read aloud unless it stands beside it anyway. */
export function Shape({ level, quiet = false }: { level: Level; quiet?: boolean }) {
  return (
    <span class={`shape ${tone(level)}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true" fill="currentColor" focusable="false">
        <Drawing level={level} />
      </svg>
      {quiet ? null : <span class="unseen">{word(level)}</span>}
    </span>
  );
}

/** Shape and words in the colour of the level. */
export function Marked({ level, children }: { level: Priority | 'cannot-judge'; children: ComponentChildren }) {
  return (
    <span class={`marked ${tone(level)}`}>
      <Shape level={level} /> {children}
    </span>
  );
}
