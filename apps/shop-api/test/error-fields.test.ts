import { expect, it } from 'vitest';
import { toErrorFields } from '../src/adapters/error-fields.ts';

it('says what an error is, with its causes', () => {
  const socket = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  const error = new TypeError('fetch failed', { cause: socket });
  expect(toErrorFields(error)).toEqual({
    type: 'TypeError',
    message: 'fetch failed',
    stack: expect.stringContaining('TypeError: fetch failed') as string,
    cause: { type: 'Error', message: 'read ECONNRESET', code: 'ECONNRESET' },
  });
});

it('leaves out what a driver hangs on its errors', () => {
  const error = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (key)=(the-customers-key) already exists.',
    parameters: ['the-customers-key'],
  });
  expect(JSON.stringify(toErrorFields(error))).not.toContain('the-customers-key');
});

it('ends where errors cause each other, and takes what is no error', () => {
  const error = new Error('a');
  error.cause = error;
  expect(JSON.stringify(toErrorFields(error)).match(/"message"/g)).toHaveLength(5);
  expect(toErrorFields('secret')).toEqual({ type: 'string', message: 'not an error' });
});
