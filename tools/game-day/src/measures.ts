/**
 * The arithmetic of a game day: from single requests to seconds, and from seconds to availability, loss and
 * recovery time. Pure; every definition stands here once and the documentation points at it.
 */
import type { RequestCounts, TimelineSecond } from './result.ts';

export type Outcome = 'good' | 'bad' | 'shed' | 'dropped';

/** One offered request. A dropped iteration is one too: a user whom the generator could not even start to serve. */
export interface RequestSample {
  /** When the user asked, in milliseconds of the epoch; a request counts in the second in which it began. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly route: string;
  readonly outcome: Outcome;
  /** Served from last-known-good data. */
  readonly stale: boolean;
  /** An order that was taken to be stored later (202). @default it was not */
  readonly kept?: boolean;
  /** Why it was not good, in a few words that many requests share. */
  readonly cause?: string;
}

/**
 * A second is good when at least this share of its requests is good. One request of a hundred may fail without
 * the second being called an outage: at the loads used here that is one unlucky request in a second.
 */
export const GOOD_SECOND_SHARE = 0.99;

/** Recovery is believed after this many good seconds in a row. */
export const GOOD_SECONDS_IN_A_ROW = 10;

export const NO_REQUESTS: RequestCounts = { good: 0, bad: 0, dropped: 0, shed: 0 };

export const totalOf = (counts: RequestCounts): number =>
  counts.good + counts.bad + counts.dropped + counts.shed;

export function addCounts(a: RequestCounts, b: RequestCounts): RequestCounts {
  return { good: a.good + b.good, bad: a.bad + b.bad, dropped: a.dropped + b.dropped, shed: a.shed + b.shed };
}

export function countRequests(samples: Iterable<RequestSample>): RequestCounts {
  const counts = { good: 0, bad: 0, dropped: 0, shed: 0 };
  for (const sample of samples) counts[sample.outcome] += 1;
  return counts;
}

/** Share of good requests; 1 when none was offered, because nobody was failed. */
export function availabilityOf(counts: RequestCounts): number {
  const total = totalOf(counts);
  return total === 0 ? 1 : counts.good / total;
}

/** Sorts samples into the whole seconds since `fromMs`; a last part of a second is left out. */
export function countBySecond(
  samples: Iterable<RequestSample>,
  fromMs: number,
  toMs: number,
): RequestCounts[] {
  const length = Math.max(0, Math.floor((toMs - fromMs) / 1000));
  const seconds = Array.from({ length }, () => ({ good: 0, bad: 0, dropped: 0, shed: 0 }));
  for (const sample of samples) {
    const second = seconds[Math.floor((sample.startedAtMs - fromMs) / 1000)];
    if (second) second[sample.outcome] += 1;
  }
  return seconds;
}

/**
 * Sorts good answers into the whole seconds in which they were given. A rate of work done must be counted at its
 * end: counted at its beginning, everybody who is waiting in a queue looks served within the window in which they
 * came, and a topology with a longer queue seems to bear more.
 */
export function goodAnswersBySecond(
  samples: Iterable<RequestSample>,
  fromMs: number,
  toMs: number,
): number[] {
  const answers = new Array<number>(Math.max(0, Math.floor((toMs - fromMs) / 1000))).fill(0);
  for (const { startedAtMs, durationMs, outcome } of samples) {
    const second = Math.floor((startedAtMs + durationMs - fromMs) / 1000);
    const count = answers[second];
    if (outcome === 'good' && count !== undefined) answers[second] = count + 1;
  }
  return answers;
}

const isGood = (second: RequestCounts): boolean =>
  totalOf(second) > 0 && availabilityOf(second) >= GOOD_SECOND_SHARE;

/**
 * Full-outage-equivalent seconds: each second adds the share of its requests that were not good, so ten seconds
 * in which half of the users were failed weigh five.
 */
export function lossSecondsOf(seconds: readonly RequestCounts[]): number {
  return seconds.reduce((sum, second) => sum + (1 - availabilityOf(second)), 0);
}

/** Seconds until the first of ten good seconds in a row; null when they never came. */
export function recoverySecondsOf(
  seconds: readonly RequestCounts[],
  inARow: number = GOOD_SECONDS_IN_A_ROW,
): number | null {
  let run = 0;
  for (const [index, second] of seconds.entries()) {
    run = isGood(second) ? run + 1 : 0;
    if (run === inARow) return index + 1 - inARow;
  }
  return null;
}

/**
 * The same for what was done at once: an order that was only kept is a good answer, and is not stored yet. It tells when
 * the database took orders again.
 */
export const directSecondsOf = (
  samples: readonly RequestSample[],
  fromMs: number,
  toMs: number,
): number | null =>
  recoverySecondsOf(
    countBySecond(
      samples.map((sample) => (sample.kept === true ? { ...sample, outcome: 'bad' as const } : sample)),
      fromMs,
      toMs,
    ),
  );

/** The value below which the share `quantile` of the sorted list lies (nearest rank); null for an empty list. */
export function quantileOf(sorted: readonly number[], quantile: number): number | null {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? null;
}

/** The commonest reasons why requests were not good, the commonest first. */
export function commonCauses(
  samples: Iterable<RequestSample>,
  atMost: number,
): { cause: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { cause, outcome } of samples) {
    if (outcome === 'good') continue;
    const name = cause ?? 'dropped: no virtual user was free';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([cause, count]) => ({ cause, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, atMost);
}

/** The run second by second, for the report's charts. */
export function timelineOf(
  samples: readonly RequestSample[],
  fromMs: number,
  toMs: number,
): TimelineSecond[] {
  const counts = countBySecond(samples, fromMs, toMs);
  const latencies: number[][] = counts.map(() => []);
  const stale = counts.map(() => 0);
  for (const sample of samples) {
    const second = Math.floor((sample.startedAtMs - fromMs) / 1000);
    if (sample.outcome !== 'dropped') latencies[second]?.push(sample.durationMs);
    if (sample.stale && stale[second] !== undefined) stale[second] += 1;
  }
  return counts.map((count, second) => {
    const sorted = (latencies[second] ?? []).sort((a, b) => a - b);
    return {
      second,
      ...count,
      p50Ms: quantileOf(sorted, 0.5),
      p95Ms: quantileOf(sorted, 0.95),
      p99Ms: quantileOf(sorted, 0.99),
      stale: stale[second] ?? 0,
    };
  });
}

/** The highest mean rate over any `window` whole seconds in a row of answers a second: what was borne at best. */
export function bestRate(answers: readonly number[], window: number): number {
  let best = 0;
  for (let end = window; end <= answers.length; end += 1) {
    const sum = answers.slice(end - window, end).reduce((total, count) => total + count, 0);
    best = Math.max(best, sum / window);
  }
  return best;
}
