import { createFakeClock } from '@nines/testing';
import { expect, it } from 'vitest';
import { createRecentOrders } from '../src/core/recent-orders.ts';
import { order } from './storage-contract.ts';

it('forgets the order that was not seen for the longest time when it is full', () => {
  const recent = createRecentOrders({ capacity: 2, clock: createFakeClock() });
  const [first, second, third] = [order(1, {}), order(2, {}), order(3, {})];
  recent.remember(first);
  recent.remember(second);
  recent.remember(first);
  recent.remember(third);
  expect(recent.get(second.id)).toBeUndefined();
  expect(recent.get(first.id)?.order).toEqual(first);
  expect(recent.get(third.id)?.order).toEqual(third);
});

it('keeps the newest of a list that is longer than its capacity', () => {
  const recent = createRecentOrders({ capacity: 2, clock: createFakeClock() });
  const [first, second, third] = [order(1, {}), order(2, {}), order(3, {})];
  recent.replaceNewest([third, second, first]);
  expect(recent.get(first.id)).toBeUndefined();
  expect(recent.get(third.id)?.order).toEqual(third);
});

it('knows how old its knowledge of an order is, and shows its latest state', async () => {
  const clock = createFakeClock();
  const recent = createRecentOrders({ clock });
  const placed = order(1, {});
  recent.remember(placed);
  await clock.advance(500);
  recent.replaceNewest([{ ...placed, status: 'paid' }]);
  await clock.advance(300);
  expect(recent.get(placed.id)).toEqual({ order: { ...placed, status: 'paid' }, ageMs: 300 });
});

it('has no list before the first was taken', () => {
  const recent = createRecentOrders({ clock: createFakeClock() });
  recent.remember(order(1, {}));
  expect(recent.list({ limit: 10 })).toBeUndefined();
});
