import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/timeout.ts'`, import.meta.dirname);

test('an import of createTimeout costs an application at most 1360 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createTimeout }')).toBeLessThanOrEqual(1360);
});

test('the whole file costs an application at most 1380 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(1380);
});
