/** What every bus must do. A new implementation is one more call at the end; a skip needs a written reason. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUS_BACKLOG_MAX } from '../../limits.ts';
import type { Bus } from './bus.ts';
import { InProcessBus } from './in-process.ts';

function busContract(name: string, open: () => Promise<Bus>): void {
  describe(`bus contract: ${name}`, () => {
    let bus: Bus;
    beforeEach(async () => {
      bus = await open();
    });
    afterEach(() => bus.close());

    test('a record reaches everybody whose pattern fits, in order', async () => {
      const got: Record<string, unknown[]> = {};
      for (const pattern of ['site.a.incident', 'site.*.incident', 'site.>', 'site.a', '>', 'site.a.incident.>']) {
        got[pattern] = [];
        bus.subscribe(pattern, ({ record }) => void got[pattern]!.push(record));
      }
      bus.publish('site.a.incident', 1);
      bus.publish('site.b.incident', 2);
      bus.publish('site.a', 3);
      bus.publish('other', 4);
      await bus.close();
      expect(got).toEqual({
        'site.a.incident': [1],
        'site.*.incident': [1, 2],
        'site.>': [1, 2, 3],
        'site.a': [3],
        '>': [1, 2, 3, 4],
        'site.a.incident.>': [],
      });
    });

    test('one at a time: the next record waits for an asynchronous handler, other subscribers do not', async () => {
      const log: string[] = [];
      let release = (): void => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      bus.subscribe('s', async ({ record }) => {
        log.push(`slow begins ${record}`);
        if (record === 1) await gate;
        log.push(`slow ends ${record}`);
      });
      bus.subscribe('s', ({ record }) => void log.push(`quick ${record}`));
      bus.publish('s', 1);
      bus.publish('s', 2);
      await expect.poll(() => log.includes('quick 2')).toBe(true);
      expect(log).not.toContain('slow begins 2');
      release();
      await bus.close();
      expect(log.slice(-3)).toEqual(['slow ends 1', 'slow begins 2', 'slow ends 2']);
    });

    test('a slow subscriber loses the oldest, counted; one that throws goes on', async () => {
      let first = true;
      let release = (): void => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const got: number[] = [];
      const slow = bus.subscribe('s', async ({ record }) => {
        if (first) {
          first = false;
          await gate;
        }
        got.push(record as number);
      });
      bus.subscribe('s', () => {
        throw new Error('a handler with a fault');
      });
      bus.publish('s', 0);
      await expect.poll(() => first).toBe(false);
      for (let i = 1; i <= BUS_BACKLOG_MAX + 10; i++) bus.publish('s', i);
      release();
      await expect.poll(() => got.at(-1)).toBe(BUS_BACKLOG_MAX + 10);
      expect(slow.dropped).toBe(10);
      expect(got.slice(0, 2)).toEqual([0, 11]);
      expect(bus.health()).toMatchObject({ published: BUS_BACKLOG_MAX + 11, subscriptions: 2 });
      expect(bus.health().failed).toBeGreaterThan(0);
    });

    test('nothing comes after stop; bad subjects and patterns are refused', async () => {
      const got: unknown[] = [];
      const subscription = bus.subscribe('a.b', ({ record }) => void got.push(record));
      bus.publish('a.b', 1);
      await expect.poll(() => got.length).toBe(1);
      subscription.stop();
      bus.publish('a.b', 2);
      await bus.close();
      expect(got).toEqual([1]);
      for (const subject of ['', 'a..b', 'a.*', '>', 'a b'])
        expect(() => bus.publish(subject, 0)).toThrow('no subject');
      for (const pattern of ['', 'a.>.b', 'a.b*']) expect(() => bus.subscribe(pattern, () => {})).toThrow('no pattern');
    });
  });
}

busContract('in process', async () => new InProcessBus());
