import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';

/** Bytes of several files in one bundle, minified and gzipped. */
const bytesOf = (...files: readonly string[]) => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: files.map((file) => `export * from './${file}.ts';`).join(''),
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
    },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
};

test('the library with its memory store costs at most 2200 bytes, minified and gzipped', () => {
  expect(bytesOf('idempotency')).toBeLessThanOrEqual(2200);
});

test('with the DynamoDB store it costs at most 2950 bytes: a quarter of what its best-known peer costs', () => {
  expect(bytesOf('idempotency', 'idempotency-dynamodb')).toBeLessThanOrEqual(2950);
});

test('with the PostgreSQL store it costs at most 3100 bytes', () => {
  expect(bytesOf('idempotency', 'idempotency-postgres')).toBeLessThanOrEqual(3100);
});
