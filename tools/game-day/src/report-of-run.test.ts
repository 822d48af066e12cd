import { createPace } from '@nines/local-cloud';
import { beforeEach, expect, it } from 'vitest';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import { reportOfRun } from './report-of-run.ts';
import type { FinishedRun } from './report-of-run.ts';
import type { FaultResult } from './result.ts';

/** Only what the result of the run is summed up from. */
const fault = (facts: Pick<FaultResult, 'met' | 'lost' | 'doubled'>) => facts as FaultResult;
const MET = fault({ met: true, lost: 0, doubled: 0 });

let nowMs: number;
let recorder: Recorder;

beforeEach(() => {
  nowMs = 100_000;
  recorder = createRecorder(() => nowMs);
  nowMs = 120_000;
});

function report(facts: Partial<FinishedRun>) {
  return reportOfRun(
    {
      tier: 'four-nines',
      pace: createPace('fast'),
      seed: 7,
      clock: { now: () => nowMs, epochNow: () => nowMs, sleep: () => Promise.resolve() },
      environment: { node: '24' },
    },
    {
      recorder,
      faults: [MET],
      selectedFaults: 1,
      measuredFromMs: 110_000,
      audit: { lost: [], doubled: [] },
      capacityRps: 200,
      loadRps: 120,
      startedAt: '2026-11-21T09:30:25.500Z',
      assumptions: [],
      problems: [],
      ...facts,
    },
  );
}

it('is met when every selected fault was tried and met, and nothing else went wrong', () => {
  expect(report({}).result.met).toBe(true);
});

it.each<[string, Partial<FinishedRun>]>([
  ['no fault was tried', { faults: [], selectedFaults: 0 }],
  ['a fault was not tried or hit nothing', { selectedFaults: 2 }],
  ['a fault was not met', { faults: [MET, fault({ met: false, lost: 0, doubled: 0 })], selectedFaults: 2 }],
  ['the run had a problem of its own', { problems: ['after zone-loss: not whole'] }],
])('is not met when %s', (_, facts) => {
  expect(report(facts).result.met).toBe(false);
});

it('counts what came from the first second under load to the end', () => {
  const sample = { durationMs: 5, route: 'product', stale: false };
  recorder.request({ ...sample, startedAtMs: 109_999, outcome: 'bad' });
  recorder.request({ ...sample, startedAtMs: 110_000, outcome: 'good' });
  recorder.request({ ...sample, startedAtMs: 110_500, outcome: 'bad' });
  recorder.request({ ...sample, startedAtMs: 112_000, outcome: 'good' });
  recorder.request({ ...sample, startedAtMs: 112_500, outcome: 'good' });
  recorder.ledger.acknowledge({ reference: 'before', orderId: '1', atMs: 109_999 });
  recorder.ledger.acknowledge({ reference: 'under load', orderId: '2', atMs: 110_000 });
  expect(report({}).result).toMatchObject({
    durationSeconds: 20,
    requests: { good: 3, bad: 1, dropped: 0, shed: 0 },
    availability: 0.75,
    lossSeconds: 0.5,
    acknowledged: 1,
  });
});

it('adds what the last audit found to what the faults lost and doubled', () => {
  const faults = [fault({ met: false, lost: 1, doubled: 0 }), fault({ met: false, lost: 2, doubled: 3 })];
  const audit = { lost: [{ reference: 'r', orderId: '1', atMs: 119_000 }], doubled: ['s', 't'] };
  expect(report({ faults, audit }).result).toMatchObject({ lost: 4, doubled: 5 });
});

it('names its flavour behind the tier where there are no servers, and not otherwise', () => {
  const namesOf = (facts: Partial<FinishedRun>) => Object.keys(report(facts).result).slice(0, 3);
  expect(namesOf({ flavour: 'serverless' })).toEqual(['tier', 'flavour', 'pace']);
  expect(namesOf({})).toEqual(['tier', 'pace', 'paceDivisor']);
});

it('says that nothing is supported when nobody asked', () => {
  expect(report({}).result.supports).toEqual(['No request was offered, so nothing is supported.']);
});
