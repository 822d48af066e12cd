import { fileURLToPath } from 'node:url';
import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

/** Bytes of several files in one bundle, minified and gzipped. */
const bytesOf = (...files: readonly string[]) =>
  gzippedBytes(files.map((file) => `export * from './${file}.ts';`).join(''), SOURCE);

test('the library with its memory store costs at most 2200 bytes, minified and gzipped', () => {
  expect(bytesOf('idempotency')).toBeLessThanOrEqual(2200);
});

test('with the DynamoDB store it costs at most 2950 bytes: a quarter of what its best-known peer costs', () => {
  expect(bytesOf('idempotency', 'idempotency-dynamodb')).toBeLessThanOrEqual(2950);
});

test('with the PostgreSQL store it costs at most 3100 bytes', () => {
  expect(bytesOf('idempotency', 'idempotency-postgres')).toBeLessThanOrEqual(3100);
});
