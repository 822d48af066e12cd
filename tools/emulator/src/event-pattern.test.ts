import { describe, expect, it } from 'vitest';
import { readEventPattern } from './event-pattern.ts';

const NEW_ORDERS = { eventName: ['INSERT'], dynamodb: { Keys: { pk: { S: [{ prefix: 'orders#' }] } } } };
const record = (eventName: string, pk: unknown) => ({
  eventName,
  dynamodb: { Keys: { pk, sk: { S: 'x' } } },
});

describe('a pattern', () => {
  it.each([
    [record('INSERT', { S: 'orders#1' }), true],
    [record('MODIFY', { S: 'orders#1' }), false],
    [record('INSERT', { S: 'key#orders#1' }), false],
    [record('INSERT', { N: 'orders#1' }), false],
    [record('INSERT', null), false],
    [{ eventName: 'INSERT' }, false],
    [null, false],
  ])('of new orders, for %j: %s', (event, fits) => {
    expect(readEventPattern(NEW_ORDERS)(event)).toBe(fits);
  });

  it('takes any of the alternatives of a field', () => {
    const fits = readEventPattern({ a: ['x', 1, { prefix: 'y' }, null] });
    expect(['x', 1, 'yes', null].map((a) => fits({ a }))).toEqual([true, true, true, true]);
    expect(['z', 2, true].map((a) => fits({ a }))).toEqual([false, false, false]);
  });

  it.each([
    [{ a: [{ suffix: 'x' }] }],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }],
    [{ a: 'x' }],
    [{ a: [{ prefix: 1 }] }],
  ])('that is not understood is refused: %j', (pattern) => {
    expect(() => readEventPattern(pattern)).toThrow(expect.objectContaining({ code: 'pattern-not-known' }));
  });
});
