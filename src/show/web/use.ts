/** Hooks: loading with what was there before kept on screen, and measuring a width. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Failure } from './client.ts';

export interface Loaded<T> {
  readonly data: T | undefined;
  /** Sentence for a person, or empty. */
  readonly error: string;
  /** Stable code of the refusal, or empty. */
  readonly code: string;
  readonly reload: () => void;
  readonly replace: (data: T) => void;
}

/** Loads when `key` changes and again whenever `again` does. Answers that come too late are dropped. */
export function useLoad<T>(key: string, load: () => Promise<T>, again: number | string = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; error: string; code: string }>({
    key,
    data: undefined,
    error: '',
    code: '',
  });
  const turn = useRef(0);
  const latest = useRef(load);
  latest.current = load;

  const run = useCallback(() => {
    const mine = ++turn.current;
    latest
      .current()
      .then((data) => {
        if (mine === turn.current) setState({ key, data, error: '', code: '' });
      })
      .catch((cause: unknown) => {
        if (mine !== turn.current) return;
        const failure = Failure.from(cause);
        // What was on screen stays there: an old value that says so beats an empty page.
        setState((before) => ({
          key,
          data: before.key === key ? before.data : undefined,
          error: failure.message,
          code: failure.code,
        }));
      });
  }, [key]);

  useEffect(() => run(), [run, again]);
  useEffect(
    () => () => {
      turn.current += 1;
    },
    [],
  );

  const fits = state.key === key;
  return {
    data: fits ? state.data : undefined,
    error: fits ? state.error : '',
    code: fits ? state.code : '',
    reload: run,
    replace: (data) => {
      turn.current += 1;
      setState({ key, data, error: '', code: '' });
    },
  };
}

/** Counts up every `everyMs` while the page is visible. */
export function useTick(everyMs: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setTick((before) => before + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return tick;
}

/** Width of an element in CSS pixels, 0 before it is measured. */
export function useWidth<E extends Element>(): [{ current: E | null }, number] {
  const ref = useRef<E | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    setWidth(element.getBoundingClientRect().width);
    const observer = new ResizeObserver((entries) => {
      const entry = entries[0];
      if (entry) setWidth(entry.contentRect.width);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** `text` once it has not changed for `forMs`: so that a search asks when the person paused. */
export function useSettled(text: string, forMs = 250): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), forMs);
    return () => clearTimeout(timer);
  }, [text, forMs]);
  return settled;
}
