import type { Clock } from '@nines/local-cloud';
import { beforeEach, describe, expect, it } from 'vitest';
import { FaultHitNothingError } from './faults/fault.ts';
import type { LoadOfRun } from './load-of-run.ts';
import type { Outcome } from './measures.ts';
import type { Progress } from './progress.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import type { FaultResult } from './result.ts';
import { RunUnderLoad } from './run-under-load.ts';

const STARTED_AT_MS = 80_000;
const NO_LOAD: LoadOfRun = {
  prepare: () => Promise.reject(new Error('no load is needed here')),
  start: () => expect.unreachable(),
  startSteady: () => Promise.reject(new Error('no load is needed here')),
  startExtra: () => Promise.reject(new Error('no load is needed here')),
};
/** What the watcher is told is the object itself, so its facts are of no matter here. */
const RESULT = { fault: 'zone-loss' } as FaultResult;

let nowMs: number;
let whileAsleep: () => void;
let recorder: Recorder;
let told: Progress[];
let interruption: AbortController;
let run: RunUnderLoad;

beforeEach(() => {
  nowMs = STARTED_AT_MS;
  whileAsleep = () => undefined;
  told = [];
  interruption = new AbortController();
  const clock: Clock = {
    now: () => nowMs,
    epochNow: () => nowMs,
    sleep: (ms) => {
      whileAsleep();
      nowMs += ms;
      return Promise.resolve();
    },
  };
  recorder = createRecorder(clock.epochNow);
  run = new RunUnderLoad({
    recorder,
    load: NO_LOAD,
    clock,
    onProgress: (progress) => told.push(progress),
    signal: interruption.signal,
  });
  nowMs = 100_000;
});

const request = (startedAtMs: number, outcome: Outcome = 'good', durationMs = 40): void => {
  recorder.request({ startedAtMs, durationMs, route: 'product', outcome, stale: false });
};

describe('waiting for users to be well', () => {
  it('ends when ten good seconds in a row have been reported, three seconds after them', async () => {
    whileAsleep = () => {
      request(nowMs);
    };
    await expect(run.awaitGoodSeconds(100_000, 60)).resolves.toBe(true);
    expect(nowMs).toBe(113_000);
  });

  it('counts anew after a second that was not good', async () => {
    whileAsleep = () => {
      request(nowMs, nowMs === 104_000 ? 'bad' : 'good');
    };
    await expect(run.awaitGoodSeconds(100_000, 60)).resolves.toBe(true);
    expect(nowMs).toBe(118_000);
  });

  it('gives up at its limit', async () => {
    whileAsleep = () => {
      request(nowMs);
    };
    await expect(run.awaitGoodSeconds(100_000, 12)).resolves.toBe(false);
    expect(nowMs).toBe(112_000);
  });

  it('ends with the run', async () => {
    whileAsleep = () => {
      interruption.abort();
    };
    await expect(run.awaitGoodSeconds(100_000, 60)).rejects.toMatchObject({ code: 'game-day-interrupted' });
    expect(nowMs).toBe(101_000);
  });
});

