import { fileURLToPath } from 'node:url';
import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { createGuardian } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { K6SampleInvalidError } from './k6-samples.ts';
import { LoadGeneratorFailedError, startLoad } from './load-generator.ts';
import type { LoadGenerator, LoadOptions } from './load-generator.ts';
import type { RequestSample } from './measures.ts';

const FAKE_K6 = fileURLToPath(new URL('../test/fake-k6.mjs', import.meta.url));
/** The time of every line that the stand-in writes. */
const ENDED_AT_MS = Date.UTC(2026, 10, 21, 9, 30, 25, 500);

let guardian: Guardian;
let directory: string;
let clock: FakeClock;
let requests: RequestSample[];
let orders: Parameters<LoadOptions['onOrder']>[0][];
let kept: { reference: string; atMs: number }[];

beforeEach(async () => {
  guardian = createGuardian();
  directory = await guardian.makeDirectory('nines-load-test-');
  clock = createFakeClock();
  requests = [];
  orders = [];
  kept = [];
});
afterEach(async () => {
  await guardian.close();
});

function start(scenario: string, k6 = FAKE_K6): LoadGenerator {
  return startLoad({
    name: 'steady-1',
    k6,
    script: scenario,
    baseUrl: 'http://127.0.0.1:8080',
    stages: [{ target: 100, duration: '10s' }],
    maxVirtualUsers: 250,
    guardian,
    clock: {
      now: clock.now,
      epochNow: clock.now,
      sleep: (ms, signal) => clock.sleep(ms, signal).catch(() => undefined),
    },
    workingDirectory: directory,
    onRequest: (sample) => requests.push(sample),
    onOrder: (order) => orders.push(order),
    onKept: (order) => kept.push(order),
  });
}

describe('a running generator', () => {
  it('hands on each request from when it began, drops one by one, and acknowledged orders', async () => {
    const generator = start('steady');
    await generator.started;
    await expect.poll(() => requests.length).toBe(6);
    expect(requests).toEqual([
      { startedAtMs: ENDED_AT_MS - 500, durationMs: 500, route: 'order', outcome: 'good', stale: false },
      { startedAtMs: ENDED_AT_MS - 20, durationMs: 20, route: 'product', outcome: 'good', stale: true },
      {
        startedAtMs: ENDED_AT_MS - 2000,
        durationMs: 2000,
        route: 'order',
        outcome: 'bad',
        stale: false,
        cause: 'order: timeout request timeout',
      },
      {
        startedAtMs: ENDED_AT_MS - 30,
        durationMs: 30,
        route: 'read-back',
        outcome: 'bad',
        stale: false,
        cause: 'read-back: status 404 not-found',
      },
      { startedAtMs: ENDED_AT_MS, durationMs: 0, route: 'any', outcome: 'dropped', stale: false },
      { startedAtMs: ENDED_AT_MS, durationMs: 0, route: 'any', outcome: 'dropped', stale: false },
    ]);
    // A request that was not good acknowledges nothing, even where it names an order.
    expect(orders).toEqual([{ reference: 'reference-1', orderId: 'order-1', atMs: ENDED_AT_MS }]);
    await generator.stop();
  });

  it('tells an order that is kept for later from one that is stored', async () => {
    const generator = start('kept');
    await generator.ended;
    expect(kept).toEqual([{ reference: 'reference-1', intakeId: 'intake-1', atMs: ENDED_AT_MS }]);
    expect(orders).toEqual([{ reference: 'reference-1', orderId: '1', atMs: ENDED_AT_MS }]);
  });

  it('is stopped by an interrupt, after its last lines, and that is no failure', async () => {
    const generator = start('steady');
    await generator.started;
    await generator.stop();
    await generator.ended;
    expect(requests.at(-1)).toMatchObject({ route: 'browse', outcome: 'good' });
    expect(clock.pendingTimers()).toBe(0);
  });

  it('is killed when it does not obey the interrupt in time', async () => {
    const generator = start('stubborn');
    await generator.started;
    let stopped = false;
    const stopping = generator.stop().then(() => {
      stopped = true;
    });
    await clock.advance(4_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await stopping;
    // Ended as it was told to, if not at the first word: no failure of the run.
    await generator.ended;
  });

  it('may be stopped again, and after it has ended', async () => {
    const generator = start('configuration');
    await generator.ended;
    await generator.stop();
    await generator.stop();
  });

  it('tells k6 where, how much and for how long, and keeps the rest of the user’s environment away', async () => {
    await start('configuration').ended;
    const { args, env } = JSON.parse(orders[0]!.reference) as {
      args: string[];
      env: Record<string, string>;
    };
    expect([args[0], args.at(-1)]).toEqual(['run', 'configuration']);
    expect(args.join(' ')).toContain('--out json=-');
    expect(env).toMatchObject({
      BASE_URL: 'http://127.0.0.1:8080',
      WORKLOAD: 'timeline',
      TIMELINE: '[{"target":100,"duration":"10s"}]',
      TIMEOUT_MS: '2000',
      MAX_VUS: '250',
      RUN_ID: 'steady-1',
      HOME: directory,
    });
    expect(env).not.toHaveProperty('VITEST');
  });
});

describe('a generator that fails', () => {
  const failureOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error as Error,
    );

  it('says with which exit code and what k6 wrote about it', async () => {
    const generator = start('crash');
    await generator.started;
    const error = await failureOf(generator.ended);
    expect(error).toBeInstanceOf(LoadGeneratorFailedError);
    expect(error?.message).toBe('k6 ended with exit code 107:\nGoError: the script is broken\n');
  });

  it('fails its start too when it ends before the first request', async () => {
    const error = await failureOf(start('crash-at-once').started);
    expect(error).toBeInstanceOf(LoadGeneratorFailedError);
    expect(error?.message).toContain('exit code 255:\ninvalid argument');
  });

  it('fails its start when it ends well and without a single request', async () => {
    const generator = start('no-request');
    expect(await failureOf(generator.started)).toBeInstanceOf(LoadGeneratorFailedError);
    expect(await failureOf(generator.ended)).toBeUndefined();
  });

  it('fails its start and its end when there is no such program', async () => {
    const generator = start('steady', '/no/such/k6');
    const error = await failureOf(generator.started);
    expect(error).toBeInstanceOf(LoadGeneratorFailedError);
    expect(error?.message).toBe('k6 could not be started: spawn /no/such/k6 ENOENT');
    expect(await failureOf(generator.ended)).toBe(error);
    await generator.stop();
  });

  it('is ended when it writes a sample that cannot be read', async () => {
    const generator = start('unreadable');
    expect(await failureOf(generator.ended)).toBeInstanceOf(K6SampleInvalidError);
    expect(await failureOf(generator.started)).toBeInstanceOf(K6SampleInvalidError);
    await generator.stop();
  });
});
