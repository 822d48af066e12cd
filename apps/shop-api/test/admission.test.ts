import { createFakeClock, type FakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import type { Admission, Leave } from '../src/core/admission.ts';
import { createAdmission } from '../src/resilience/policies.ts';
import { createCountingMetrics } from './stand-ins.ts';
import { timingOf } from './test-shop.ts';

let clock: FakeClock;
let metrics: ReturnType<typeof createCountingMetrics>;

beforeEach(() => {
  clock = createFakeClock();
  metrics = createCountingMetrics();
});

const create = (ratedRps: number) => createAdmission({ ratedRps, metrics, timing: timingOf(clock) });

interface Offer {
  readonly perSecond: number;
  readonly seconds: number;
  /** How long an admitted request stays. */
  readonly stayMs: number;
}

/** Offers reads at a steady rate and gives how many got in. */
async function offer(admission: Admission, { perSecond, seconds, stayMs }: Offer) {
  let admitted = 0;
  const stay = async (entry: Leave | undefined) => {
    if (entry === undefined) return;
    admitted += 1;
    await clock.sleep(stayMs);
    entry();
  };
  for (let n = 0; n < perSecond * seconds; n++) {
    void Promise.resolve(admission.enter('GET', clock.now() + 1_000)).then(stay);
    await clock.advance(1_000 / perSecond);
  }
  return admitted;
}

it('admits everything below the rated rate', async () => {
  expect(await offer(create(200), { perSecond: 200, seconds: 2, stayMs: 5 })).toBe(400);
  expect(metrics.counts.size).toBe(0);
});

it('admits the rated rate, and a burst of a tenth of it, under three times as much', async () => {
  const admitted = await offer(create(200), { perSecond: 600, seconds: 5, stayMs: 5 });
  expect(admitted).toBeGreaterThanOrEqual(1_000);
  expect(admitted).toBeLessThanOrEqual(1_020);
});

it('smooths a burst by letting its end wait for four hundred milliseconds at most', async () => {
  const admission = create(100);
  const entries = Array.from({ length: 60 }, () => admission.enter('GET', 1_000));
  // Ten at once, forty more within 400 ms at 100 a second, the rest not at all.
  expect(entries.filter((entry) => typeof entry === 'function')).toHaveLength(10);
  expect(entries.filter((entry) => entry instanceof Promise)).toHaveLength(40);
  expect(entries.filter((entry) => entry === undefined)).toHaveLength(10);
  await clock.advance(400);
  const waited = await Promise.all(entries.filter((entry) => entry instanceof Promise));
  expect(waited.every((entry) => typeof entry === 'function')).toBe(true);
  expect(metrics.counts).toEqual(new Map([['shed rate', 10]]));
});

it('refuses at once when the wait would be longer than the client has time', async () => {
  const admission = create(100);
  for (let n = 0; n < 10; n++) admission.enter('GET', 1_000);
  expect(await admission.enter('GET', 5)).toBeUndefined();
});

it('lets reads in while as many orders as may be are waiting for their payment', async () => {
  const admission = create(100_000);
  const orders = Array.from({ length: 150 }, () => admission.enter('POST', 1_000));
  expect(orders.filter((entry) => entry !== undefined)).toHaveLength(100);
  expect(metrics.counts).toEqual(new Map([['shed concurrency', 50]]));
  expect(admission.enter('GET', 1_000)).toBeTypeOf('function');
});

it('never lets fewer than 32 reads in at once, however slow they have been', async () => {
  const admission = create(100_000);
  await offer(admission, { perSecond: 1_000, seconds: 1, stayMs: 1 });
  await offer(admission, { perSecond: 1_000, seconds: 10, stayMs: 200 });
  await clock.advance(1_000);
  const entries = Array.from({ length: 60 }, () => admission.enter('GET', clock.now() + 1_000));
  expect(entries.filter((entry) => entry !== undefined).length).toBeGreaterThanOrEqual(32);
});

it('counts a place as free again when its request has left', async () => {
  const admission = create(100_000);
  for (let n = 0; n < 500; n++) {
    const leave = admission.enter('POST', 1_000);
    expect(leave).toBeTypeOf('function');
    (leave as Leave)();
  }
});
