import { expect, test } from 'vitest';
import type { PlacedOrder } from '../order-ring.ts';
import {
  findDifference,
  findIntakeDifference,
  type KeptAnswer,
  type OrderAnswer,
  isGone,
} from './order-answer.ts';

const ANSWER: OrderAnswer = {
  id: '1',
  reference: 'order-a',
  totalCents: 700,
  createdAt: '2026-01-01T00:00:00Z',
  items: [
    { quantity: 2, priceCents: 300 },
    { quantity: 1, priceCents: 100 },
  ],
};
const unanswered: PlacedOrder = { reference: 'order-a', idempotencyKey: 'key-a', body: '{}' };
const answered: PlacedOrder = {
  ...unanswered,
  acknowledged: { id: '1', totalCents: 700, createdAt: '2026-01-01T00:00:00Z' },
};

test.each<[string, PlacedOrder, Partial<OrderAnswer>, string | undefined]>([
  ['a first answer', unanswered, {}, undefined],
  ['the same answer again', answered, {}, undefined],
  ["another order's answer", unanswered, { reference: 'order-b' }, 'reference order-b instead of order-a'],
  ['a wrong sum', unanswered, { totalCents: 701 }, 'a total of 701 for items of 700'],
  ['another id', answered, { id: '2' }, 'order 2 instead of 1'],
  [
    'another time',
    answered,
    { createdAt: '2026-01-02T00:00:00Z' },
    'created at 2026-01-02T00:00:00Z instead of 2026-01-01T00:00:00Z',
  ],
  [
    'another total',
    answered,
    { totalCents: 300, items: [{ quantity: 1, priceCents: 300 }] },
    'a total of 300 instead of 700',
  ],
])('%s', (_, placed, changes, difference) => {
  expect(findDifference(placed, { ...ANSWER, ...changes })).toBe(difference);
});
const kept: PlacedOrder = { ...unanswered, intakeId: 'i' };

test.each<[string, PlacedOrder, Partial<KeptAnswer>, string | undefined]>([
  ['an order is kept', unanswered, {}, undefined],
  ['it is still kept', kept, {}, undefined],
  ["another order's intake", unanswered, { reference: 'order-b' }, 'reference order-b instead of order-a'],
  ['another intake', kept, { id: 'j' }, 'intake j instead of i'],
])('%s', (_, placed, changes, difference) => {
  expect(findIntakeDifference(placed, { id: 'i', reference: 'order-a', ...changes })).toBe(difference);
});

test('an order is gone once its answer is 404 or another order, and not while it only fails', () => {
  const bad = (reason: 'status' | 'different' | 'timeout') =>
    ({ outcome: 'bad', reason, detail: '' }) as const;
  expect(isGone(bad('status'), 404)).toBe(true);
  expect(isGone(bad('different'), 200)).toBe(true);
  expect(isGone(bad('status'), 503)).toBe(false);
  expect(isGone(bad('timeout'), 0)).toBe(false);
  expect(isGone({ outcome: 'shed', detail: '' }, 503)).toBe(false);
  expect(isGone({ outcome: 'good', body: {} }, 200)).toBe(false);
});
