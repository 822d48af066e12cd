import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

/** What an application ships for these names of the library, minified and gzipped. */
const bytesOf = (names: string) => {
  const path = fileURLToPath(new URL('../src/circuit-breaker.ts', import.meta.url));
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

test('an import of createCircuitBreaker costs an application at most 900 bytes, minified and gzipped', () => {
  expect(bytesOf('{ createCircuitBreaker }')).toBeLessThanOrEqual(900);
});

test('the whole file costs an application at most 910 bytes, minified and gzipped', () => {
  expect(bytesOf('*')).toBeLessThanOrEqual(910);
});
