import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { calibrate, calibrationStages, isSaturated } from './calibration.ts';
import type { LoadGenerator, LoadStage } from './load-generator.ts';
import { LoadGeneratorFailedError } from './load-generator.ts';
import type { Outcome } from './measures.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import type { RequestCounts } from './result.ts';

const second = (good: number, bad = 0, shed = 0, dropped = 0): RequestCounts => ({
  good,
  bad,
  shed,
  dropped,
});
const times = (count: number, one: RequestCounts) => Array.from({ length: count }, () => one);

describe('saturation', () => {
  it('is a window of four seconds in which less than three quarters were good', () => {
    expect(isSaturated(times(4, second(74, 26)))).toBe(true);
    expect(isSaturated(times(4, second(75, 25)))).toBe(false);
  });

  it('is not seen before there is a whole window', () => {
    expect(isSaturated(times(3, second(0, 100)))).toBe(false);
  });

  it('is seen in the last window alone', () => {
    expect(isSaturated([...times(20, second(0, 100)), ...times(4, second(100))])).toBe(false);
    expect(isSaturated([...times(20, second(100)), ...times(4, second(0, 100))])).toBe(true);
  });

  it('counts what was shed and dropped as offered', () => {
    expect(isSaturated(times(4, second(50, 0, 50)))).toBe(true);
    expect(isSaturated(times(4, second(50, 0, 0, 50)))).toBe(true);
  });

  it('is not silence', () => {
    expect(isSaturated(times(4, second(0)))).toBe(false);
  });
});

/** A load generator that a test lets end. */
class FakeGenerator implements LoadGenerator {
  readonly started: Promise<void> = Promise.resolve();
  readonly ended: Promise<void>;
  stops = 0;
  #end: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.ended.catch(() => undefined);
  }
  finish(): void {
    this.#end();
  }
  crash(error: Error): void {
    this.#fail(error);
  }
  stop(): Promise<void> {
    this.stops += 1;
    this.#end();
    return Promise.resolve();
  }
}

it('rises in a straight line from the first rate of its ramp to the last', () => {
  expect(calibrationStages({ firstRate: 6, lastRate: 86, seconds: 40 })).toEqual([
    { target: 6, duration: '0s' },
    { target: 86, duration: '40s' },
  ]);
});

describe('calibration', () => {
  let fake: FakeClock;
  let recorder: Recorder;
  let generator: FakeGenerator;
  let stages: readonly LoadStage[] | undefined;
  let interruption: AbortController;
  let capacity: Promise<number>;

  beforeEach(async () => {
    fake = createFakeClock({ startMs: 1_000_000 });
    const clock = {
      now: fake.now,
      epochNow: fake.now,
      sleep: (ms: number, signal?: AbortSignal) => fake.sleep(ms, signal).catch(() => undefined),
    };
    recorder = createRecorder(clock.epochNow);
    generator = new FakeGenerator();
    interruption = new AbortController();
    capacity = calibrate({
      start: (given) => {
        stages = given;
        return generator;
      },
      recorder,
      clock,
      signal: interruption.signal,
    });
    capacity.catch(() => undefined);
    await fake.advance(0);
  });

  /** Lets a second pass in which so many requests were offered and so many of them were good. */
  async function pass(offered: number, good: number, durationMs = 0): Promise<void> {
    for (let index = 0; index < offered; index += 1) {
      const outcome: Outcome = index < good ? 'good' : 'bad';
      const cause = outcome === 'good' ? {} : { cause: 'browse: timeout' };
      recorder.request({
        startedAtMs: fake.now() + (index * 1000) / offered,
        durationMs,
        route: 'browse',
        outcome,
        stale: false,
        ...cause,
      });
    }
    await fake.advance(1000);
  }

  it('ramps until goodput no longer follows, and finds the best four seconds', async () => {
    for (let rate = 20; generator.stops === 0 && rate <= 820; rate += 20)
      await pass(rate, Math.min(rate, 200));
    expect(await capacity).toBe(200);
    expect(generator.stops).toBe(1);
    expect(stages).toEqual([
      { target: 20, duration: '0s' },
      { target: 820, duration: '40s' },
    ]);
    // It took 280 offered for 200 good to be too few; the whole ramp would have been 41 s.
    expect(fake.now() - 1_000_000).toBeLessThan(25_000);
  });

  it('counts what was answered, not what was let into a queue', async () => {
    // Each second's users wait a quarter of a second longer than those before: 100 come, and of any four seconds
    // the fullest sees 75 + 75 + 75 + 100 answers.
    for (let waited = 0; waited < 8; waited += 1) await pass(100, 100, waited * 250);
    generator.finish();
    await fake.advance(1000);
    expect(await capacity).toBe(81.25);
  });

  it('takes the whole ramp for a topology that bears all of it', async () => {
    for (let count = 0; count < 10; count += 1) await pass(100, 100);
    generator.finish();
    await fake.advance(1000);
    expect(await capacity).toBe(100);
  });

  it('does not believe a ramp that broke off', async () => {
    for (let count = 0; count < 10; count += 1) await pass(100, 100);
    generator.crash(new LoadGeneratorFailedError('k6 ended with exit code 107'));
    await fake.advance(1000);
    await expect(capacity).rejects.toThrow(LoadGeneratorFailedError);
  });

  it('refuses to measure what serves next to nobody, and says what went wrong', async () => {
    // Seen 7 s in, when the first four seconds have been reported whole: 7 x 11 bad ones.
    for (let count = 0; count < 10; count += 1) await pass(20, 9);
    await expect(capacity).rejects.toMatchObject({
      code: 'calibration-failed',
      message:
        'the topology served 9.0 good requests/s at best, too few to measure anything. ' +
        'What went wrong: browse: timeout (77 times).',
    });
  });

  it('stops the load when it is interrupted', async () => {
    for (let count = 0; count < 5; count += 1) await pass(100, 100);
    interruption.abort();
    await capacity;
    expect(generator.stops).toBe(1);
  });
});
