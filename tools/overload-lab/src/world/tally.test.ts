import { expect, it } from 'vitest';
import { createTally, sumOf } from './tally.ts';

it('credits an answer to the second in which its request came, and an attempt to the one in which it was made', () => {
  const tally = createTally();
  tally.came(999);
  tally.came(1000);
  tally.attempted(2500);
  tally.ended(999, 'good');
  tally.ended(1000, 'shed');
  expect(tally.seconds).toEqual([
    { offered: 1, good: 1, shed: 0, failed: 0, attempts: 0 },
    { offered: 1, good: 0, shed: 1, failed: 0, attempts: 0 },
    { offered: 0, good: 0, shed: 0, failed: 0, attempts: 1 },
  ]);
  expect(sumOf(tally.seconds)).toEqual({ offered: 2, good: 1, shed: 1, failed: 0, attempts: 1 });
  expect(sumOf(tally.seconds, 1, 2)).toEqual({ offered: 1, good: 0, shed: 1, failed: 0, attempts: 0 });
});
