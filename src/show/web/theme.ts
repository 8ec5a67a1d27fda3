/** Light, dark, or as the system says; kept in this browser. */
import { signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
const KEY = 'firedoor-theme';

function stored(): Theme {
  const text = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === text) ?? 'system';
}

export const theme = signal<Theme>(stored());
/** Counts up when colours changed, for what is drawn on a canvas. */
export const colours = signal(0);

const system = matchMedia('(prefers-color-scheme: dark)');
/** Whether the page is dark now. */
export const isDark = signal(false);

function apply(): void {
  if (theme.value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  isDark.value = theme.value === 'dark' || (theme.value === 'system' && system.matches);
  colours.value += 1;
}

export function setTheme(next: Theme): void {
  theme.value = next;
  localStorage.setItem(KEY, next);
  apply();
}

export function startTheme(): void {
  apply();
  system.addEventListener('change', apply);
}

let probe: HTMLElement | null = null;

/** A colour of the style sheet by name, as the present theme resolves it, for canvas. */
export function colour(name: string): string {
  if (!probe) {
    probe = document.createElement('span');
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
