import { createFakeClock } from '@nines/testing';
import { expect, it } from 'vitest';
import { createPeriodicWork } from '../src/periodic-work.ts';
import { timingOf } from './test-shop.ts';

function setUp(run: () => Promise<boolean>) {
  const clock = createFakeClock();
  const errors: unknown[] = [];
  const work = createPeriodicWork({
    run,
    intervalMs: 500,
    onError: (error) => errors.push(error),
    setTimer: timingOf(clock).schedule ?? (() => () => undefined),
  });
  return { clock, errors, work };
}

it('begins at once and then waits its interval between rounds', async () => {
  let rounds = 0;
  const { clock, work } = setUp(() => Promise.resolve((rounds += 1) < 0));
  work.start();
  await clock.advance(0);
  expect(rounds).toBe(1);
  await clock.advance(1_000);
  expect(rounds).toBe(3);
  await work.stop();
});

it('goes on at once while there is more to do', async () => {
  let left = 4;
  const { clock, work } = setUp(() => Promise.resolve((left -= 1) > 0));
  work.start();
  await clock.advance(0);
  expect(left).toBe(0);
  await work.stop();
});

it('reports a failed round and tries again after its interval', async () => {
  let rounds = 0;
  const { clock, errors, work } = setUp(() => Promise.reject(new Error(String((rounds += 1)))));
  work.start();
  await clock.advance(500);
  expect(errors).toEqual([new Error('1'), new Error('2')]);
  await work.stop();
});

it('waits for the round under way when it is stopped, and begins no other', async () => {
  let finish: (more: boolean) => void = () => undefined;
  let rounds = 0;
  const { clock, work } = setUp(() => {
    rounds += 1;
    return new Promise((resolve) => (finish = resolve));
  });
  work.start();
  let stopped = false;
  const stopping = work.stop().then(() => (stopped = true));
  await clock.advance(10_000);
  expect(stopped).toBe(false);
  finish(true);
  await stopping;
  await clock.advance(10_000);
  expect(rounds).toBe(1);
  expect(clock.pendingTimers()).toBe(0);
});
