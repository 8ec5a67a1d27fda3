/** What every store must do, whatever it is made of. A new implementation is one more call at the end; a skip needs a written reason. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../base/random.ts';
import { openEmbeddedStore } from './embedded.ts';
import { QUALITY_CODES, type SampleBatch, type SampleSeries, type Store } from './store.ts';

const SECOND_US = 1_000_000;
const HOUR_US = 3_600 * SECOND_US;
const DAY_US = 24 * HOUR_US;
/** 2026-03-02T00:00:00Z: a day border, so that hours and days are told apart. */
const DAY_START_US = 1_772_409_600 * SECOND_US;

interface StoreUnderTest {
  /** Opens the store on the data of this test; called again after `close` it must find everything. */
  open(): Promise<Store>;
  /** Removes the data. */
  clean(): Promise<void>;
  /** Changes the stored text of the audit entry at `position`, as somebody with access to the disk could. */
  tamper(position: number, json: string): Promise<void>;
  /** Removes the last audit entry. */
  cutAudit(): Promise<void>;
}

function batchOf(
  tag: number,
  rows: readonly (readonly [timeUs: number, value: number, quality?: number])[],
): SampleBatch {
  return {
    count: rows.length,
    tag: new Uint32Array(rows.length).fill(tag),
    timeUs: Float64Array.from(rows, ([timeUs]) => timeUs),
    value: Float64Array.from(rows, ([, value]) => value),
    quality: Uint8Array.from(rows, ([, , quality]) => quality ?? 0),
  };
}

function rowsOf(series: SampleSeries): [number, number, number][] {
  return Array.from(series.timeUs, (timeUs, i) => [timeUs, series.value[i]!, series.quality[i]!]);
}

