import { beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, RequestSample } from './measures.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';

const STARTED_AT = 50_000;

let nowMs: number;
let recorder: Recorder;

beforeEach(() => {
  nowMs = STARTED_AT;
  recorder = createRecorder(() => nowMs);
});

const request = (startedAtMs: number, durationMs = 0, outcome: Outcome = 'good'): RequestSample => ({
  startedAtMs,
  durationMs,
  route: 'product',
  outcome,
  stale: false,
});

/** Reports the requests when they end, as a load generator does. */
function report(...samples: RequestSample[]): void {
  const endOf = (sample: RequestSample) => sample.startedAtMs + sample.durationMs;
  for (const sample of samples.sort((a, b) => endOf(a) - endOf(b))) recorder.request(sample);
}

const startsBetween = (fromMs: number, toMs: number) =>
  recorder
    .between(fromMs, toMs)
    .map((sample) => sample.startedAtMs)
    .sort((a, b) => a - b);

describe('a span', () => {
  it('has what began in it, its end excluded', () => {
    report(request(999), request(1000), request(1999), request(2000));
    expect(startsBetween(1000, 2000)).toEqual([1000, 1999]);
  });

  it('has a request that was reported after many that began later, because its user waited', () => {
    const later = Array.from({ length: 2_900 }, (_, index) => request(10_001 + index));
    report(request(10_000, 3_000), ...later);
    expect(startsBetween(10_000, 10_003)).toEqual([10_000, 10_001, 10_002]);
  });

  it('has what is older than a request whose user had waited long before', () => {
    report(request(20_000, 2_000), request(21_900), request(22_500));
    expect(startsBetween(21_000, 23_000)).toEqual([21_900, 22_500]);
  });

  it('is counted second by second from its own beginning', () => {
    report(request(1500), request(2499), request(2500, 0, 'bad'), request(3600));
    expect(recorder.secondsBetween(1500, 3500)).toEqual([
      { good: 2, bad: 0, dropped: 0, shed: 0 },
      { good: 0, bad: 1, dropped: 0, shed: 0 },
    ]);
  });
});

it('marks what happens with its second of the run', () => {
  nowMs = STARTED_AT + 12_500;
  recorder.mark('inject', 'zone-b is lost');
  expect(recorder.marks).toEqual([{ kind: 'inject', label: 'zone-b is lost', second: 12.5 }]);
  expect(recorder.secondsSinceStart(STARTED_AT + 700)).toBe(0.7);
});

it('draws its timeline from the start of the run until now', () => {
  report(request(STARTED_AT + 100, 30), request(STARTED_AT + 1_100, 50, 'shed'));
  nowMs = STARTED_AT + 2_900;
  expect(recorder.timeline()).toEqual([
    { second: 0, good: 1, bad: 0, dropped: 0, shed: 0, p50Ms: 30, p95Ms: 30, p99Ms: 30, stale: 0 },
    { second: 1, good: 0, bad: 0, dropped: 0, shed: 1, p50Ms: 50, p95Ms: 50, p99Ms: 50, stale: 0 },
  ]);
});

it('keeps a ledger of its own', () => {
  recorder.ledger.acknowledge({ reference: 'a', orderId: '1', atMs: 10 });
  expect(recorder.ledger.acknowledgedBetween(0, 20)).toBe(1);
  expect(createRecorder(() => 0).ledger.acknowledgedBetween(0, 20)).toBe(0);
});
