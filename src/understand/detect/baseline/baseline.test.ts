/** The baseline as text: round trip, golden, mistakes with lines, differences, decisions. */
import { describe, expect, it } from 'vitest';
import { FiredoorError } from '../../../base/errors.ts';
import { PENDING_ITEMS_MAX } from '../../../limits.ts';
import { F, HMI, HOUR, learned, MINUTE, PLC_UNIT, Story } from '../network/fixtures/story.ts';
import { diffBaselines } from './diff.ts';
import { type Baseline, type BaselineConversation, type BaselineWrite, EMPTY_NETWORK_BASELINE } from './model.ts';
import { parseRanges, parseTime, rangesText, timeText } from './numbers.ts';
import { parseBaseline } from './parse.ts';
import { pendingItems, withStatus } from './pending.ts';
import { baselineId, baselineText } from './text.ts';

const process = {
  version: 1,
  tags: ['TT-101'],
  profiles: {
    mean: new Float64Array([75.25, Number.NaN]),
    count: new Uint32Array([7]),
    open: Number.POSITIVE_INFINITY,
  },
};

function example(): Baseline {
  return { version: 1, site: 'dairy-north', network: learned().watch.baseline(), process };
}

describe('the text', () => {
  it('is what a person reviews', () => {
    expect(baselineText(example())).toMatchInlineSnapshot(`
      "# Firedoor baseline: what was learned as normal. Review it like a program; comments are for you and are made anew.
      # Status of writes and functions that need a person:
      #   unconfirmed  seen while learning, quiet, waiting for your word (firedoor baseline accept | reject)
      #   confirmed    a person said this is normal
      #   rejected     a person said this is not normal: it is told when it happens

      version: 1
      id: b-fe94063968de
      site: dairy-north
      learned:
        from: 2026-03-02T06:00:00Z
        to: 2026-03-02T14:00:00Z
      # Waiting for a person:
      # p-c7a6331d  hmi-1 writes 2 set-points on plc-1: SP-101, SP-104.
      # p-6de5e9c0  hmi-1 writes P1.run on plc-1: always 1, at most 1 a minute.
      network:
        assets:
          - {key: 10.20.2.7, addresses: [10.20.2.7], macs: [02:00:00:00:00:12], zone: operations}
          - {key: hmi-1, addresses: [10.20.2.5], macs: [02:00:00:00:00:10], zone: operations}
          - {key: plc-1, addresses: [10.20.1.11], macs: [02:00:00:00:00:11], zone: cell-1}
        conversations:
          # 10.20.2.7 → plc-1 over modbus (operations → cell-1)
          - client: 10.20.2.7
            server: plc-1
            protocol: modbus
            transport: tcp
            ports: [502]
            functions:
              - {name: read-holding-registers, class: read, risk: 0}
            reads:
              1/holding: {ranges: 98..111}
          # hmi-1 → plc-1 over modbus (operations → cell-1), writes 3 points
          - client: hmi-1
            server: plc-1
            protocol: modbus
            transport: tcp
            ports: [502]
            functions:
              - {name: read-coils, class: read, risk: 0}
              - {name: read-holding-registers, class: read, risk: 0}
              - {name: write-multiple-registers, class: write, risk: 3, status: unconfirmed}
              - {name: write-single-coil, class: control, risk: 3, status: unconfirmed}
            reads:
              1/coil: {ranges: 0..47}
              1/holding: {ranges: "98..111, 120..123"}
            writes:
              - {point: P1.run, role: command, unit: P1, type: bool, status: unconfirmed, perMinute: 1, values: {running: {low: 1, high: 1, step: 0, count: 8}}} # always 1, at most 1 a minute
              - {point: SP-101, role: setpoint, unit: P1, type: float32-swapped, status: unconfirmed, perMinute: 1, values: {running: {low: 75, high: 76, step: 1, count: 8}}} # 75 to 76, at most 1 a minute
              - {point: SP-104, role: setpoint, unit: P1, type: float32-swapped, status: unconfirmed, perMinute: 1, values: {running: {low: 6, high: 6.4, step: 0.4, count: 8}}} # 6 to 6.4, at most 1 a minute
            pointsPerTenMinutes: 2
        states:
          P1:
            running: 9600
      process:
        version: 1
        tags:
          - TT-101
        profiles:
          mean:
            $float64: AAAAAADQUkAAAAAAAAD4fw==
          count:
            $uint32: BwAAAA==
          open: .inf
      "
    `);
  });

  it('comes back as it was, with its arrays', () => {
    const baseline = example();
    const written = baselineText(baseline);
    const read = parseBaseline(written);
    expect(baselineText(read)).toBe(written);
    expect(baselineId(read)).toBe(baselineId(baseline));
    expect(read.process).toEqual(process);
  });

  it('judges alike after the round trip', () => {
    const read = parseBaseline(baselineText(example()));
    const story = new Story(read.network);
    story.write(HMI, 'SP-104', 6.2);
    expect(story.kinds(true)).toEqual([]);
    story.write(HMI, 'SP-104', 60);
    expect(story.kinds()).toEqual(['write-range']);
  });

  it('does not depend on the order things were learned in', () => {
    const { network } = example();
    const turned = {
      ...network,
      assets: [...network.assets].reverse(),
      conversations: [...network.conversations].reverse(),
    };
    expect(baselineText({ ...example(), network: turned })).toBe(baselineText(example()));
  });
});

