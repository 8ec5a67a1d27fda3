/** Hostile input: random observations never throw, findings stay well-formed, and nothing grows without bound. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../base/random.ts';
import {
  NETWORK_OPERATIONS_OPEN_MAX,
  NETWORK_PACES_MAX,
  NETWORK_SAYINGS_MAX,
  NETWORK_WAITING_MAX,
  NETWORK_WINDOW_ENTRIES_MAX,
  NETWORK_WINDOWS_MAX,
  PENDING_ITEMS_MAX,
} from '../../../limits.ts';
import { type Finding, FUNCTION_CLASSES, type Observation } from '../../../records.ts';
import { EMPTY_SITE } from '../../plant/model.ts';
import { parseBaseline } from '../baseline/parse.ts';
import { baselineText } from '../baseline/text.ts';
import { KINDS } from '../kinds.ts';
import { emptyContext } from './context.ts';
import { F, HMI, LAPTOP, learned, PLC, SECOND } from './fixtures/story.ts';
import { PointRanges } from './ranges.ts';
import { NetworkWatch } from './watch.ts';
import { Windows } from './windows.ts';

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('', '10.0.0.1', '10.0.0.2/1', '8.8.8.8', '__proto__', 'a|b', '10.0.0.255', 'fe80::1'),
);
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e300));
const frame = fc.record({
  capture: fc.constant('c'),
  number: fc.nat(),
  firstNumber: fc.nat(),
  from: fc.nat(),
  to: fc.nat(),
});
const info = fc.oneof(
  fc.constantFrom(...Object.values(F)),
  fc.record({
    code: fc.integer(),
    name: text,
    class: fc.constantFrom(...FUNCTION_CLASSES),
    effect: fc.constantFrom('none', 'changes-value', 'changes-mode', 'changes-logic', 'stops', 'restarts'),
    risk: number,
    techniques: fc.array(fc.constantFrom('T0843', 'T0858', 'T1692.001', 'T0836', 'nonsense'), { maxLength: 3 }),
  }),
);
const accesses = fc.array(
  fc.record({
    point: text,
    area: text,
    address: fc.oneof(number, text),
    count: number,
    write: fc.boolean(),
    type: fc.constant('uint16'),
    values: fc.array(fc.oneof(number, text, fc.boolean(), fc.constant(null)), { maxLength: 3 }),
    quality: fc.constant('good'),
  }),
  { maxLength: 4 },
);
const fact = fc.record({
  about: fc.constantFrom('client', 'server', 'unit'),
  kind: fc.constantFrom('firmware', 'password', 'model', 'x'),
  text,
});
const message = fc.record({
  timeUs: number,
  frame,
  conversation: fc.nat(),
  client: text,
  server: text,
  direction: fc.constantFrom('request', 'response', 'event'),
  protocol: text,
  function: info,
  unit: text,
  transaction: fc.nat(),
  accesses,
  facts: fc.array(fact, { maxLength: 2 }),
  status: fc.constantFrom('ok', 'illegal-data-address', ''),
  statusCode: fc.nat(),
  pairedWith: fc.nat(),
  problems: fc.constant([]),
});
const asset = fc.record({
  id: text,
  name: text,
  scope: text,
  macs: fc.array(text, { maxLength: 3 }),
  addresses: fc.array(text, { maxLength: 3 }),
  unit: text,
  vendor: text,
  model: text,
  firmware: text,
  roles: fc.array(text, { maxLength: 2 }),
  protocols: fc.array(text, { maxLength: 2 }),
  zone: text,
  firstSeenUs: number,
  lastSeenUs: number,
  alive: fc.constantFrom('alive', 'silent', 'unknown'),
});
const what = fc.oneof(
  fc.record({ kind: fc.constant('asset'), asset }),
  fc.record({ kind: fc.constant('identity'), asset: text, fact, before: text }),
  fc.record({ kind: fc.constant('address-conflict'), asset: text, address: text, mac: text, before: text }),
  fc.record({ kind: fc.constantFrom('unit-alive', 'unit-silent'), asset: text }),
  fc.record({ kind: fc.constant('conversation'), protocol: text, serverPort: number, transport: text }),
  fc.record({ kind: fc.constant('connection'), serverPort: number, transport: text, answered: fc.boolean() }),
  fc.record({
    kind: fc.constant('function'),
    protocol: text,
    function: info,
    direction: fc.constantFrom('request', 'response'),
  }),
  fc.record({
    kind: fc.constant('point'),
    protocol: text,
    point: text,
    area: text,
    address: fc.oneof(number, text),
    count: number,
    write: fc.boolean(),
    class: fc.constant('read'),
  }),
  fc.record({ kind: fc.constant('operation'), message }),
  fc.record({ kind: fc.constant('outcome'), message, request: frame }),
  fc.record({
    kind: fc.constant('rhythm'),
    change: fc.constantFrom('lost', 'jitter', 'back'),
    usualMs: number,
    seenMs: number,
  }),
  fc.record({ kind: fc.constant('oddity'), protocol: text, problem: text, count: number }),
);
const observation = fc
  .tuple(fc.record({ timeUs: number, client: text, server: text, conversation: text, frame }), what)
  .map(([base, rest]) => ({ ...base, ...rest }) as unknown as Observation);

function check(finding: Finding): void {
  expect(Object.keys(KINDS)).toContain(finding.kind);
  expect(finding.confidence).toBeGreaterThan(0);
  expect(finding.confidence).toBeLessThanOrEqual(1);
  expect(finding.sentence.length).toBeGreaterThan(5);
  for (const value of Object.values(finding.numbers)) expect(Number.isFinite(value)).toBe(true);
}

describe('hostile observations', () => {
  it('never throw, and what was learned from them survives its text', () => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 40 }), fc.nat(40), (observations, turn) => {
        const watch = new NetworkWatch(emptyContext(EMPTY_SITE), { onFinding: check });
        for (const [n, each] of observations.entries()) {
          if (n === turn) watch.freeze(each.timeUs);
          watch.observe(each);
        }
        watch.tick(Number.MAX_SAFE_INTEGER);
        expect(watch.pending().length).toBeLessThanOrEqual(PENDING_ITEMS_MAX);
        const written = baselineText({ version: 1, site: 's', network: watch.baseline(), process: {} });
        expect(baselineText(parseBaseline(written))).toBe(written);
      }),
      { numRuns: 150, seed: 20260302 },
    );
  });

  it('keep every memory within its bound', () => {
    const story = learned();
    const random = new Random(7);
    for (let n = 0; n < 30_000; n += 1) {
      const client = `10.${random.below(200)}.${random.below(250)}.${random.below(250)}`;
      story.nowUs += SECOND;
      story.tell(client, PLC, {
        kind: 'connection',
        serverPort: random.below(60_000),
        transport: 'tcp',
        answered: false,
      });
      story.tell(HMI, PLC, { kind: 'rhythm', change: 'lost', usualMs: 1e9, seenMs: 1 }, `c${n}`);
      story.write(LAPTOP, `holding/${n}`, n);
    }
    const sizes = story.watch.sizes();
    expect(sizes.windows).toBeLessThanOrEqual(NETWORK_WINDOWS_MAX);
    expect(sizes.sayings).toBeLessThanOrEqual(NETWORK_SAYINGS_MAX);
    expect(sizes.paces).toBeLessThanOrEqual(NETWORK_PACES_MAX);
    expect(sizes.waiting).toBeLessThanOrEqual(NETWORK_WAITING_MAX);
    expect(sizes.openOperations).toBeLessThanOrEqual(NETWORK_OPERATIONS_OPEN_MAX);
    expect(sizes.learnedConversations).toBe(2);
  });
});

describe('ranges', () => {
  it('hold exactly what was added, as long as there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 9 })), { maxLength: 60 }), (adds) => {
        const ranges = new PointRanges();
        const points = new Set<number>();
        for (const [from, count] of adds) {
          ranges.add(from, count);
          for (let n = 0; n < count; n += 1) points.add(from + n);
        }
        for (let n = 0; n < 420; n += 1) expect(ranges.covers(n, 1)).toBe(points.has(n));
        const sorted = ranges.ranges.every(([from], n) => n === 0 || from > ranges.ranges[n - 1]![1] + 1);
        expect(sorted).toBe(true);
      }),
      { numRuns: 100, seed: 11 },
    );
  });
});

describe('windows', () => {
  it('count only what is young enough, and no more than the bound', () => {
    const windows = new Windows();
    for (let n = 0; n < 10; n += 1) windows.add('k', `item ${n % 3}`, n * SECOND, 5 * SECOND);
    expect(windows.add('k', 'item 0', 9 * SECOND, 5 * SECOND)).toEqual({ count: 6, different: 3, firstUs: 5 * SECOND });
    for (let n = 0; n < 1000; n += 1) windows.add('full', String(n), 0, SECOND);
    expect(windows.add('full', 'last', 0, SECOND).count).toBe(NETWORK_WINDOW_ENTRIES_MAX);
  });
});
