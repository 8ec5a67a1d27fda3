/** Who is signed in: at the start, by password, by one-time link, and no longer. */
import { signal } from '@preact/signals';
import { api, Failure } from './client.ts';
import { startLive, stopLive } from './live.ts';
import { go } from './router.ts';
import { hasAttacks, may, me, overview, sessionLost } from './state.ts';

/** Signed in by a one-time link just now: the page offers to set a password. */
export const arrivedByLink = signal(false);
/** Why the one-time link did not work, or empty. */
export const linkRefusal = signal('');

async function enter(): Promise<void> {
  me.value = await api.me();
  sessionLost.value = false;
  if (location.pathname === '/signin') go('/', { replace: true });
  startLive();
  if (may('attacks.read'))
    hasAttacks.value = await api.attacks().then(
      ({ length }) => length > 0,
      () => false,
    );
}

export async function startSession(): Promise<void> {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token) {
    // The token leaves the address at once: it must not stay in the history or be sent on with a copied link.
    history.replaceState(null, '', location.pathname);
    try {
      await api.signInByLink(decodeURIComponent(token));
    } catch (cause) {
      linkRefusal.value = Failure.from(cause).message;
    }
  }
  try {
    await enter();
    arrivedByLink.value = token !== undefined && linkRefusal.value === '' && me.value?.hasPassword === false;
  } catch (cause) {
    me.value = null;
    const failure = Failure.from(cause);
    if (failure.code === 'UNREACHABLE') linkRefusal.value = failure.message;
  }
}

export async function signIn(name: string, password: string): Promise<void> {
  await api.signIn(name, password);
  linkRefusal.value = '';
  await enter();
}

export async function signOut(): Promise<void> {
  await api.signOut();
  stopLive();
  me.value = null;
  overview.value = null;
  go('/');
}
