import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

test('the file costs an application at most 900 bytes, minified and gzipped', () => {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('../src/rate-limiter.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  expect(gzipSync(outputFiles[0]!.contents, { level: 9 }).length).toBeLessThanOrEqual(900);
});
