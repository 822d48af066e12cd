import type { Acceptance } from '@nines/availability';
import { describe, expect, it } from 'vitest';
import { judgeWindow, measureWindow } from './fault-window.ts';
import type { FaultWindow } from './fault-window.ts';
import type { Outcome, RequestSample } from './measures.ts';

const RUN_STARTED_AT = 1_000_000;
const INJECTED_AT = 1_010_000;

const request = (second: number, outcome: Outcome = 'good', route = 'product'): RequestSample => ({
  startedAtMs: INJECTED_AT + second * 1000 + 500,
  durationMs: 10,
  route,
  outcome,
  stale: false,
});

/** One request in each of the seconds. */
const each = (from: number, to: number, outcome: Outcome = 'good', route?: string): RequestSample[] =>
  Array.from({ length: to - from }, (_, index) => request(from + index, outcome, route));

/** Twenty seconds: the fault lasts for the first eight. */
const windowOf = (samples: RequestSample[], changes: Partial<FaultWindow> = {}): FaultWindow => ({
  fault: 'process-kill',
  target: 'instance-1 in zone-a',
  runStartedAtMs: RUN_STARTED_AT,
  injectedAtMs: INJECTED_AT,
  healedAtMs: INJECTED_AT + 8_000,
  endedAtMs: INJECTED_AT + 20_000,
  samples,
  underWay: [],
  before: [],
  acknowledged: 7,
  audit: { lost: [], doubled: [] },
  capacityRps: 100,
  humanActions: 0,
  baseSeconds: () => 0,
  paceDivisor: 1,
  predicted: 'L 1.0 s (guess)',
  ...changes,
});

const accept = (...criteria: Acceptance['criteria']): Acceptance => ({
  tier: 'three-nines',
  fault: 'process-kill',
  criteria,
});
const atMost = (measure: Acceptance['criteria'][number]['measure'], limit: number) =>
  ({ measure, bound: 'at-most', limit }) as const;

