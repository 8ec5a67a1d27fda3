/** Panels, sentences, states of loading: the few blocks every page is made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Loaded } from '../use.ts';
import { type Level, Shape, tone } from './priority.tsx';

/** The sentence a page opens with. Takes the focus when the page is entered, so that it is the first thing read aloud. */
export function Sentence({
  children,
  aside,
  level = 'well',
}: {
  children: ComponentChildren;
  aside?: ComponentChildren;
  level?: Level;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <header class={`panel sentence ${level === 'well' ? '' : `edge-${level}`}`}>
      <h1 ref={heading} tabIndex={-1}>
        {level === 'well' ? null : (
          <>
            <Shape level={level} />{' '}
          </>
        )}
        {children}
      </h1>
      {aside ? <div class={`aside ${tone(null)}`}>{aside}</div> : null}
    </header>
  );
}

export function Panel({
  title,
  aside,
  children,
  name = '',
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  name?: string;
}) {
  return (
    <section class={`panel ${name}`} aria-label={title}>
      <div class="panel-head">
        <h2>{title}</h2>
        {aside ? <div class="soft">{aside}</div> : null}
      </div>
      {children}
    </section>
  );
}

/** While loading, after a refusal, and when there is nothing: all three say so. */
export function Waiting({ of, what }: { of: Pick<Loaded<unknown>, 'data' | 'error' | 'reload'>; what: string }) {
  if (of.error !== '')
    return (
      <p class="refusal" role="alert">
        {of.error}{' '}
        <button type="button" onClick={of.reload}>
          Ask again
        </button>
      </p>
    );
  return of.data === undefined ? <p class="soft">Loading {what}…</p> : null;
}

/** A choice of a few, as joined buttons. */
export function Choice<T extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string;
  options: readonly { readonly value: T; readonly text: string }[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </fieldset>
  );
}
