/**
 * The enforcer as a process that holds the conduits and nothing else. `fork` this file with advanced serialization, send `start`, wait
 * for `ready`. It ends when its parent disappears. SIGUSR2 switches bypass on, SIGUSR1 island; both only on.
 */
import { fileURLToPath } from 'node:url';
import { Enforcer } from './enforcer.ts';
import type { FromEnforcer, ToEnforcer } from './messages.ts';

// Only where this file itself was forked; an import of its types starts nothing.
if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const enforcer = new Enforcer((message, done) => {
    if (process.connected) process.send?.(message, undefined, undefined, done);
    else done();
  });
  // A signal reaches the whole group of processes; the parent decides when the doors close.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
  process.on('SIGUSR2', () => enforcer.switchOn('bypass'));
  process.on('SIGUSR1', () => enforcer.switchOn('island'));
  process.on('message', (message) => {
    const { type } = message as ToEnforcer;
    void enforcer.handle(message as ToEnforcer).then(() => {
      if (type === 'stop') process.exit(0);
    });
  });
  // Loaded: whoever holds the ports meanwhile may let go of them.
  process.send({ type: 'alive' } satisfies FromEnforcer);
  process.on('disconnect', () => {
    void enforcer.stop().then(() => process.exit(0));
  });
}
