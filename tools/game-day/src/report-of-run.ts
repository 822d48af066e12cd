/** Puts together what a game day says when it is over, from what was recorded and how each fault was judged. */
import { createSeededRandom, supportOfRun } from '@nines/availability';
import type { TierId } from '@nines/availability';
import type { Clock, Pace } from '@nines/local-cloud';
import type { Audit } from './ledger.ts';
import { availabilityOf, countRequests, lossSecondsOf, totalOf } from './measures.ts';
import type { Recorder } from './recorder.ts';
import type { Assumption, FaultResult, GameDayReport, GameDayResult } from './result.ts';

/** What the run was asked for; the options of a game day hold it. */
export interface AskedRun {
  readonly tier: TierId;
  readonly pace: Pace;
  readonly seed: number;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
}

/** What came of the faults, under a load that lasted from the first second that counts. */
export interface BrokenUnderLoad {
  readonly faults: readonly FaultResult[];
  /** In milliseconds of the epoch. */
  readonly measuredFromMs: number;
  /** Of the orders that came after the last fault's own audit. */
  readonly audit: Audit;
}

export interface FinishedRun extends BrokenUnderLoad {
  /** @default 'servers', which the result does not spell out */
  readonly flavour?: 'serverless';
  readonly recorder: Recorder;
  /** How many faults were to be tried; one that was not tried or hit nothing fails the run. */
  readonly selectedFaults: number;
  readonly capacityRps: number;
  readonly loadRps: number;
  /** ISO date and time. */
  readonly startedAt: string;
  readonly assumptions: readonly Assumption[];
  readonly problems: readonly string[];
}

function resultOf(
  { tier, pace, seed, clock }: Omit<AskedRun, 'environment'>,
  run: FinishedRun,
): GameDayResult {
  const { recorder, faults, audit, measuredFromMs, problems } = run;
  const endedAtMs = clock.epochNow();
  const requests = countRequests(recorder.between(measuredFromMs, endedAtMs));
  const seconds = recorder.secondsBetween(measuredFromMs, endedAtMs);
  const perSecond = seconds.map((second) => ({ good: second.good, total: totalOf(second) }));
  const sum = (pick: (fault: FaultResult) => number) =>
    faults.reduce((total, fault) => total + pick(fault), 0);
  const isWhole = faults.length > 0 && faults.length === run.selectedFaults;
  return {
    tier,
    ...(run.flavour === undefined ? {} : { flavour: run.flavour }),
    pace: pace.name,
    paceDivisor: pace.divisor,
    seed,
    met: isWhole && problems.length === 0 && faults.every((fault) => fault.met),
    capacityRps: run.capacityRps,
    loadRps: run.loadRps,
    durationSeconds: (endedAtMs - recorder.startedAtMs) / 1000,
    requests,
    availability: availabilityOf(requests),
    lossSeconds: lossSecondsOf(seconds),
    acknowledged: recorder.ledger.acknowledgedBetween(measuredFromMs, endedAtMs),
    lost: sum((fault) => fault.lost) + audit.lost.length,
    doubled: sum((fault) => fault.doubled) + audit.doubled.length,
    supports: supportOfRun(perSecond, createSeededRandom(seed))?.sentences ?? [
      'No request was offered, so nothing is supported.',
    ],
    assumptions: run.assumptions,
    faults,
    problems,
  };
}

export function reportOfRun({ environment, ...asked }: AskedRun, run: FinishedRun): GameDayReport {
  const { recorder, startedAt } = run;
  return {
    result: resultOf(asked, run),
    timeline: recorder.timeline(),
    marks: recorder.marks,
    startedAt,
    environment,
  };
}
