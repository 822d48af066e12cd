import { describe, expect, test } from 'vitest';
import { createOrderRing, type PlacedOrder } from './order-ring.ts';

const first = () => 0;
const last = () => 0.99;

function orderNamed(reference: string, id?: string): PlacedOrder {
  const order = { reference, idempotencyKey: `key-${reference}`, body: '{}' };
  return id === undefined ? order : { ...order, acknowledged: { id, totalCents: 1, createdAt: 'now' } };
}

describe('an order to read back', () => {
  test('is an acknowledged one', () => {
    const ring = createOrderRing([orderNamed('a'), orderNamed('b', '1'), orderNamed('c')]);
    expect(ring.pickAcknowledged(first)?.reference).toBe('b');
    expect(ring.pickAcknowledged(last)?.reference).toBe('b');
  });

  test('does not exist before any was acknowledged', () => {
    const ring = createOrderRing();
    ring.add(orderNamed('a'));
    expect(ring.pickAcknowledged(first)).toBeUndefined();
  });

  test('appears once an order in the ring is acknowledged', () => {
    const ring = createOrderRing();
    const order = orderNamed('a');
    ring.add(order);
    order.acknowledged = { id: '1', totalCents: 1, createdAt: 'now' };
    expect(ring.pickAcknowledged(first)).toBe(order);
  });
});

describe('an order to replay', () => {
  test('is the oldest one without an answer, before any other', () => {
    const ring = createOrderRing([orderNamed('a', '1'), orderNamed('b'), orderNamed('c')]);
    expect(ring.pickForReplay(last)?.reference).toBe('b');
  });

  test('is any one when all are answered', () => {
    const ring = createOrderRing([orderNamed('a', '1'), orderNamed('b', '2')]);
    expect(ring.pickForReplay(first)?.reference).toBe('a');
    expect(ring.pickForReplay(last)?.reference).toBe('b');
  });

  test('does not exist in an empty ring', () => {
    expect(createOrderRing().pickForReplay(first)).toBeUndefined();
  });
});

test('the oldest order goes when the ring is full, and the orders given first are left alone', () => {
  const given = [orderNamed('a', '1'), orderNamed('b', '2'), orderNamed('c', '3')];
  const ring = createOrderRing(given, 2);
  expect(ring.pickForReplay(first)?.reference).toBe('b');
  ring.add(orderNamed('d', '4'));
  expect(ring.pickForReplay(first)?.reference).toBe('c');
  expect(ring.pickForReplay(last)?.reference).toBe('d');
  expect(given).toHaveLength(3);
});

test('an order that is forgotten is neither read back nor replayed, and no other goes with it', () => {
  const [a, b] = [orderNamed('a', '1'), orderNamed('b', '2')];
  const ring = createOrderRing([a, b]);
  ring.forget(a);
  ring.forget(a);
  ring.forget(orderNamed('b', '2'));
  expect(ring.pickAcknowledged(first)).toBe(b);
  expect(ring.pickForReplay(first)).toBe(b);
  ring.forget(b);
  expect(ring.pickForReplay(first)).toBeUndefined();
});
