/** What the samples of a load add up to: counts, latency of good answers, the best second, and why the rest was bad. */
import { quantileOf, totalOf } from '@nines/game-day';
import type { RequestCounts, Sample } from '@nines/game-day';

export interface LoadFigures {
  readonly counts: RequestCounts;
  /** Share of good answers among all that was due, 0 to 1; absent when nothing was. */
  readonly goodRatio: number | null;
  /** Of good answers, as a nearest rank; absent when there were none. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** The most requests of one second of which 99% were answered well; 0 when there was no such second. */
  readonly bestSecondRps: number;
  /** What was wrong, the most frequent first. */
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
}

/** Counts since the last time that was asked. */
export interface LoadSecond {
  readonly counts: RequestCounts;
  readonly p95Ms: number | null;
}

export interface Tally {
  add(sample: Sample): void;
  takeSecond(): LoadSecond;
  figures(): LoadFigures;
}

const GOOD_SECOND_SHARE = 0.99;
const CAUSES_SHOWN = 5;

type Counts = { -readonly [Outcome in keyof RequestCounts]: number };
const none = (): Counts => ({ good: 0, bad: 0, dropped: 0, shed: 0 });

export function createTally(): Tally {
  const counts = none();
  const durationsMs: number[] = [];
  const seconds = new Map<number, Counts>();
  const causes = new Map<string, number>();
  let since = none();
  let sinceDurationsMs: number[] = [];

  const count = (outcome: keyof RequestCounts, endedAtMs: number, howMany: number): void => {
    const second = Math.floor(endedAtMs / 1000);
    const inSecond = seconds.get(second) ?? none();
    seconds.set(second, inSecond);
    for (const counter of [counts, since, inSecond]) counter[outcome] += howMany;
  };
  const bestSecond = (): number => {
    const good = [...seconds.values()].filter((one) => one.good / totalOf(one) >= GOOD_SECOND_SHARE);
    return good.reduce((best, one) => Math.max(best, totalOf(one)), 0);
  };

  return {
    add(sample) {
      if (sample.kind === 'dropped') {
        count('dropped', sample.endedAtMs, sample.count);
        return;
      }
      const { outcome, endedAtMs, durationMs, route, reason, detail } = sample;
      count(outcome, endedAtMs, 1);
      if (outcome === 'good') {
        durationsMs.push(durationMs);
        sinceDurationsMs.push(durationMs);
        return;
      }
      const cause = [`${route}:`, outcome === 'shed' ? 'shed' : reason, detail].filter(Boolean).join(' ');
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
    },
    takeSecond() {
      const sorted = sinceDurationsMs.sort((a, b) => a - b);
      const taken = { counts: since, p95Ms: quantileOf(sorted, 0.95) };
      since = none();
      sinceDurationsMs = [];
      return taken;
    },
    figures() {
      const sorted = [...durationsMs].sort((a, b) => a - b);
      const total = totalOf(counts);
      return {
        counts: { ...counts },
        goodRatio: total === 0 ? null : counts.good / total,
        p50Ms: quantileOf(sorted, 0.5),
        p95Ms: quantileOf(sorted, 0.95),
        p99Ms: quantileOf(sorted, 0.99),
        bestSecondRps: bestSecond(),
        causes: [...causes]
          .map(([cause, times]) => ({ cause, count: times }))
          .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1))
          .slice(0, CAUSES_SHOWN),
      };
    },
  };
}
