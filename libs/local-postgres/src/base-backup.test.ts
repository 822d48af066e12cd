import { expect, test } from 'vitest';
import { connectionString } from './base-backup.ts';

test('a password with a space, a quote or a backslash stays one value of the connection string', () => {
  expect(connectionString({ host: '127.0.0.1', password: String.raw`of a'b\c` })).toBe(
    String.raw`host='127.0.0.1' password='of a\'b\\c'`,
  );
});
