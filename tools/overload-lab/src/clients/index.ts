/**
 * The clients of the lab by name. The peers are loaded when they are asked for: they have to find the virtual globals
 * in place, and whoever runs only ours does not need them.
 */
import type { CreateClient } from '../world/world.ts';

export const CLIENTS = {
  nines: { title: 'Nines', load: async () => (await import('./nines.ts')).createNinesClient },
  'no-retry': {
    title: 'no retry',
    load: async () => (await import('./by-hand.ts')).createSingleAttemptClient,
  },
  'naive-retry': { title: 'naive retry', load: async () => (await import('./by-hand.ts')).createNaiveClient },
  'p-retry': { title: 'p-retry', load: async () => (await import('./p-retry.ts')).createPRetryClient },
  'aws-sdk': {
    title: 'AWS SDK util-retry',
    load: async () => (await import('./aws-sdk.ts')).createAwsSdkClient,
  },
  'cockatiel-consecutive': {
    title: 'cockatiel, consecutive breaker',
    load: async () => (await import('./cockatiel.ts')).createCockatielConsecutiveClient,
  },
  'cockatiel-sampling': {
    title: 'cockatiel, sampling breaker',
    load: async () => (await import('./cockatiel.ts')).createCockatielSamplingClient,
  },
  'cockatiel-bulkhead': {
    title: 'cockatiel, bulkhead of 10',
    load: async () => (await import('./cockatiel.ts')).createCockatielBulkheadClient,
  },
  opossum: {
    title: 'opossum + p-retry',
    load: async () => (await import('./opossum.ts')).createOpossumClient,
  },
} as const satisfies Record<string, { title: string; load: () => Promise<CreateClient> }>;

export type ClientName = keyof typeof CLIENTS;
