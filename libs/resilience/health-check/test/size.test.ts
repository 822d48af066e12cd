import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

test('the file costs an application at most 750 bytes, minified and gzipped', () => {
  expect(gzippedBytes(`export * from '../src/health-check.ts'`, import.meta.dirname)).toBeLessThanOrEqual(
    750,
  );
});
