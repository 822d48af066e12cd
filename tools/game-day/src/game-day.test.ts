import { createPace, systemClock } from '@nines/local-cloud';
import { expect, it } from 'vitest';
import { runGameDay } from './game-day.ts';

it('refuses a fault that the tier promises nothing for, before anything is started', async () => {
  const started = runGameDay({
    tier: 'four-nines',
    topology: { name: 'empty', regions: [], nodes: [], links: [], others: [], notes: [] },
    bundles: { application: '/nowhere', services: {} },
    k6: '/nowhere/k6',
    loadScript: '/nowhere/script.ts',
    pace: createPace('fast'),
    seed: 1,
    faults: ['region-loss'],
    clock: systemClock,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    environment: {},
  });
  await expect(started).rejects.toMatchObject({
    code: 'fault-without-acceptance',
    message: expect.stringContaining('four-nines promises nothing for region-loss') as string,
  });
});
