import { expect, it } from 'vitest';
import { describeKept } from './system-of-record.ts';

const keep = (id: string, atMs: number) => ({ reference: `order-${id}`, intakeId: id, atMs });

it('tells how many orders were kept, and how long the slowest waited until it was decided about', () => {
  const intakes = [
    { id: 'a', outcome: 'stored', recordedAtMs: 4_000 },
    { id: 'b', outcome: 'refused', recordedAtMs: 9_500 },
    { id: 'of another fault', outcome: 'stored', recordedAtMs: 90_000 },
  ] as const;
  const kept = [keep('a', 1_000), keep('b', 2_000), keep('undecided', 3_000)];
  expect(describeKept(kept, { intakes })).toEqual({ count: 3, refused: 1, slowestSeconds: 7.5 });
});

it('takes an order that was decided about before its client heard of it as one that did not wait', () => {
  const intakes = [{ id: 'a', outcome: 'stored', recordedAtMs: 990 }] as const;
  expect(describeKept([keep('a', 1_000)], { intakes }).slowestSeconds).toBe(0);
});

it('knows no slowest where none was decided about', () => {
  expect(describeKept([keep('a', 1_000)], { intakes: [] })).toEqual({
    count: 1,
    refused: 0,
    slowestSeconds: null,
  });
  expect(describeKept([], { intakes: [] })).toEqual({ count: 0, refused: 0, slowestSeconds: null });
});
