/**
 * Finds what the topology bears on this machine before anything is broken: a short ramp of the open-loop load
 * until goodput stops following what is offered.
 */
import type { Clock } from '@nines/local-cloud';
import type { LoadGenerator, LoadStage } from './load-generator.ts';
import { bestRate, commonCauses, goodAnswersBySecond, totalOf } from './measures.ts';
import { LATEST_REPORT_MS } from './recorder.ts';
import type { Recorder } from './recorder.ts';

/** A rate that rises in a straight line, in requests a second. */
export interface Ramp {
  readonly firstRate: number;
  readonly lastRate: number;
  readonly seconds: number;
}

/** From a rate that any machine bears to one that no local topology of servers does. */
export const RAMP: Ramp = { firstRate: 20, lastRate: 820, seconds: 40 };
/** Goodput is a mean over so many seconds: long enough for the burst that a token bucket lets through to weigh little. */
const WINDOW_SECONDS = 4;
/** The ramp is over when, over one window, less than this share of what was offered was good. */
const KEEPS_UP_SHARE = 0.75;
const CAUSES_SHOWN = 3;

export const calibrationStages = ({ firstRate, lastRate, seconds }: Ramp): readonly LoadStage[] => [
  { target: firstRate, duration: '0s' },
  { target: lastRate, duration: `${String(seconds)}s` },
];

export class CalibrationFailedError extends Error {
  readonly code = 'calibration-failed';
  override readonly name = 'CalibrationFailedError';
}

/** Whether the last whole window shows that the topology no longer keeps up. */
export function isSaturated(
  seconds: readonly { good: number; bad: number; dropped: number; shed: number }[],
): boolean {
  const window = seconds.slice(-WINDOW_SECONDS);
  if (window.length < WINDOW_SECONDS) return false;
  const offered = window.reduce((sum, second) => sum + totalOf(second), 0);
  const good = window.reduce((sum, second) => sum + second.good, 0);
  return offered > 0 && good < KEEPS_UP_SHARE * offered;
}

export interface CalibrationOptions {
  /** @default RAMP */
  readonly ramp?: Ramp;
  readonly start: (stages: readonly LoadStage[]) => LoadGenerator;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * The capacity in good answers a second: the best window of the ramp, which went on until beyond saturation.
 *
 * @throws CalibrationFailedError when next to nothing was served.
 * @throws LoadGeneratorFailedError when the load ended before its time.
 */
export async function calibrate({
  ramp = RAMP,
  start,
  recorder,
  clock,
  signal,
}: CalibrationOptions): Promise<number> {
  const fromMs = clock.epochNow();
  const generator = start(calibrationStages(ramp));
  await generator.started;
  let over = false;
  const ended = generator.ended.finally(() => {
    over = true;
  });
  ended.catch(() => undefined);
  while (!over && !signal.aborted) {
    await clock.sleep(500, signal);
    // Requests that may still be answered are left out, or every last second would look like a failure.
    if (isSaturated(recorder.secondsBetween(fromMs, clock.epochNow() - LATEST_REPORT_MS))) break;
  }
  await generator.stop();
  // Half a ramp would be taken for a small capacity, at which the rest of the day is easily passed.
  await ended;
  const toMs = clock.epochNow();
  const samples = recorder.between(fromMs, toMs);
  const capacity = bestRate(goodAnswersBySecond(samples, fromMs, toMs), WINDOW_SECONDS);
  if (capacity < ramp.firstRate / 2) {
    const causes = commonCauses(samples, CAUSES_SHOWN);
    throw new CalibrationFailedError(
      `the topology served ${capacity.toFixed(1)} good requests/s at best, too few to measure anything. ` +
        `What went wrong: ${causes.map(({ cause, count }) => `${cause} (${String(count)} times)`).join('; ') || 'nobody asked'}.`,
    );
  }
  return capacity;
}
