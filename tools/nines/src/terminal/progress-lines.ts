/** How a game day's progress reads: a live line a second on a terminal, a plain line every ten in a log. */
import { totalOf } from '@nines/game-day';
import type { OnProgress, RequestCounts } from '@nines/game-day';
import type { Console } from './console.ts';

const LOG_EVERY_SECONDS = 10;

const clockOf = (seconds: number): string =>
  `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;

/** The share of good requests, cut and never rounded up to 100%. */
function goodPercent(counts: RequestCounts): string {
  const total = totalOf(counts);
  return total === 0 ? '  -  ' : `${(Math.floor((counts.good / total) * 1000) / 10).toFixed(1)}%`;
}

export interface ProgressLinesOptions {
  readonly console: Console;
  /** Monotonic milliseconds. Seconds of the load are not counted: k6 tells of none while it starts or is held up. */
  readonly clock: { now(): number };
}

/** The times are counted from this call. */
export function showProgress({ console, clock }: ProgressLinesOptions): OnProgress {
  const startedAtMs = clock.now();
  let loggedAtSecond = 0;
  return (progress) => {
    const second = Math.floor((clock.now() - startedAtMs) / 1000);
    const at = clockOf(second);
    switch (progress.kind) {
      case 'phase':
        console.line(`${at} == ${progress.label}`);
        return;
      case 'cloud':
        console.line(`${at}    ${progress.event.message}`);
        return;
      case 'fault-over': {
        const { fault, met, lossSeconds, rtoSeconds } = progress.result;
        const rto = rtoSeconds === null ? 'never recovered' : `RTO ${String(rtoSeconds)} s`;
        console.line(`${at} -- ${fault}: ${met ? 'met' : 'NOT MET'}, L ${lossSeconds.toFixed(1)} s, ${rto}`);
        return;
      }
      case 'second': {
        const { counts, p95Ms, phase } = progress;
        const text = `${at}    ${phase}: ${String(totalOf(counts))} requests/s, ${goodPercent(counts)} good, ${String(counts.shed)} shed, ${String(counts.dropped)} dropped, p95 ${p95Ms === null ? '-' : p95Ms.toFixed(0)} ms`;
        console.live(text);
        if (console.interactive || second - loggedAtSecond < LOG_EVERY_SECONDS || totalOf(counts) === 0)
          return;
        loggedAtSecond = second;
        console.line(text);
      }
    }
  };
}