describe('mistakes', () => {
  const mistake = (change: (text: string) => string): string => {
    try {
      parseBaseline(change(baselineText(example())), 'plant.yaml');
    } catch (error) {
      if (error instanceof FiredoorError && error.code === 'BAD_CONFIG') return error.message;
      throw error;
    }
    return 'no mistake found';
  };

  it('are told with line and column', () => {
    expect(mistake((text) => text.replace('status: unconfirmed', 'status: maybe'))).toMatch(
      /^plant\.yaml:\d+:\d+ network\.conversations\.\d+\.functions\.\d+\.status: /,
    );
    expect(mistake((text) => text.replace('ranges: 98..111', 'ranges: 111..98'))).toContain('expected ranges');
    expect(mistake((text) => text.replace('protocol: modbus', 'protocoll: modbus'))).toMatch(/protocol/);
    expect(mistake((text) => text.replace('network:', 'network: {'))).toMatch(/^plant\.yaml:\d+:\d+ /);
    expect(mistake((text) => text.replace('version: 1', 'version: 9'))).toMatch(/version/);
    expect(mistake((text) => text.replace(/from: .*/, 'from: yesterday'))).toContain('expected a time');
  });

  it('of any text are errors a person can act on, never crashes', () => {
    for (const text of [
      '',
      '[',
      'a: &a [*a]',
      '{}',
      'version: 1',
      '\u0000',
      'x: !!js/function 1',
      'network: {assets: 7}',
    ]) {
      expect(() => parseBaseline(text)).toThrow(FiredoorError);
    }
  });
});

describe('differences', () => {
  it('are sentences', () => {
    const before = example();
    const story = learned();
    story.watch.extend(story.nowUs + HOUR);
    story.write(HMI, 'SP-101', 78);
    story.write(HMI, 'holding/200', 5);
    story.operate(HMI, PLC_UNIT, F.writeTime);
    story.read('10.20.2.9', PLC_UNIT, 'holding', 98, 2);
    story.wait(MINUTE).watch.decide(['hmi-1->plc-1:SP-104'], 'confirmed');
    const after = { ...before, network: story.watch.baseline(), process: { ...process, tags: ['TT-101', 'TT-102'] } };
    expect(diffBaselines(before, after).map(({ change, sentence }) => `${change}: ${sentence}`)).toEqual([
      'added: 10.20.2.9 is new in zone operations.',
      'added: 10.20.2.9 -> plc-1 modbus is new.',
      'added: hmi-1 -> plc-1 modbus: uses write-time (config).',
      'added: hmi-1 -> plc-1 modbus: writes 1/holding/200 (unconfirmed): always 5, at most 1 a minute.',
      'changed: hmi-1 -> plc-1 modbus: SP-101 in state running: 75 to 78, before 75 to 76.',
      'changed: hmi-1 -> plc-1 modbus: SP-104 was unconfirmed and is confirmed.',
      'changed: The process part "tags" changed.',
    ]);
    expect(diffBaselines(before, before)).toEqual([]);
  });
});

