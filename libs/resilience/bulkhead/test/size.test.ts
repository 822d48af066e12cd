import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/bulkhead.ts'`, import.meta.dirname);

test('an import of createBulkhead costs an application at most 1080 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createBulkhead }')).toBeLessThanOrEqual(1080);
});

test('the whole file costs an application at most 1090 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(1090);
});
