/** The event stream: overview once a second, changes as they happen. Comes back by itself after any loss. */
import type { LiveEvent } from '../api/types.ts';
import { api } from './client.ts';
import { changes, connection, heardAtMs, me, overview } from './state.ts';

/** An overview comes once a second; after this long without one the connection counts as lost. */
const SILENCE_MS = 5_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 10_000;

let source: EventSource | null = null;
let watchdog: ReturnType<typeof setInterval> | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let retryMs = RETRY_MS_MIN;

function hear(event: LiveEvent): void {
  if (event.type === 'overview') {
    overview.value = event.overview;
    return;
  }
  if (event.type === 'incident') changes.incidents.value += 1;
  else changes[event.what].value += 1;
}

function onMessage(message: MessageEvent<string>): void {
  heardAtMs.value = Date.now();
  retryMs = RETRY_MS_MIN;
  // After a loss anything may have changed: every list asks again.
  if (connection.value === 'lost') for (const changed of Object.values(changes)) changed.value += 1;
  connection.value = 'live';
  hear(JSON.parse(message.data) as LiveEvent);
}

function open(): void {
  source?.close();
  source = new EventSource('/api/events');
  source.onmessage = onMessage;
  for (const type of ['overview', 'incident', 'changed']) source.addEventListener(type, onMessage);
  source.onerror = () => lose();
  heardAtMs.value = Date.now();
}

function lose(): void {
  source?.close();
  source = null;
  connection.value = 'lost';
  clearTimeout(retry);
  retry = setTimeout(reopen, retryMs);
  retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
}

/** Asks who I am first: a stream refused for want of a session looks like any other loss. */
async function reopen(): Promise<void> {
  try {
    await api.me();
  } catch {
    // 401 has already led to the sign-in page; anything else is tried again.
    if (me.value) lose();
    return;
  }
  open();
}

/** Begins to listen; call when somebody signed in. */
export function startLive(): void {
  stopLive();
  connection.value = 'connecting';
  open();
  watchdog = setInterval(() => {
    if (source && Date.now() - heardAtMs.value > SILENCE_MS) lose();
  }, 1_000);
}

export function stopLive(): void {
  source?.close();
  source = null;
  clearInterval(watchdog);
  clearTimeout(retry);
  retryMs = RETRY_MS_MIN;
}
