import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) =>
  gzippedBytes(`export ${names} from '../src/circuit-breaker.ts'`, import.meta.dirname);

test('an import of createCircuitBreaker costs an application at most 900 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createCircuitBreaker }')).toBeLessThanOrEqual(900);
});

test('the whole file costs an application at most 910 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(910);
});
