import { createFakeClock } from '@nines/testing';
import { expect, it } from 'vitest';
import { createPendingWork } from '../../src/function/pending-work.ts';
import { timingOf } from '../test-shop.ts';

function create() {
  const clock = createFakeClock();
  const { schedule } = timingOf(clock);
  return { clock, pending: createPendingWork(schedule === undefined ? {} : { schedule }) };
}

it('is settled at once when there is none', async () => {
  await expect(create().pending.settled(0)).resolves.toBeUndefined();
});

it('gives its outcome to whoever began it', async () => {
  const { pending } = create();
  expect(await pending.track(Promise.resolve(7))).toBe(7);
  await expect(pending.track(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
});

it('is settled when all of it has ended, well or not, and what it began as well', async () => {
  const { pending } = create();
  const [first, second] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  pending.track(first.promise).catch(() => pending.track(second.promise));
  let settled = false;
  const done = pending.settled(1_000).then(() => (settled = true));
  first.reject(new Error('failed'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  second.resolve(undefined);
  await done;
  expect(settled).toBe(true);
});

it('is waited for no longer than the limit, and leaves no timer behind', async () => {
  const { clock, pending } = create();
  const never = Promise.withResolvers<undefined>();
  void pending.track(never.promise);
  let settled = false;
  const done = pending.settled(150).then(() => (settled = true));
  await clock.advance(149);
  expect(settled).toBe(false);
  await clock.advance(1);
  await done;
  never.resolve(undefined);
  await pending.settled(150);
  expect(clock.pendingTimers()).toBe(0);
});
