import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

test('the file costs an application at most 600 bytes, minified and gzipped', () => {
  expect(gzippedBytes(`export * from '../src/shuffle-sharding.ts'`, import.meta.dirname)).toBeLessThanOrEqual(
    600,
  );
});
