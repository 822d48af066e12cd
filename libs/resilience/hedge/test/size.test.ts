import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/hedge.ts'`, import.meta.dirname);

test('an import of createHedge costs an application at most 675 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createHedge }')).toBeLessThanOrEqual(675);
});

test('the whole file costs an application at most 680 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(680);
});
