import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

test('the file costs an application at most 1100 bytes, minified and gzipped', () => {
  expect(gzippedBytes(`export * from '../src/stale-cache.ts'`, import.meta.dirname)).toBeLessThanOrEqual(
    1100,
  );
});
