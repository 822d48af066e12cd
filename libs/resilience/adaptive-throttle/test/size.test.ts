import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) => {
  const path = fileURLToPath(new URL('../src/adaptive-throttle.ts', import.meta.url));
  const { outputFiles } = buildSync({
    stdin: { contents: `export ${names} from ${JSON.stringify(path)}`, resolveDir: '/' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
};

test('an import of createAdaptiveThrottle costs an application at most 800 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createAdaptiveThrottle }')).toBeLessThanOrEqual(800);
});

test('the whole file costs an application at most 810 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(810);
});
