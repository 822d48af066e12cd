import { createFakeClock } from '@nines/testing';
import { createMemoryStorage } from '../src/adapters/memory/memory-storage.ts';
import { describeStorage } from './storage-contract.ts';

describeStorage('memory', {
  createStorage: (products) => Promise.resolve(createMemoryStorage({ products, clock: createFakeClock() })),
  propertyRuns: 300,
});
