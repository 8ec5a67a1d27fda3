import { describe, expect, it } from 'vitest';
import { ManualClock, RunningClock } from './clock.ts';

describe('RunningClock', () => {
  it('runs as fast as it is told', () => {
    const wallOriginMs = performance.timeOrigin + performance.now();
    const clock = new RunningClock(1_000, 5_000_000, wallOriginMs - 100);
    // 100 ms ago at 1,000 times: at least 100 plant seconds have passed.
    expect(clock.nowUs()).toBeGreaterThanOrEqual(5_000_000 + 100e6);
    expect(clock.speed).toBe(1_000);
  });

  it('changes speed without a jump, and others follow to the same time', async () => {
    const first = new RunningClock(100);
    const second = new RunningClock(first.setting.speed, first.setting.originUs, first.setting.wallOriginMs);
    const setting = first.changeSpeed(1);
    second.follow(setting);
    const before = first.nowUs();
    expect(first.speed).toBe(100);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const after = first.nowUs();
    expect(first.speed).toBe(1);
    // 250 ms at a hundred times, the rest in real time: nothing else may have been added.
    expect(after - before).toBeGreaterThan(20e6);
    expect(after).toBeGreaterThanOrEqual(setting.originUs);
    expect(Math.abs(second.nowUs() - first.nowUs())).toBeLessThan(50_000);
  });
});

describe('ManualClock', () => {
  it('never goes back', () => {
    const clock = new ManualClock(10);
    clock.advanceTo(20);
    clock.advanceTo(15);
    expect(clock.nowUs()).toBe(20);
  });
});
