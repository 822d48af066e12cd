import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/retry.ts'`, import.meta.dirname);

test('an import of createRetry costs an application at most 700 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createRetry }')).toBeLessThanOrEqual(700);
});

test('the whole file costs an application at most 775 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(775);
});
