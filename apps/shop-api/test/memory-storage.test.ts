import { createFakeClock } from '@nines/testing';
import { createMemoryStorage } from './memory-storage.ts';
import { describeIntakeResults, describeNamedCaptures, describeStorage } from './storage-contract.ts';

describeStorage('memory', {
  createStorage: (products) => Promise.resolve(createMemoryStorage({ products, clock: createFakeClock() })),
  propertyRuns: 300,
});

describeIntakeResults('memory', () =>
  Promise.resolve(createMemoryStorage({ products: [], clock: createFakeClock() })),
);

describeNamedCaptures('memory', (products, clock) =>
  Promise.resolve(createMemoryStorage({ products, clock })),
);
