import { expect, test } from 'vitest';
import { gzippedBytes } from './bundle-size.ts';

const HERE = import.meta.dirname;

test('only what is imported is weighed, and names and spaces cost nothing', () => {
  const nothing = gzippedBytes('', HERE);
  const one = gzippedBytes(`export { createFakeClock } from './fake-clock.ts';`, HERE);
  const all = gzippedBytes(`export * from './fake-clock.ts'; export * from './fake-random.ts';`, HERE);
  // gzip's frame around an empty file: ten bytes of header, two of content, eight of trailer.
  expect(nothing).toBe(20);
  expect(one).toBeGreaterThan(nothing);
  expect(all).toBeGreaterThan(one);
  expect(gzippedBytes('const  longName = 1;\n\nexport { longName };', HERE)).toBe(
    gzippedBytes('const a=1;export{a as longName};', HERE),
  );
});

test('what cannot be bundled is an error, not a small size', () => {
  expect(() => gzippedBytes(`export * from './nowhere.ts';`, HERE)).toThrow('Could not resolve');
});