describe('what a window shows', () => {
  it('is loss and recovery from the injection on', () => {
    const samples = [...each(0, 3, 'bad'), ...each(3, 5, 'good'), ...each(3, 5, 'bad'), ...each(5, 20)];
    expect(measureWindow(windowOf(samples))).toMatchObject({
      // Three seconds whole and two by half.
      lossSeconds: 4,
      rtoSeconds: 5,
      // The end of the fault is eight seconds in, when all was well again.
      recoverySeconds: 0,
    });
  });

  it('counts recovery after the fault from the end of the fault', () => {
    const samples = [...each(0, 10, 'shed'), ...each(10, 20)];
    expect(measureWindow(windowOf(samples))).toMatchObject({ rtoSeconds: 10, recoverySeconds: 2 });
  });

  it('is no recovery when ten good seconds in a row never came', () => {
    const samples = [...each(0, 11, 'bad'), ...each(11, 20)];
    expect(measureWindow(windowOf(samples))).toMatchObject({ rtoSeconds: null, recoverySeconds: null });
  });

  it('is no loss at all when users stayed away, because nothing was measured then', () => {
    expect(measureWindow(windowOf([]))).not.toHaveProperty('lossSeconds');
    // 17 of 20 seconds are too few, 18 are just enough.
    expect(measureWindow(windowOf(each(0, 17)))).not.toHaveProperty('lossSeconds');
    expect(measureWindow(windowOf(each(0, 18)))).toHaveProperty('lossSeconds', 0);
  });

  it('takes reads for what needs no writer, and dropped requests for reads that failed', () => {
    const samples = [
      ...each(0, 20),
      ...each(0, 20, 'bad', 'order'),
      ...each(0, 20, 'bad', 'replay'),
      ...each(0, 20, 'good', 'read-back'),
      ...each(0, 10, 'dropped', 'any'),
    ];
    expect(measureWindow(windowOf(samples))).toMatchObject({ readsGoodShare: 0.8 });
  });

  it('takes every route but new orders for one that needs no payment, replays included', () => {
    const samples = [
      ...each(0, 15),
      ...each(0, 20, 'bad', 'order'),
      ...each(0, 3, 'good', 'replay'),
      ...each(0, 2, 'bad', 'replay'),
    ];
    expect(measureWindow(windowOf(samples))).toMatchObject({ otherRoutesGoodShare: 0.9 });
  });

  it('has no share of reads or other routes when there was none', () => {
    const measured = measureWindow(windowOf(each(0, 20, 'good', 'order')));
    expect(measured).not.toHaveProperty('readsGoodShare');
    expect(measured).not.toHaveProperty('otherRoutesGoodShare');
  });

  it('tells the recovery of writes from that of everything', () => {
    const samples = [...each(0, 20), ...each(0, 4, 'bad', 'order'), ...each(4, 20, 'good', 'replay')];
    expect(measureWindow(windowOf(samples))).toMatchObject({ rtoSeconds: 4, writeRtoSeconds: 4 });
    const readsFail = [...each(0, 6, 'bad'), ...each(6, 20), ...each(0, 20, 'good', 'order')];
    expect(measureWindow(windowOf(readsFail))).toMatchObject({ rtoSeconds: 6, writeRtoSeconds: 0 });
    // Nobody wrote, so nobody knows.
    expect(measureWindow(windowOf(each(0, 20)))).toMatchObject({ writeRtoSeconds: null });
  });

  it('counts who was failed, who was shed, and how much that is more than before', () => {
    const samples = [...each(0, 20), ...each(0, 20), ...each(0, 8, 'bad'), ...each(0, 2, 'shed')];
    expect(measureWindow(windowOf(samples))).toMatchObject({
      failedRequests: 10,
      shedRequests: 2,
      errorShareIncrease: 0.2,
    });
    const before = [...each(-9, 0), ...each(-3, 0, 'bad')];
    expect(measureWindow(windowOf(samples, { before })).errorShareIncrease).toBeCloseTo(-0.05, 10);
  });

  it('counts no failures where nobody came to be failed', () => {
    for (const measure of ['failedRequests', 'shedRequests', 'errorShareIncrease'])
      expect(measureWindow(windowOf([]))).not.toHaveProperty(measure);
  });

  it('takes over what only this fault measures', () => {
    const more = { repeatSeconds: 0.4, putAsideSeconds: null };
    expect(measureWindow(windowOf(each(0, 20), { more }))).toMatchObject(more);
  });

  it('counts what people did', () => {
    expect(measureWindow(windowOf(each(0, 20), { humanActions: 2 })).humanActions).toBe(2);
  });

  it('takes goodput while the fault lasts, over the capacity', () => {
    const samples = [
      ...Array.from({ length: 90 }, () => each(0, 8)).flat(),
      ...Array.from({ length: 200 }, () => each(0, 8, 'shed')).flat(),
      ...each(8, 20),
    ];
    expect(measureWindow(windowOf(samples))).toMatchObject({ goodputShare: 0.9 });
  });

  it('counts goodput by answers, so that who is still in the queue at the end is not work done', () => {
    const late = (second: number) => ({ ...request(second), durationMs: 900 });
    // Asked at 0.5 to 7.5 s and answered at 1.4 to 8.4 s: seven of the eight within the fault's eight seconds.
    const samples = Array.from({ length: 8 }, (_, second) => late(second));
    expect(measureWindow(windowOf(samples)).goodputShare).toBe(7 / 8 / 100);
    // And one that was asked before the fault and answered in it.
    expect(measureWindow(windowOf(samples, { underWay: [late(-1)] })).goodputShare).toBe(0.01);
  });

  it('takes attempts for each call of the payment service, and none without calls', () => {
    const attempts = (calls: number) =>
      measureWindow(windowOf(each(0, 20), { payment: { calls, attempts: 220 } })).attemptsPerRequest;
    expect(attempts(200)).toBe(1.1);
    expect(attempts(0)).toBeUndefined();
    expect(measureWindow(windowOf(each(0, 20))).attemptsPerRequest).toBeUndefined();
  });

  it('goes back to the oldest order that was lost, and not past the injection', () => {
    const lostAt = (...atMs: number[]) =>
      measureWindow(
        windowOf(each(0, 20), {
          audit: {
            lost: atMs.map((at, index) => ({ reference: 'r', orderId: String(index), atMs: at })),
            doubled: ['a', 'b', 'c'],
          },
        }),
      );
    expect(lostAt(INJECTED_AT - 500, INJECTED_AT - 2_500)).toMatchObject({
      rpoSeconds: 2.5,
      lost: 2,
      doubled: 3,
    });
    expect(lostAt(INJECTED_AT + 4_000)).toMatchObject({ rpoSeconds: 0, lost: 1 });
    expect(lostAt()).toMatchObject({ rpoSeconds: 0, lost: 0 });
  });
});