describe('what waits for a person', () => {
  const write = (point: string, more: Partial<BaselineWrite> = {}): BaselineWrite => ({
    point,
    role: 'setpoint',
    unit: '',
    type: '',
    status: 'unconfirmed',
    perMinute: 1,
    reversalsPerMinute: 0,
    everyMs: 0,
    counter: false,
    states: { '*': { low: 1, high: 2, step: 1, count: 4 } },
    ...more,
  });
  const conversation = (client: string, server: string, writes: readonly BaselineWrite[]): BaselineConversation => ({
    client,
    server,
    protocol: 'modbus',
    transport: 'tcp',
    ports: [502],
    functions: [{ name: 'write-single-register', class: 'write', risk: 3, status: 'unconfirmed' }],
    reads: {},
    writes,
    pointsPerTenMinutes: 1,
    refusedLogins: 0,
    rhythm: { usualMs: 0, losses: 0, pauseMs: 0, jitter: 1 },
    oddities: {},
  });

  it('is at most thirty items for a site of three hundred devices', () => {
    const conversations = [];
    for (let server = 0; server < 280; server += 1) {
      const writes = Array.from({ length: 12 }, (_, n) =>
        write(`holding/${n}`, { role: n < 6 ? 'setpoint' : 'command' }),
      );
      conversations.push(conversation(`scada-${server % 4}`, `plc-${server}`, writes));
      conversations.push(
        conversation(`plc-${server}`, `plc-${(server + 1) % 280}`, [write('holding/90', { everyMs: 1000 })]),
      );
    }
    const network = { ...EMPTY_NETWORK_BASELINE, conversations };
    const items = pendingItems(network);
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThanOrEqual(PENDING_ITEMS_MAX);
    const leaves = items.reduce((sum, item) => sum + item.count, 0);
    expect(leaves).toBe(280 * 13);
    const { baseline, changed, unknown } = withStatus(network, [items[0]!.id, items[1]!.id, 'p-none'], 'confirmed');
    expect(changed).toBe(items[0]!.count + items[1]!.count);
    expect(unknown).toEqual(['p-none']);
    expect(pendingItems(baseline).reduce((sum, item) => sum + item.count, 0)).toBe(leaves - changed);
  });

  it('lets functions follow their points', () => {
    const network = {
      ...EMPTY_NETWORK_BASELINE,
      conversations: [conversation('hmi', 'plc', [write('a'), write('b')])],
    };
    const rejected = withStatus(network, ['all'], 'rejected').baseline;
    expect(rejected.conversations[0]!.functions[0]!.status).toBe('rejected');
    const one = withStatus(rejected, ['hmi -> plc:a'], 'confirmed');
    expect(one.changed).toBe(1);
    expect(one.baseline.conversations[0]!.writes.map((each) => each.status)).toEqual(['confirmed', 'rejected']);
  });
});

describe('numbers as text', () => {
  it('come back', () => {
    expect(
      parseRanges(
        rangesText([
          [0, 0],
          [98, 111],
        ]),
      ),
    ).toEqual([
      [0, 0],
      [98, 111],
    ]);
    expect(parseRanges('1..0')).toBeUndefined();
    expect(parseRanges('1;2')).toBeUndefined();
    for (const timeUs of [0, 1_772_431_200_000_000, 1_772_431_200_123_456])
      expect(parseTime(timeText(timeUs))).toBe(timeUs);
    expect(timeText(1_772_431_200_000_000)).toBe('2026-03-02T06:00:00Z');
  });
});
