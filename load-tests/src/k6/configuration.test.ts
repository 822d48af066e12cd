import { describe, expect, test } from 'vitest';
import { ConfigurationInvalidError, parseDuration, readConfiguration } from './configuration.ts';

const BASE = { BASE_URL: 'http://127.0.0.1:8080' };

test('only the base URL has to be given', () => {
  expect(readConfiguration(BASE)).toEqual({
    baseUrl: 'http://127.0.0.1:8080',
    workload: 'smoke',
    rate: undefined,
    durationSeconds: undefined,
    timeline: [],
    timeoutMs: 2000,
    retries: 0,
    maxVus: undefined,
    seed: 1,
    runId: undefined,
    tier: 'three-nines',
  });
});

test('everything can be given', () => {
  const environment = {
    BASE_URL: 'https://shop.example/base/',
    WORKLOAD: 'timeline',
    RATE: '240',
    DURATION: '1m30s',
    TIMELINE: '[{"target":200,"duration":"60s"},{"target":600,"duration":"0s"}]',
    TIMEOUT_MS: '500',
    RETRIES: '1',
    MAX_VUS: '300',
    SEED: '42',
    RUN_ID: 'run-7',
    TIER: 'four-nines',
  };
  expect(readConfiguration(environment)).toEqual({
    baseUrl: 'https://shop.example/base',
    workload: 'timeline',
    rate: 240,
    durationSeconds: 90,
    timeline: [
      { target: 200, duration: '60s' },
      { target: 600, duration: '0s' },
    ],
    timeoutMs: 500,
    retries: 1,
    maxVus: 300,
    seed: 42,
    runId: 'run-7',
    tier: 'four-nines',
  });
});

test('an empty variable counts as one that is not set', () => {
  expect(readConfiguration({ ...BASE, RATE: '', WORKLOAD: '', TIMELINE: '' })).toMatchObject({
    rate: undefined,
    workload: 'smoke',
  });
});

test('a timeline is read by the workload of that name only', () => {
  expect(readConfiguration({ ...BASE, WORKLOAD: 'average', TIMELINE: 'nonsense' }).timeline).toEqual([]);
});

describe('refused, by the name of the variable', () => {
  test.each([
    [{ BASE_URL: '' }, 'BASE_URL must be the shop'],
    [{ BASE_URL: 'ftp://shop' }, 'BASE_URL must be the shop'],
    [{ BASE_URL: 'http://shop/?a=1' }, 'BASE_URL must be the shop'],
    [{ WORKLOAD: 'heavy' }, 'WORKLOAD must be one of smoke, average, spike, stress, breakpoint, timeline'],
    [{ RATE: '0' }, 'RATE must be a whole number from 1 to 100000'],
    [{ RATE: '1.5' }, 'RATE must be a whole number'],
    [{ RATE: 'fast' }, 'RATE must be a whole number'],
    [{ DURATION: '30' }, 'DURATION must be at least a second'],
    [{ DURATION: '500ms' }, 'DURATION must be at least a second'],
    [{ TIMEOUT_MS: '-1' }, 'TIMEOUT_MS must be a whole number'],
    [{ SEED: '4294967296' }, 'SEED must be a whole number'],
    [{ RUN_ID: 'with space' }, 'RUN_ID must be 1 to 40 letters'],
    [{ WORKLOAD: 'timeline' }, 'TIMELINE must be a JSON list'],
    [{ WORKLOAD: 'timeline', TIMELINE: '[]' }, 'TIMELINE must be a JSON list'],
    [{ WORKLOAD: 'timeline', TIMELINE: '{}' }, 'TIMELINE must be a JSON list'],
    [{ WORKLOAD: 'timeline', TIMELINE: '[{"target":1.5,"duration":"1s"}]' }, 'TIMELINE must be a JSON list'],
    [{ WORKLOAD: 'timeline', TIMELINE: '[{"target":-1,"duration":"1s"}]' }, 'TIMELINE must be a JSON list'],
    [{ WORKLOAD: 'timeline', TIMELINE: '[{"target":1,"duration":60}]' }, 'TIMELINE must be a JSON list'],
    [{ WORKLOAD: 'timeline', TIMELINE: '[{"target":1,"duration":"soon"}]' }, 'TIMELINE must be a JSON list'],
  ])('%j', (environment, message) => {
    expect(() => readConfiguration({ ...BASE, ...environment })).toThrow(ConfigurationInvalidError);
    expect(() => readConfiguration({ ...BASE, ...environment })).toThrow(message);
  });
});

test.each([
  ['0s', 0],
  ['90s', 90],
  ['1.5s', 1.5],
  ['500ms', 0.5],
  ['2m', 120],
  ['1h1m1s1ms', 3661.001],
  ['', undefined],
  ['5', undefined],
  ['1s2m', undefined],
  ['-1s', undefined],
])('%j is %j seconds', (notation, seconds) => {
  expect(parseDuration(notation)).toBe(seconds);
});