describe('a fault that is tried', () => {
  const phases = () => told.flatMap((one) => (one.kind === 'phase' ? [one.label] : []));
  let done: string[];
  const step = (name: string) => () => {
    done.push(name);
    return Promise.resolve();
  };
  const tried = (afterwards: (() => Promise<void>) | undefined, awaitWhole = step('whole')) =>
    run.tryFault({
      label: 'zone-loss',
      measure: () => Promise.resolve({ result: RESULT, afterwards }),
      awaitWhole,
    });

  beforeEach(() => {
    done = [];
  });

  it('is told and marked, and nothing comes after it when it moved nothing', async () => {
    await expect(tried(undefined)).resolves.toBe(RESULT);
    expect(told).toEqual([
      { kind: 'phase', label: 'zone-loss' },
      { kind: 'fault-over', result: RESULT },
    ]);
    expect(recorder.marks).toEqual([{ kind: 'phase', label: 'zone-loss', second: 20 }]);
    expect(done).toEqual([]);
  });

  it('has what it moved brought back after it was judged, until everything is whole', async () => {
    await tried(step('brought back'));
    expect(done).toEqual(['brought back', 'whole']);
    expect(phases()).toEqual(['zone-loss', 'after zone-loss']);
    expect(run.isGivenUp).toBe(false);
  });

  it('ends the run, and keeps its result, when bringing back fails', async () => {
    const result = await tried(step('brought back'), () => Promise.reject(new Error('not whole')));
    expect(result).toBe(RESULT);
    expect(run.isGivenUp).toBe(true);
    expect(run.problems).toEqual(['after zone-loss: not whole']);
  });

  it('does not turn an interruption while bringing back into a problem', async () => {
    const interrupted = tried(() => {
      interruption.abort();
      return Promise.reject(new Error('stopped'));
    });
    await expect(interrupted).rejects.toThrow('stopped');
    expect(run.problems).toEqual([]);
  });

  it('has nothing brought back once the run was given up', async () => {
    run.giveUp('after zone-loss its users were never served again');
    await expect(tried(step('brought back'))).resolves.toBe(RESULT);
    expect(done).toEqual([]);
    expect(run.problems).toEqual(['after zone-loss its users were never served again']);
  });

  it('is a problem without a result when it hit nothing', async () => {
    const measure = () => Promise.reject(new FaultHitNothingError('no process ended'));
    await expect(
      run.tryFault({ label: 'process-kill', measure, awaitWhole: step('whole') }),
    ).resolves.toBeUndefined();
    expect(run.problems).toEqual(['process-kill: no process ended']);
    expect(run.isGivenUp).toBe(false);
  });

  it('ends the run with any other error', async () => {
    const measure = () => Promise.reject(new Error('k6 died'));
    await expect(run.tryFault({ label: 'process-kill', measure, awaitWhole: step('whole') })).rejects.toThrow(
      'k6 died',
    );
  });
});

describe('what was recorded around a fault', () => {
  it('is the rate at which users asked since, as far as it must have been reported', () => {
    for (const atMs of [99_999, 100_000, 101_000, 106_999, 107_000]) request(atMs);
    nowMs = 110_000;
    // Three requests in the seven seconds until three seconds ago.
    expect(run.evidenceSince(100_000)).toEqual({ offeredRps: 3 / 7 });
  });

  it('is what was under way at its injection and the ten seconds before it', () => {
    for (const atMs of [89_999, 90_000, 96_999, 97_000, 99_999, 100_000]) request(atMs);
    const startsOf = (samples: readonly { startedAtMs: number }[]) =>
      samples.map(({ startedAtMs }) => startedAtMs).sort((a, b) => a - b);
    recorder.ledger.acknowledge({ reference: 'before', orderId: '1', atMs: 99_999 });
    recorder.ledger.acknowledge({ reference: 'during', orderId: '2', atMs: 100_000 });
    const span = { injectedAtMs: 100_000, healedAtMs: 105_000, endedAtMs: 110_000 };
    const { before, underWay, ...rest } = run.recordedAround(span);
    expect(startsOf(before)).toEqual([90_000, 96_999, 97_000, 99_999]);
    expect(startsOf(underWay)).toEqual([97_000, 99_999]);
    expect(rest).toEqual({ ...span, runStartedAtMs: STARTED_AT_MS, acknowledged: 1 });
  });
});

it('tells what users saw in a second once the last of them must have had their answer', async () => {
  request(97_999, 'bad');
  request(98_000, 'good', 40);
  request(99_000, 'bad');
  run.enter('warm-up');
  told = [];
  const watching = new AbortController();
  whileAsleep = () => {
    if (nowMs > 100_000) watching.abort();
  };
  await run.reportSeconds(watching.signal);
  expect(told[0]).toEqual({
    kind: 'second',
    phase: 'warm-up',
    counts: { good: 1, bad: 0, dropped: 0, shed: 0 },
    p95Ms: 40,
  });
});

it('has orders that were lost or doubled after the last fault as problems of the run', () => {
  recorder.ledger.acknowledge({ reference: 'lost', orderId: '1', atMs: 90_000 });
  recorder.ledger.acknowledge({ reference: 'doubled', orderId: '2', atMs: 90_000 });
  const order = (id: string) => ({ id, reference: 'doubled' });
  const audit = run.auditAfterAll({
    readAtMs: 100_000,
    orders: [order('2'), order('3')],
    chargedReferences: ['doubled'],
  });
  expect(audit.lost).toHaveLength(1);
  expect(audit.doubled).toHaveLength(1);
  expect(run.problems).toEqual([
    '1 orders were lost after the last fault',
    '1 orders were doubled after the last fault',
  ]);
});
