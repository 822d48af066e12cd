import { describe, expect, test } from 'vitest';
import { readConfiguration, WORKLOADS } from './configuration.ts';
import { peakRate, planScenario, plannedRequests } from './workloads.ts';

function plan(environment: Record<string, string>) {
  return planScenario(readConfiguration({ BASE_URL: 'http://127.0.0.1:1', ...environment }));
}

test('smoke is a trickle', () => {
  expect(plan({ WORKLOAD: 'smoke' })).toEqual({
    executor: 'constant-arrival-rate',
    rate: 5,
    timeUnit: '1s',
    duration: '30s',
    preAllocatedVUs: 11,
    maxVUs: 11,
    gracefulStop: '3s',
  });
});

test('average is a constant rate, as told', () => {
  expect(plan({ WORKLOAD: 'average', RATE: '200', DURATION: '1m' })).toMatchObject({
    executor: 'constant-arrival-rate',
    rate: 200,
    duration: '60s',
  });
});

test('spike jumps to three times the rate and back', () => {
  expect(plan({ WORKLOAD: 'spike', RATE: '100', DURATION: '80s' })).toMatchObject({
    executor: 'ramping-arrival-rate',
    startRate: 100,
    stages: [
      { target: 100, duration: '0s' },
      { target: 100, duration: '30s' },
      { target: 300, duration: '0s' },
      { target: 300, duration: '20s' },
      { target: 100, duration: '0s' },
      { target: 100, duration: '30s' },
    ],
  });
});

test('stress goes up in steps, and back to see whether all is well again', () => {
  const scenario = plan({ WORKLOAD: 'stress', RATE: '100', DURATION: '60s' });
  expect(scenario).toMatchObject({ executor: 'ramping-arrival-rate', startRate: 100 });
  if (scenario.executor !== 'ramping-arrival-rate') return;
  expect(scenario.stages.filter(({ duration }) => duration === '10s').map(({ target }) => target)).toEqual([
    100, 150, 200, 250, 300, 100,
  ]);
});

test('breakpoint rises in a straight line to ten times the rate', () => {
  expect(plan({ WORKLOAD: 'breakpoint', RATE: '100', DURATION: '5m' })).toMatchObject({
    startRate: 100,
    stages: [{ target: 1000, duration: '300s' }],
  });
});

describe('a timeline', () => {
  test('is taken stage by stage, and begins at its first rate', () => {
    const TIMELINE =
      '[{"target":200,"duration":"60s"},{"target":600,"duration":"0s"},{"target":600,"duration":"5s"}]';
    expect(plan({ WORKLOAD: 'timeline', TIMELINE })).toMatchObject({
      executor: 'ramping-arrival-rate',
      startRate: 200,
      stages: [
        { target: 200, duration: '60s' },
        { target: 600, duration: '0s' },
        { target: 600, duration: '5s' },
      ],
    });
  });

  test('that sends nothing is refused', () => {
    expect(() => plan({ WORKLOAD: 'timeline', TIMELINE: '[{"target":0,"duration":"5s"}]' })).toThrow(
      'TIMELINE must reach at least 1 request per second',
    );
  });
});

describe('virtual users', () => {
  test('are enough for every request at the peak to hang until it is given up', () => {
    // 3 x 200 requests/s, each held for 2 s, and a tenth more.
    expect(plan({ WORKLOAD: 'spike', RATE: '200' })).toMatchObject({ preAllocatedVUs: 1320, maxVUs: 1320 });
  });

  test('are fewer for less patient clients', () => {
    expect(plan({ WORKLOAD: 'average', RATE: '200', TIMEOUT_MS: '500' })).toMatchObject({
      preAllocatedVUs: 110,
      maxVUs: 110,
    });
  });

  test('are as many as told', () => {
    expect(plan({ WORKLOAD: 'average', RATE: '200', MAX_VUS: '50' })).toMatchObject({
      preAllocatedVUs: 50,
      maxVUs: 50,
    });
  });

  test('get the time that a client waits to finish at the end', () => {
    expect(plan({ WORKLOAD: 'average', TIMEOUT_MS: '4500' })).toMatchObject({ gracefulStop: '6s' });
  });
});

test.each([
  [{ WORKLOAD: 'smoke' }, 5, 150],
  [{ WORKLOAD: 'average', RATE: '200', DURATION: '1m' }, 200, 12_000],
  [{ WORKLOAD: 'spike', RATE: '100', DURATION: '80s' }, 300, 12_000],
  [{ WORKLOAD: 'breakpoint', RATE: '100', DURATION: '10s' }, 1000, 5500],
])('%j peaks at %d requests/s and plans %d', (environment, peak, requests) => {
  const scenario = plan(environment);
  expect(peakRate(scenario)).toBe(peak);
  expect(plannedRequests(scenario)).toBe(requests);
});

test('every workload is open loop', () => {
  const TIMELINE = '[{"target":1,"duration":"5s"}]';
  for (const WORKLOAD of WORKLOADS) expect(plan({ WORKLOAD, TIMELINE }).executor).toMatch(/-arrival-rate$/);
});
