// `npm test`: unit, corpus, story and browser tests, and a last line `N passed, N failed, N skipped`.
// The suites want system packages; as root on Debian or Ubuntu those missing are installed, elsewhere the suites that need them skip by name.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Program that must be there → Debian package that brings it, and what it is for. */
const WANTED = [
  { program: '/usr/bin/chromium', package: 'chromium', use: 'browser tests of the page' },
  { program: '/usr/bin/tcpdump', package: 'tcpdump', use: 'live capture' },
  { program: '/usr/sbin/ip', package: 'iproute2', use: 'network namespaces' },
  { program: '/usr/sbin/nft', package: 'nftables', use: 'the doors in network namespaces' },
  { program: '/usr/bin/zstd', package: 'zstd', use: 'compressed captures' },
];

function present(program) {
  return [program, program.replace('/usr/', '/'), program.replace('/sbin/', '/bin/')].some(existsSync);
}

function prepareSystem() {
  const missing = WANTED.filter(({ program }) => !present(program));
  if (missing.length === 0) return;
  for (const { package: name, use } of missing) console.log(`wanted: ${name} (${use})`);
  const command = `apt-get install -y --no-install-recommends ${missing.map((m) => m.package).join(' ')}`;
  const root0 = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!root0) {
    console.log(`The suites that need them are skipped by name. To enable them: sudo ${command}`);
    return;
  }
  console.log(`installing: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  const { status } = spawnSync('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'], env });
  if (status !== 0) console.log('The installation failed; the suites that need these packages are skipped by name.');
}

/** Runs one vitest configuration and returns its counts. */
function run(name, config, extra) {
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-test-'));
  const output = join(folder, 'result.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  console.log(`\n${name}`);
  const { status } = spawnSync(process.execPath, [vitest, ...args, ...extra], { cwd: root, stdio: 'inherit' });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    const result = JSON.parse(readFileSync(output, 'utf8'));
    counts.passed = result.numPassedTests;
    counts.failed = result.numFailedTests + (result.numFailedTests === 0 && result.numFailedTestSuites > 0 ? 1 : 0);
    counts.skipped = result.numPendingTests + result.numTodoTests;
  } catch {
    counts.failed = 1;
  }
  // A run that ended badly without a failed test (an unhandled error, a crash) has failed all the same.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  rmSync(folder, { recursive: true, force: true });
  return counts;
}

const extra = process.argv.slice(2);
prepareSystem();
if (!existsSync(join(root, 'dist/web/index.html')) && existsSync(join(root, 'src/show/web/index.html'))) {
  execFileSync(process.execPath, [join(root, 'scripts/prepare.mjs')], { stdio: 'inherit' });
}
const SUITES = [
  { name: 'unit, corpus and story tests', config: 'vitest.config.ts' },
  { name: 'network namespace tests', config: 'test/netns/vitest.config.ts' },
  { name: 'browser tests', config: 'test/e2e/vitest.config.ts' },
];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, config } of SUITES) {
  if (!existsSync(join(root, config))) continue;
  const counts = run(name, config, extra);
  for (const key of Object.keys(total)) total[key] += counts[key];
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
