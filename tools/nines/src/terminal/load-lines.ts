/** How the result of a load reads. */
import { tierLatency, tierOf } from '@nines/availability';
import type { TierId } from '@nines/availability';
import { totalOf } from '@nines/game-day';
import type { LoadFigures } from '../load/tally.ts';
import type { Workload } from '../load/run-k6.ts';

export interface LoadResult extends LoadFigures {
  readonly target: string;
  readonly workload: Workload;
  readonly tier: TierId;
  /** Whether every threshold was met; a workload without any is met. */
  readonly met: boolean;
}

const PER_MILLION = 1_000_000;

/** Cut, so that no share is shown that was not reached. */
const percent = (share: number): string => `${(Math.floor(share * 100_000) / 1000).toFixed(3)}%`;
const milliseconds = (value: number | null): string => (value === null ? '-' : `${value.toFixed(0)} ms`);

function goalLines({ workload, tier, counts, goodRatio, p95Ms, p99Ms, bestSecondRps }: LoadResult): string[] {
  if (workload === 'breakpoint') {
    return [`best second  ${String(bestSecondRps)} requests, 99% of them answered well`];
  }
  if (workload !== 'smoke' && workload !== 'average') {
    return [`goal         none: ${workload} goes beyond what a tier is built for; read it`];
  }
  const { goal, lossPerMillion } = tierOf(tier);
  const asked = 1 - lossPerMillion / PER_MILLION;
  return [
    `goal         ${tier}: ${goal} good (here ${goodRatio === null ? '-' : percent(goodRatio)} of ${percent(asked)} asked), none unsent (${String(counts.dropped)}),`,
    `             p95 < ${String(tierLatency.p95Ms)} ms (${milliseconds(p95Ms)}), p99 < ${String(tierLatency.p99Ms)} ms (${milliseconds(p99Ms)})`,
  ];
}

function verdictOf({ workload, met, bestSecondRps }: LoadResult): string {
  if (workload === 'breakpoint') {
    return met
      ? 'It held to the end of the ramp.'
      : `It broke; ${String(bestSecondRps)} requests/s was the most it answered well.`;
  }
  if (workload !== 'smoke' && workload !== 'average') return 'Nothing is promised for this workload.';
  return met ? 'MET' : 'NOT MET';
}

export function describeLoad(result: LoadResult): string[] {
  const { workload, target, counts, p50Ms, p95Ms, p99Ms, causes } = result;
  return [
    `${workload} on ${target}`,
    `requests     ${String(totalOf(counts))} due: ${String(counts.good)} good, ${String(counts.bad)} bad, ${String(counts.shed)} shed, ${String(counts.dropped)} never sent`,
    `good answers p50 ${milliseconds(p50Ms)}, p95 ${milliseconds(p95Ms)}, p99 ${milliseconds(p99Ms)}`,
    ...causes.map(({ cause, count }) => `             ${String(count)} x ${cause}`),
    ...goalLines(result),
    verdictOf(result),
  ];
}
