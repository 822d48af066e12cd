import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

test('the file costs an application at most 900 bytes, minified and gzipped', () => {
  expect(gzippedBytes(`export * from '../src/emergency-lever.ts'`, import.meta.dirname)).toBeLessThanOrEqual(
    900,
  );
});
