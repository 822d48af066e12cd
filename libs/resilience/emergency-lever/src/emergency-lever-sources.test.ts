import { describe, expect, test } from 'vitest';
import { appConfigSource, environmentSource, fileSource } from './emergency-lever-sources.ts';

const { signal } = new AbortController();

test('the environment gives its variables by lever', async () => {
  const source = environmentSource({
    LEVER_REPORTS_PERCENT: '10',
    LEVER_BANNER: '',
    PATH: '/bin',
    GONE: undefined,
  });
  expect(await source({ signal })).toEqual({ 'reports-percent': '10', banner: '' });
  expect(await environmentSource({ X_A: '1' }, 'X_')({ signal })).toEqual({ a: '1' });
});

test('a file gives its JSON object, and its reader is told when to stop', async () => {
  const source = fileSource(async (seen) => {
    expect(seen).toBe(signal);
    return '{"recommendations":false}';
  });
  expect(await source({ signal })).toEqual({ recommendations: false });
  await expect(fileSource(async () => 'not json')({ signal })).rejects.toThrow(SyntaxError);
});

describe('AppConfig', () => {
  const answer = (body: unknown, status = 200) =>
    appConfigSource(async () => ({ ok: status < 300, status, json: async () => body }))({ signal });

  test('gives free-form JSON as it is', async () => {
    expect(await answer({ recommendations: false, percent: 10, banner: null })).toEqual({
      recommendations: false,
      percent: 10,
      banner: null,
    });
  });

  test('gives feature flags by their value, else by whether they are enabled', async () => {
    expect(await answer({ a: { enabled: false }, b: { enabled: true, value: 25 } })).toEqual({
      a: false,
      b: 25,
    });
  });

  test('fails when it answers with an error', async () => {
    await expect(answer({}, 500)).rejects.toThrow('AppConfig answered 500');
  });
});