function storeContract(name: string, make: () => StoreUnderTest): void {
  describe(`store contract: ${name}`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = make();
      store = await under.open();
    });
    afterEach(async () => {
      await store.close();
      await under.clean();
    });
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await under.open();
    };

    test('samples come back exactly, late ones in place, before and after closing', async () => {
      const random = new Random(3);
      const tag = store.tagIndex('TT-101');
      const other = store.tagIndex('FT-104');
      const rows: [number, number, number][] = [];
      // Across the end of a day; float32 noise, some of it bad, every seventh sample 2.5 s late.
      for (let i = 0; i < 3_000; i++) {
        const timeUs = DAY_START_US - HOUR_US / 2 + i * SECOND_US + random.below(2_000);
        rows.push([timeUs, Math.fround(75 + random.normal()), i % 50 === 0 ? QUALITY_CODES.bad : QUALITY_CODES.good]);
      }
      const sent = rows.map((row, i) => ({ row, at: i + (i % 7 === 0 ? 2.5 : 0) })).sort((a, b) => a.at - b.at);
      for (let i = 0; i < sent.length; i += 100) {
        store.appendSamples(
          batchOf(
            tag,
            sent.slice(i, i + 100).map(({ row }) => row),
          ),
        );
        store.appendSample(other, DAY_START_US + i, i, 0);
        await store.flush();
      }
      for (const round of ['before', 'after']) {
        expect(rowsOf(await store.samples('TT-101', 0, DAY_START_US + DAY_US)), round).toEqual(rows);
        expect(rowsOf(await store.samples('TT-101', rows[10]![0], rows[20]![0])), round).toEqual(rows.slice(10, 20));
        expect(rowsOf(await store.lastSamples('TT-101', 700)), round).toEqual(rows.slice(-700));
        const limited = await store.samples('TT-101', 0, DAY_START_US + DAY_US, 1_000);
        expect(rowsOf(limited), round).toEqual(rows.slice(0, 1_000));
        expect(limited.more).toBe(true);
        expect((await store.samples('FT-104', 0, 2 * DAY_START_US)).value.length).toBe(30);
        await reopen();
      }
      expect(store.tagIndex('FT-104')).toBe(other);
      expect(store.tagIndex('new')).toBe(2);
    });

    test('a trend loses no spike, whatever the width of its buckets', async () => {
      const random = new Random(4);
      const tag = store.tagIndex('PT-7');
      const rows: [number, number][] = [];
      for (let i = 0; i < 20_000; i++)
        rows.push([DAY_START_US + i * 10 * SECOND_US, Math.round(random.normal() * 100) / 100]);
      rows[12_345] = [rows[12_345]![0], 999];
      rows[777] = [rows[777]![0], -999];
      rows[5] = [rows[5]![0], Number.NaN];
      for (let i = 0; i < rows.length; i += 500) {
        store.appendSamples(batchOf(tag, rows.slice(i, i + 500)));
        await store.flush();
      }
      for (const [fromUs, toUs, buckets] of [
        [DAY_START_US, DAY_START_US + 2 * DAY_US, 1_000],
        [DAY_START_US + 17, DAY_START_US + 3 * DAY_US - 5, 13],
        [DAY_START_US - DAY_US, DAY_START_US + 5 * DAY_US, 1],
        [DAY_START_US + HOUR_US, DAY_START_US + HOUR_US + 60 * SECOND_US, 60],
      ] as const) {
        const trend = await store.trend('PT-7', fromUs, toUs, buckets);
        expect(trend).toBeDefined();
        const width = (toUs - fromUs) / buckets;
        for (let i = 0; i < buckets; i++) {
          const inside = rows.filter(([timeUs, value]) => {
            const at = Math.floor((timeUs - fromUs) / width);
            return timeUs >= fromUs && timeUs < toUs && at === i && !Number.isNaN(value);
          });
          const values = inside.map(([, value]) => value);
          expect(trend!.count[i]).toBe(values.length);
          expect(trend!.timeUs[i]).toBeCloseTo(fromUs + i * width, 0);
          expect(trend!.min[i]).toBe(values.length === 0 ? Number.NaN : Math.min(...values));
          expect(trend!.max[i]).toBe(values.length === 0 ? Number.NaN : Math.max(...values));
          if (values.length > 0) expect(trend!.mean[i]).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 8);
        }
      }
      expect(await store.trend('unknown', 0, 1, 1)).toBeUndefined();
      expect((await store.samples('unknown', 0, 1)).value.length).toBe(0);
      await expect(store.trend('PT-7', 2, 1, 1)).rejects.toMatchObject({ code: 'BAD_USAGE' });
    });

    test('samples of numbers that are no tag, or without a time, are counted and not kept', async () => {
      store.appendSamples(batchOf(-1, [[DAY_START_US, 1]]));
      store.appendSample(store.tagIndex('A'), Number.NaN, 1, 0);
      await store.flush();
      expect(store.health()).toMatchObject({ droppedSamples: 2, samples: 0 });
    });

    test('records: put, replace, get, remove, by kind', async () => {
      store.put('incident', 'I-1', DAY_START_US + 0.5, {
        id: 'I-1',
        state: 'unacknowledged',
        big: 2n ** 60n,
        small: 5n,
      });
      store.put('asset', 'I-1', DAY_START_US, { id: 'an asset of the same name' });
      // Seen at once: a page that reloads after an action must show it.
      expect((await store.get('incident', 'I-1'))?.value).toEqual({
        id: 'I-1',
        state: 'unacknowledged',
        big: '1152921504606846976',
        small: 5,
      });
      store.put('incident', 'I-1', DAY_START_US + 7, { id: 'I-1', state: 'closed' });
      await reopen();
      expect(await store.get('incident', 'I-1')).toEqual({
        id: 'I-1',
        timeUs: DAY_START_US + 7,
        value: { id: 'I-1', state: 'closed' },
      });
      store.remove('incident', 'I-1');
      expect(await store.get('incident', 'I-1')).toBeUndefined();
      expect(await store.get('asset', 'I-1')).toBeDefined();
    });

    test('lists: time range, text, fields, order, pages', async () => {
      for (let i = 0; i < 250; i++) {
        store.put('operation', `o-${i}`, DAY_START_US + i, {
          sentence: i === 100 ? 'wrote 100 % of "FDV"_' : `wrote ${i}`,
          state: i % 2 === 0 ? 'done' : 'refused',
          devices: ['plc-1', `plc-${i % 5}`],
          subject: { device: `plc-${i % 5}` },
          informative: i % 10 === 0,
          number: i,
        });
      }
      const all = await store.list('operation');
      expect([all.total, all.rows.length, all.rows[0]?.id]).toEqual([250, 100, 'o-249']);
      const page = await store.list('operation', { order: 'oldest', offset: 240, limit: 100 });
      expect([page.total, page.rows.length, page.rows[0]?.id]).toEqual([250, 10, 'o-240']);
      const totals = async (query: Parameters<Store['list']>[1]) => (await store.list('operation', query)).total;
      expect(await totals({ fromUs: DAY_START_US + 10, toUs: DAY_START_US + 20 })).toBe(10);
      expect(await totals({ where: { state: 'done' } })).toBe(125);
      expect(await totals({ where: { state: 'done', 'subject.device': 'plc-2' } })).toBe(25);
      expect(await totals({ where: { devices: 'plc-3' } })).toBe(50);
      expect(await totals({ where: { informative: true } })).toBe(25);
      expect(await totals({ where: { number: 7 } })).toBe(1);
      expect(await totals({ search: 'WROTE 24' })).toBe(11);
      // Signs of patterns and quotes are just text; names of fields are not searched.
      for (const search of ['100 % of', '"FDV"_']) expect(await totals({ search })).toBe(1);
      for (const search of ['%%', '\\', 'sentence', "' OR 1=1 --"]) expect(await totals({ search })).toBe(0);
      await expect(store.list('operation', { where: { "x') OR 1=1 --": 1 } })).rejects.toThrow('field name');
      expect(await store.list('finding')).toEqual({ total: 0, rows: [] });
    });

    test('the audit is a chain: a changed, and a cut off entry is found', async () => {
      expect(await store.verifyAudit()).toMatchObject({ entries: 0, brokenAt: null });
      for (let i = 1; i <= 5; i++)
        store.appendAudit(DAY_START_US + i, { who: 'ada', act: 'shelve', incident: `I-${i}` });
      await reopen();
      store.appendAudit(DAY_START_US + 6, { act: 'close', who: 'ada' });
      const before = await store.verifyAudit();
      expect(before).toMatchObject({ entries: 6, brokenAt: null });
      const { total, rows } = await store.audit({ limit: 2 });
      expect(total).toBe(6);
      expect(rows[0]).toMatchObject({ position: 6, value: { who: 'ada', act: 'close' }, hash: before.head });
      expect((await store.audit({ search: 'I-3' })).rows.map(({ position }) => position)).toEqual([3]);
      await store.close();
      await under.tamper(4, '{"act":"shelve","incident":"I-4","who":"eve"}');
      store = await under.open();
      expect((await store.verifyAudit()).brokenAt).toBe(4);
      await store.close();
      await under.tamper(4, '{"act":"shelve","incident":"I-4","who":"ada"}');
      store = await under.open();
      expect(await store.verifyAudit()).toEqual(before);
      await store.close();
      await under.cutAudit();
      store = await under.open();
      expect(await store.verifyAudit()).toMatchObject({ entries: 5, brokenAt: 6 });
    });

    test('snapshots: the latest of each name, as it was when put', async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      store.putSnapshot('engine', bytes);
      bytes[0] = 99;
      await reopen();
      expect(await store.getSnapshot('engine')).toEqual(Uint8Array.of(1, 2, 3));
      store.putSnapshot('engine', new Uint8Array(3_000_000).fill(7));
      expect((await store.getSnapshot('engine'))?.length).toBe(3_000_000);
      expect(await store.getSnapshot('none')).toBeUndefined();
    });

    test('retention by age keeps what is needed: open incidents, assets, the audit, hours of removed samples', async () => {
      const tag = store.tagIndex('A');
      const nowUs = DAY_START_US + 100 * DAY_US;
      for (const day of [0, 50, 98, 99]) {
        const rows = Array.from({ length: 7_200 }, (_, i) => [DAY_START_US + day * DAY_US + i * SECOND_US, i] as const);
        store.appendSamples(batchOf(tag, rows));
        // An hour later, so that the blocks of the day are closed.
        store.appendSample(tag, DAY_START_US + day * DAY_US + 4 * HOUR_US, -1, 0);
        store.put('finding', `f-${day}`, DAY_START_US + day * DAY_US, {});
        store.put('asset', `a-${day}`, DAY_START_US + day * DAY_US, {});
        store.put('incident', `open-${day}`, DAY_START_US + day * DAY_US, { state: 'acknowledged' });
        store.put('incident', `closed-${day}`, DAY_START_US + day * DAY_US, { state: 'closed' });
        store.appendAudit(DAY_START_US + day * DAY_US, {});
        await store.flush();
      }
      const result = await store.retain({ samplesDays: 30, recordsDays: 60, bytesMax: 1e12 }, nowUs);
      expect(result).toMatchObject({ daysRemoved: 2, recordsRemoved: 2 });
      expect((await store.samples('A', 0, DAY_START_US + 90 * DAY_US)).value.length).toBe(0);
      expect((await store.samples('A', DAY_START_US + 90 * DAY_US, nowUs)).value.length).toBe(14_402);
      // Day 50 lies within the 60 days of records: its hours stand in the trend though its samples are gone.
      const trend = await store.trend('A', DAY_START_US + 50 * DAY_US, DAY_START_US + 51 * DAY_US, 24);
      expect([...trend!.count.subarray(0, 5)]).toEqual([3_600, 3_600, 0, 0, 1]);
      expect([trend!.min[1], trend!.max[1], trend!.mean[1]]).toEqual([3_600, 7_199, 5_399.5]);
      expect((await store.list('incident')).total).toBe(7);
      expect((await store.list('finding')).total).toBe(3);
      expect((await store.list('asset')).total).toBe(4);
      expect((await store.verifyAudit()).entries).toBe(4);
    });

    test('retention by size removes the oldest days and never the newest', async () => {
      const tag = store.tagIndex('A');
      for (let day = 0; day < 4; day++) {
        for (let i = 0; i < 1_000; i++)
          store.appendSample(tag, DAY_START_US + day * DAY_US + i * SECOND_US, Math.sin(i), 0);
        store.appendSample(tag, DAY_START_US + day * DAY_US + 2 * HOUR_US, 0, 0);
        await store.flush();
      }
      const before = await store.retain({ samplesDays: 1_000, recordsDays: 1_000, bytesMax: 1e12 }, DAY_START_US);
      expect(before.daysRemoved).toBe(0);
      const one = await store.retain(
        { samplesDays: 1_000, recordsDays: 1_000, bytesMax: before.bytes - 1 },
        DAY_START_US,
      );
      expect(one.daysRemoved).toBe(1);
      expect(one.bytes).toBeLessThan(before.bytes);
      const most = await store.retain({ samplesDays: 1_000, recordsDays: 1_000, bytesMax: 0 }, DAY_START_US);
      expect(most.daysRemoved).toBe(2);
      expect((await store.samples('A', DAY_START_US + 3 * DAY_US, DAY_START_US + 4 * DAY_US)).value.length).toBe(1_001);
    });

    test('what is more than can wait is dropped, the oldest first, and counted', async () => {
      const tag = store.tagIndex('A');
      // All in one turn: nothing can be written meanwhile.
      for (let i = 0; i < 1_500_000; i++) store.appendSample(tag, DAY_START_US + i, i, 0);
      const { waitingSamples, droppedSamples } = store.health();
      expect(droppedSamples).toBeGreaterThan(0);
      expect(waitingSamples + droppedSamples).toBe(1_500_000);
      await store.flush();
      expect((await store.lastSamples('A', 1)).value[0]).toBe(1_499_999);
      expect(store.health()).toMatchObject({ waitingSamples: 0, samples: 1_500_000 - droppedSamples });
    });
  });
}

storeContract('embedded', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firedoor-store-'));
  const onDisk = async (sql: string, ...values: (string | number)[]): Promise<void> => {
    const database = new DatabaseSync(join(folder, 'firedoor.db'));
    database.prepare(sql).run(...values);
    database.close();
  };
  return {
    open: () => openEmbeddedStore({ folder }),
    clean: async () => rmSync(folder, { recursive: true }),
    tamper: (position, json) => onDisk('UPDATE audit SET json = ? WHERE position = ?', json, position),
    cutAudit: () => onDisk('DELETE FROM audit WHERE position = (SELECT max(position) FROM audit)'),
  };
});
