#!/usr/bin/env node
// Starts Firedoor on a Node that can run it. Plain JavaScript, since an old Node must be able to read it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

const REQUIRED = [22, 13];
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
const newEnough = major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1]);
const compiled = at('../dist/main.js');
const source = at('../src/main.ts');
const main = existsSync(source) ? source : compiled;
// Before 22.18 Node reads TypeScript only when told to.
const flags =
  main === source && (major < 22 || (major === 22 && minor < 18))
    ? ['--experimental-strip-types', '--no-warnings']
    : [];

if (!newEnough) {
  const bundled = at('../node_modules/.bin/node');
  if (!existsSync(bundled)) {
    console.error(
      `Firedoor needs Node ${REQUIRED.join('.')} or newer; this is ${process.versions.node}. Install Node 24, or run "npm ci" in a checkout, which brings one.`,
    );
    process.exit(78);
  }
  again(bundled, []);
} else if (flags.length > 0 && !process.execArgv.includes(flags[0])) {
  again(process.execPath, flags);
} else {
  // Compiled code is kept between runs: a command starts in a tenth of a second instead of half a one.
  module.enableCompileCache?.();
  // The last compiler costs half a second before it pays: only what runs a hundred thousand times is worth it.
  if (major >= 24) v8.setFlagsFromString('--invocation-count-for-turbofan=100000');
  // Short-lived records of a long capture are collected in fewer, larger sweeps.
  v8.setFlagsFromString('--max-semi-space-size=32');
  const { main: run } = await import(main);
  await run(process.argv);
}

/** Runs this file once more under another Node or with flags, and ends as it ended. */
function again(node, extra) {
  const { status, signal } = spawnSync(node, [...extra, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}
