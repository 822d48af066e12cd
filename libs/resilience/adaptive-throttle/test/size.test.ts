import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/adaptive-throttle.ts'`, import.meta.dirname);

test('an import of createAdaptiveThrottle costs an application at most 800 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createAdaptiveThrottle }')).toBeLessThanOrEqual(800);
});

test('the whole file costs an application at most 810 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(810);
});
