import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

test('the file costs an application at most 1850 bytes, minified and gzipped', () => {
  expect(gzippedBytes(`export * from '../src/load-shedder.ts'`, import.meta.dirname)).toBeLessThanOrEqual(
    1850,
  );
});
