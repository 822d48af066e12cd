import { createPace, systemClock } from '@nines/local-cloud';
import { expect, it } from 'vitest';
import { runServerlessGameDay } from './serverless-game-day.ts';

it('refuses a fault that the tier promises nothing for, before anything is started', async () => {
  let starts = 0;
  const ended = runServerlessGameDay({
    tier: 'two-nines',
    startCloud: () => {
      starts += 1;
      return Promise.reject(new Error('started'));
    },
    k6: '/nowhere/k6',
    loadScript: '/nowhere/script.ts',
    pace: createPace('fast'),
    seed: 1,
    faults: ['payment-away', 'rate-exceeded'],
    clock: systemClock,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    environment: {},
  });
  await expect(ended).rejects.toMatchObject({
    code: 'fault-without-acceptance',
    message: expect.stringContaining('promises nothing for rate-exceeded') as string,
  });
  expect(starts).toBe(0);
});
