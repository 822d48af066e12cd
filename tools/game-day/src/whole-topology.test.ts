import { createPace } from '@nines/local-cloud';
import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import { awaitWholeTopology } from './whole-topology.ts';

type Cloud = Parameters<typeof awaitWholeTopology>[0];

const INSTANCES = [{ id: 'i-1', lastOutput: 'cannot connect' }] as unknown as Cloud['instances'];
const WHOLE: Cloud = { instances: INSTANCES, settle: () => Promise.resolve() };
/** Gives up when it is told to, and only then. */
const NEVER_WHOLE: Cloud = {
  instances: INSTANCES,
  settle: (signal) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        resolve();
      });
    }),
};

let fake: FakeClock;
let interruption: AbortController;

beforeEach(() => {
  fake = createFakeClock();
  interruption = new AbortController();
});

const awaitWhole = (cloud: Cloud) =>
  awaitWholeTopology(cloud, {
    clock: {
      now: fake.now,
      epochNow: fake.now,
      sleep: (ms, signal) => fake.sleep(ms, signal).catch(() => undefined),
    },
    pace: createPace('full'),
    signal: interruption.signal,
  });

it('ends when the topology is whole, and waits for nothing more', async () => {
  await awaitWhole(WHOLE);
  expect(fake.pendingTimers()).toBe(0);
});

it("fails after AWS's time and the machine's, with what the instances said last", async () => {
  let error: unknown;
  void awaitWhole(NEVER_WHOLE).catch((caught: unknown) => {
    error = caught;
  });
  await fake.advance(459_999);
  expect(error).toBeUndefined();
  await fake.advance(1);
  expect(error).toMatchObject({
    code: 'topology-not-whole',
    message: expect.stringContaining('within 460 s') as string,
  });
  expect(error).toMatchObject({ message: expect.stringContaining('\ni-1: cannot connect') as string });
});

it('leaves it to its caller to say that the run was interrupted', async () => {
  const waiting = awaitWhole(NEVER_WHOLE);
  interruption.abort();
  await expect(waiting).resolves.toBeUndefined();
});