describe('orders that were kept', () => {
  const keptOrder = (second: number): RequestSample => ({ ...request(second, 'good', 'order'), kept: true });
  // Kept for six seconds, then stored at once.
  const samples = [
    ...each(0, 20),
    ...Array.from({ length: 6 }, (_, second) => keptOrder(second)),
    ...each(6, 20, 'good', 'order'),
  ];

  it('are good answers, and beside them stands when orders were stored at once again', () => {
    const kept = { count: 6, refused: 1, slowestSeconds: 7.5 };
    const result = judgeWindow(windowOf(samples, { kept }), accept(atMost('writeRtoSeconds', 0)));
    expect(result).toMatchObject({
      met: true,
      lossSeconds: 0,
      kept: { orders: 6, refused: 1, slowestSeconds: 7.5, directWritesSeconds: 6 },
    });
  });

  it('are not spoken of where there were none', () => {
    const kept = { count: 0, refused: 0, slowestSeconds: null };
    expect(judgeWindow(windowOf(samples, { kept }), accept())).not.toHaveProperty('kept');
    expect(judgeWindow(windowOf(samples), accept())).not.toHaveProperty('kept');
  });

  it('were never stored at once again when no ten such seconds came', () => {
    const kept = { count: 20, refused: 0, slowestSeconds: null };
    const all = Array.from({ length: 20 }, (_, second) => keptOrder(second));
    const result = judgeWindow(windowOf(all, { kept }), accept());
    expect(result.kept).toMatchObject({ directWritesSeconds: null });
  });
});

describe('the judgement of a window', () => {
  const tenLost = [...each(0, 10, 'bad'), ...each(10, 20)];

  it('is met at the limit and not beyond it', () => {
    expect(judgeWindow(windowOf(tenLost), accept(atMost('lossSeconds', 10))).met).toBe(true);
    expect(judgeWindow(windowOf(tenLost), accept(atMost('lossSeconds', 9.9)))).toMatchObject({
      met: false,
      acceptance: [{ criterion: 'L <= 9.9 s', measured: '10 s', met: false }],
    });
  });

  it('is not met when nobody asked for anything', () => {
    expect(judgeWindow(windowOf([]), accept(atMost('lossSeconds', 10)))).toMatchObject({
      met: false,
      acceptance: [{ measured: 'not measured', met: false }],
    });
  });

  it('divides by the pace what of a limit is a wait for AWS, and leaves the rest', () => {
    const criteria = [
      { ...atMost('lossSeconds', 120), pacedLimit: 120 },
      { ...atMost('writeRtoSeconds', 35), pacedLimit: 30 },
      atMost('rtoSeconds', 60),
    ];
    const { acceptance } = judgeWindow(windowOf(tenLost, { paceDivisor: 10 }), accept(...criteria));
    expect(acceptance.map((one) => one.criterion)).toEqual([
      'L <= 12 s',
      'RTO of writes <= 8 s',
      'RTO <= 60 s',
    ]);
  });

  it('adds the failover as it was drawn and paced to the limit that stands on top of it', () => {
    const criterion = {
      measure: 'rtoSeconds',
      bound: 'at-most',
      limit: 15,
      onTopOf: 'rds-multi-az-failover',
    } as const;
    const { acceptance } = judgeWindow(windowOf(tenLost, { baseSeconds: () => 7.5 }), accept(criterion));
    expect(acceptance).toEqual([{ criterion: 'RTO <= 22.5 s', measured: '10 s', met: true }]);
  });

  it('says when and what happened, counted from the start of the run', () => {
    const samples = [
      { ...request(0, 'bad'), cause: 'product: timeout' },
      ...each(1, 20),
      { ...request(2, 'shed'), cause: 'product: 503 overloaded' },
      request(3, 'dropped', 'any'),
    ];
    expect(judgeWindow(windowOf(samples), accept(atMost('lost', 0)))).toEqual({
      fault: 'process-kill',
      target: 'instance-1 in zone-a',
      injectedAtSeconds: 10,
      healedAtSeconds: 18,
      endedAtSeconds: 30,
      requests: { good: 19, bad: 1, dropped: 1, shed: 1 },
      availability: 19 / 22,
      lossSeconds: 2,
      rtoSeconds: 4,
      acknowledged: 7,
      lost: 0,
      rpoSeconds: 0,
      doubled: 0,
      causes: [
        { cause: 'product: timeout', count: 1 },
        { cause: 'product: 503 overloaded', count: 1 },
        { cause: 'dropped: no virtual user was free', count: 1 },
      ],
      predicted: 'L 1.0 s (guess)',
      acceptance: [{ criterion: 'orders lost <= 0', measured: '0', met: true }],
      met: true,
    });
  });
});
