import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/deadline.ts'`, import.meta.dirname);

test('an import of createDeadline costs an application at most 590 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createDeadline }')).toBeLessThanOrEqual(590);
});

test('the whole file costs an application at most 970 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(970);
});
