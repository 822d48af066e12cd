/**
 * What the page's charts draw, worked out here, where it can be tested: the script in the page only puts it on
 * the screen.
 */
import type { FaultResult, GameDayReport, TimelineMark, TimelineSecond } from '@nines/game-day';
import { clockTime, totalOf } from './words.ts';

/** A column with a gap is drawn with a gap: a second without a request has no availability. */
export type ChartColumn = readonly (number | null)[];

/** From the bottom up; `stale` answers are good ones from last-known-good data. */
export const OUTCOMES = ['fresh', 'stale', 'shed', 'dropped', 'bad'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface FaultBand {
  /** Number in the page, from 1. */
  readonly number: number;
  readonly label: string;
  readonly injected: number;
  readonly healed: number;
  readonly ended: number;
  readonly met: boolean;
}

export interface ChartMark {
  readonly second: number;
  readonly label: string;
}

export interface ChartData {
  readonly seconds: readonly number[];
  /** Percent of requests that were good. */
  readonly availability: ChartColumn;
  /** Requests by outcome, each on top of those before it: the last is all that was offered. */
  readonly stacked: Readonly<Record<Outcome, readonly number[]>>;
  readonly counts: Readonly<Record<Outcome, readonly number[]>>;
  readonly latency: { readonly p50: ChartColumn; readonly p95: ChartColumn; readonly p99: ChartColumn };
  readonly bands: readonly FaultBand[];
  /** What happened by itself, such as a standby that was promoted. */
  readonly events: readonly ChartMark[];
  readonly phases: readonly ChartMark[];
}

const EMPTY: Omit<TimelineSecond, 'second'> = {
  ...{ good: 0, bad: 0, dropped: 0, shed: 0, stale: 0 },
  ...{ p50Ms: null, p95Ms: null, p99Ms: null },
};

/** Every second from the first to the last, in order; one that is not in the timeline had no request. */
function everySecond(timeline: readonly TimelineSecond[]): TimelineSecond[] {
  const bySecond = new Map(timeline.map((one) => [one.second, one]));
  const all = [...bySecond.keys()];
  if (all.length === 0) return [];
  const first = all.reduce((a, b) => Math.min(a, b));
  const last = all.reduce((a, b) => Math.max(a, b));
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const second = first + index;
    return bySecond.get(second) ?? { second, ...EMPTY };
  });
}

const outcomesOf = ({ good, stale, shed, dropped, bad }: TimelineSecond): Record<Outcome, number> => ({
  fresh: Math.max(0, good - stale),
  stale,
  shed,
  dropped,
  bad,
});

function stack(
  counts: Readonly<Record<Outcome, readonly number[]>>,
  length: number,
): Record<Outcome, number[]> {
  const sum = new Array<number>(length).fill(0);
  const columns = OUTCOMES.map((outcome) => {
    for (let index = 0; index < length; index += 1)
      sum[index] = (sum[index] ?? 0) + (counts[outcome][index] ?? 0);
    return [outcome, [...sum]] as const;
  });
  return Object.fromEntries(columns) as Record<Outcome, number[]>;
}

export const bandsOf = (faults: readonly FaultResult[]): FaultBand[] =>
  faults.map(({ fault, injectedAtSeconds, healedAtSeconds, endedAtSeconds, met }, index) => ({
    number: index + 1,
    label: fault,
    injected: injectedAtSeconds,
    healed: healedAtSeconds,
    ended: endedAtSeconds,
    met,
  }));

const marksOf = (marks: readonly TimelineMark[], kind: TimelineMark['kind']): ChartMark[] =>
  marks.filter((mark) => mark.kind === kind).map(({ second, label }) => ({ second, label }));

export function chartDataOf({ timeline, marks, result }: GameDayReport): ChartData {
  const all = everySecond(timeline);
  const byOutcome = all.map(outcomesOf);
  const counts = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, byOutcome.map((one) => one[outcome])]),
  ) as Record<Outcome, number[]>;
  return {
    seconds: all.map(({ second }) => second),
    availability: all.map((one) => (totalOf(one) === 0 ? null : (100 * one.good) / totalOf(one))),
    stacked: stack(counts, all.length),
    counts,
    latency: {
      p50: all.map(({ p50Ms }) => p50Ms),
      p95: all.map(({ p95Ms }) => p95Ms),
      p99: all.map(({ p99Ms }) => p99Ms),
    },
    bands: bandsOf(result.faults),
    events: marksOf(marks, 'event'),
    phases: marksOf(marks, 'phase'),
  };
}

export interface TimelineStep {
  readonly from: number;
  readonly time: string;
  readonly good: number;
  readonly bad: number;
  readonly dropped: number;
  readonly shed: number;
  /** The slowest second's 95th percentile; null when nothing was answered. */
  readonly worstP95Ms: number | null;
}

/** At most this many rows: the same run for whoever cannot see a chart, short enough to be read. */
const MOST_STEPS = 90;

/** The timeline in steps of equal length, for the table beside the charts. */
export function timelineSteps(timeline: readonly TimelineSecond[]): {
  steps: TimelineStep[];
  stepSeconds: number;
} {
  const all = everySecond(timeline);
  const stepSeconds = Math.max(10, Math.ceil(all.length / MOST_STEPS / 10) * 10);
  const steps: TimelineStep[] = [];
  for (let start = 0; start < all.length; start += stepSeconds) {
    const part = all.slice(start, start + stepSeconds);
    const from = part[0]?.second ?? 0;
    const sum = (pick: (second: TimelineSecond) => number): number =>
      part.reduce((total, one) => total + pick(one), 0);
    const slowest = part.flatMap(({ p95Ms }) => (p95Ms === null ? [] : [p95Ms]));
    steps.push({
      from,
      time: clockTime(from),
      good: sum((one) => one.good),
      bad: sum((one) => one.bad),
      dropped: sum((one) => one.dropped),
      shed: sum((one) => one.shed),
      worstP95Ms: slowest.length === 0 ? null : Math.max(...slowest),
    });
  }
  return { steps, stepSeconds };
}
