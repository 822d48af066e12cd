/**
 * Keeps what the users of a run saw and what the run did, in the order in which it came, and answers questions
 * about spans of it.
 */
import { createLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { countBySecond, timelineOf } from './measures.ts';
import type { RequestSample } from './measures.ts';
import type { RequestCounts, TimelineMark, TimelineSecond } from './result.ts';

export interface Recorder {
  readonly ledger: Ledger;
  request(sample: RequestSample): void;
  mark(kind: TimelineMark['kind'], label: string): void;
  /** Requests that began in the span. */
  between(fromMs: number, toMs: number): RequestSample[];
  secondsBetween(fromMs: number, toMs: number): RequestCounts[];
  readonly marks: readonly TimelineMark[];
  timeline(): TimelineSecond[];
  readonly startedAtMs: number;
  /** Seconds since the run's start. */
  secondsSinceStart(atMs: number): number;
}

/** Requests are reported when they end, so one that began in a span may come this much later: the client's patience and k6's own delay. */
export const LATEST_REPORT_MS = 3_000;

export function createRecorder(epochNow: () => number): Recorder {
  const startedAtMs = epochNow();
  const samples: RequestSample[] = [];
  const marks: TimelineMark[] = [];
  const secondsSinceStart = (atMs: number) => (atMs - startedAtMs) / 1000;

  const between = (fromMs: number, toMs: number) => {
    const found: RequestSample[] = [];
    // Samples come nearly in order, so the search ends once it is well before the span.
    for (let index = samples.length - 1; index >= 0; index -= 1) {
      const sample = samples[index];
      if (!sample || sample.startedAtMs < fromMs - 4 * LATEST_REPORT_MS) break;
      if (sample.startedAtMs >= fromMs && sample.startedAtMs < toMs) found.push(sample);
    }
    return found;
  };

  return {
    ledger: createLedger(),
    startedAtMs,
    marks,
    secondsSinceStart,
    between,
    request: (sample) => samples.push(sample),
    mark: (kind, label) => marks.push({ kind, label, second: secondsSinceStart(epochNow()) }),
    secondsBetween: (fromMs, toMs) => countBySecond(between(fromMs, toMs), fromMs, toMs),
    timeline: () => timelineOf(samples, startedAtMs, epochNow()),
  };
}
