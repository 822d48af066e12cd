import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

test('the file costs an application at most 700 bytes, minified and gzipped', () => {
  expect(gzippedBytes(`export * from '../src/constant-work.ts'`, import.meta.dirname)).toBeLessThanOrEqual(
    700,
  );
});
