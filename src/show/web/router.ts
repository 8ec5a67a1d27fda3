/** Addresses of the page: every view has one that can be sent to a colleague. */
import { signal } from '@preact/signals';

export const path = signal(location.pathname);
export const query = signal(new URLSearchParams(location.search));

function read(): void {
  path.value = location.pathname;
  query.value = new URLSearchParams(location.search);
}

/** Goes to an address of this page. */
export function go(to: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  read();
}

/** Changes some words of the query and leaves the rest; empty words are left out. */
export function setQuery(words: Readonly<Record<string, string>>): void {
  const next = new URLSearchParams(query.value);
  for (const [name, word] of Object.entries(words)) {
    if (word === '') next.delete(name);
    else next.set(name, word);
  }
  const text = next.toString();
  go(text === '' ? path.value : `${path.value}?${text}`, { replace: true });
}

/** Turns plain links into steps inside the page; anything with a modifier, a target or a download stays the browser's. */
function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link) return;
  if (link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
  const isFile = link.pathname.startsWith('/api/');
  const isJump = link.pathname === location.pathname && link.search === location.search && link.hash !== '';
  if (isFile || isJump) return;
  event.preventDefault();
  go(link.pathname + link.search);
  scrollTo(0, 0);
}

/** Begins to follow links and the back button. */
export function startRouter(): void {
  addEventListener('popstate', read);
  document.addEventListener('click', onClick);
}
