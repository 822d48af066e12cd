import { createPace, systemClock } from '@nines/local-cloud';
import { expect, it } from 'vitest';
import { CLUSTER, MULTI_AZ, SINGLE_SERVER } from '../test/topologies.ts';
import { loadShareOf, runGameDay } from './game-day.ts';

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

it('loads every tier of one region alike', () => {
  expect([MULTI_AZ, CLUSTER, SINGLE_SERVER].map(loadShareOf)).toEqual([0.6, 0.6, 0.6]);
});
