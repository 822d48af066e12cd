/**
 * What a game day says when it is over: the object that `nines gameday --json` prints, and the timeline that
 * the report draws. Plain data, so that the printer, the report and a pipeline read the same facts.
 */

/** Counts are disjoint: every offered request is exactly one of the four, and only `good` is good. */
export interface RequestCounts {
  /** The expected status and a body that keeps the contract, within the client's patience. */
  readonly good: number;
  /** Anything else that was answered, timed out or broke. */
  readonly bad: number;
  /** Iterations that the load generator could not start in time: users who were never served. */
  readonly dropped: number;
  /** Refused by load shedding (503 with `x-load-shed`, or 429). */
  readonly shed: number;
}

export interface CriterionResult {
  /** What must hold, as a sentence with its limit: `L <= 10 s`. */
  readonly criterion: string;
  /** What was measured, with its unit: `1.4 s`. */
  readonly measured: string;
  readonly met: boolean;
}

export interface KeptInFault {
  readonly orders: number;
  /** Of them, those that were refused with a reason in the end. */
  readonly refused: number;
  /** How long the one that waited longest waited until it was stored or refused; null when none was. */
  readonly slowestSeconds: number | null;
  /** Injection to the first of ten good seconds in a row in which orders were stored at once; null: never. */
  readonly directWritesSeconds: number | null;
}

export interface FaultResult {
  readonly fault: string;
  /** What was hit, such as `zone-b` or `instance i-1 in zone-a`. A fault that hit nothing never gets here. */
  readonly target: string;
  /** Seconds since the run's start. */
  readonly injectedAtSeconds: number;
  readonly healedAtSeconds: number;
  readonly endedAtSeconds: number;
  readonly requests: RequestCounts;
  /** good / (good + bad + dropped + shed) over the fault's window, unrounded. */
  readonly availability: number;
  /** Full-outage-equivalent seconds: the sum over seconds of each second's share of requests that were not good. */
  readonly lossSeconds: number;
  /** Injection to the first of ten good seconds in a row; null when that never came in the window. */
  readonly rtoSeconds: number | null;
  /** Orders acknowledged to clients in the window. */
  readonly acknowledged: number;
  /** Acknowledged orders that could not be read back after recovery. */
  readonly lost: number;
  /** Age in seconds of the oldest lost order at injection (RPO); 0 when none was lost. */
  readonly rpoSeconds: number;
  /** Intents that ended in more than one order, or were charged more than once. */
  readonly doubled: number;
  /**
   * Orders that were answered 202, taken to be stored later, which count as good; absent where none was.
   */
  readonly kept?: KeptInFault;
  /** The commonest reasons why requests were not good. */
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
  readonly predicted: string;
  readonly acceptance: readonly CriterionResult[];
  readonly met: boolean;
}

export interface Assumption {
  readonly id: string;
  readonly statement: string;
  readonly source: string;
}

export interface GameDayResult {
  readonly tier: string;
  /** @default 'servers' */
  readonly flavour?: 'servers' | 'serverless';
  readonly pace: 'full' | 'fast';
  /** What AWS's and the template's durations were divided by; 1 at full pace. */
  readonly paceDivisor: number;
  readonly seed: number;
  readonly met: boolean;
  /** Requests a second that the topology bore on this machine in the calibration. */
  readonly capacityRps: number;
  readonly loadRps: number;
  readonly durationSeconds: number;
  readonly requests: RequestCounts;
  readonly availability: number;
  readonly lossSeconds: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  /** What the sample supports and what it does not, as sentences. */
  readonly supports: readonly string[];
  readonly assumptions: readonly Assumption[];
  readonly faults: readonly FaultResult[];
  /** Why the run as a whole failed beside its faults; empty when nothing did. */
  readonly problems: readonly string[];
}

/** One second of the run, for the report's charts. Latencies in milliseconds, null in a second without answers. */
export interface TimelineSecond extends RequestCounts {
  readonly second: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Good answers that were served from last-known-good data. */
  readonly stale: number;
}

export interface TimelineMark {
  readonly second: number;
  readonly label: string;
  readonly kind: 'phase' | 'inject' | 'heal' | 'event';
}

export interface GameDayReport {
  readonly result: GameDayResult;
  readonly timeline: readonly TimelineSecond[];
  readonly marks: readonly TimelineMark[];
  /** ISO date and time at which the run began. */
  readonly startedAt: string;
  readonly environment: Readonly<Record<string, string>>;
}
