/**
 * What a game day is on top of, whatever it breaks: phases that whoever watches is told, load that is recorded, users
 * who must be well before and after, faults that are tried one by one, and the problems that fail the run. What
 * happens when, and what a fault does, is the game day's own.
 */
import type { Clock } from '@nines/local-cloud';
import { calibrate } from './calibration.ts';
import type { Ramp } from './calibration.ts';
import type { FaultWindow } from './fault-window.ts';
import { FaultHitNothingError } from './faults/fault.ts';
import type { FaultEvidence } from './faults/fault.ts';
import type { Audit, SystemOfRecord } from './ledger.ts';
import { CLIENT_PATIENCE_MS } from './load-generator.ts';
import type { LoadOfRun } from './load-of-run.ts';
import { countRequests, quantileOf, recoverySecondsOf } from './measures.ts';
import type { OnProgress } from './progress.ts';
import { LATEST_REPORT_MS } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import type { FaultResult } from './result.ts';

export interface RunUnderLoadOptions {
  readonly recorder: Recorder;
  readonly load: LoadOfRun;
  readonly clock: Clock;
  readonly onProgress: OnProgress;
  /** Ends the run early. */
  readonly signal: AbortSignal;
}

export class GameDayInterruptedError extends Error {
  readonly code = 'game-day-interrupted';
  override readonly name = 'GameDayInterruptedError';
}

/** How long before a fault is looked at for what went wrong anyway. */
const BASELINE_SECONDS = 10;

/** When a fault was, in milliseconds of the epoch. */
export interface FaultSpan {
  readonly injectedAtMs: number;
  readonly healedAtMs: number;
  readonly endedAtMs: number;
}

export interface MeasuredFault {
  readonly result: FaultResult;
  /** Brings back what the fault moved, before the next one; no part of what it did. */
  readonly afterwards: (() => Promise<void>) | undefined;
}

export interface FaultTried {
  /** How the fault is called in phases and problems. */
  readonly label: string;
  /** @throws FaultHitNothingError when it touched nothing. */
  readonly measure: () => Promise<MeasuredFault>;
  /** Asked when what the fault moved was brought back; rejects when that did not make everything whole. */
  readonly awaitWhole: () => Promise<void>;
}

export class RunUnderLoad {
  /** Why the run fails, whatever its faults say. */
  readonly problems: string[] = [];
  readonly recorder: Recorder;
  readonly load: LoadOfRun;
  readonly #options: RunUnderLoadOptions;
  #phase = 'start';
  #isGivenUp = false;

  constructor(options: RunUnderLoadOptions) {
    this.#options = options;
    this.recorder = options.recorder;
    this.load = options.load;
  }

  get phase(): string {
    return this.#phase;
  }

  /** What is no longer whole cannot be broken further in a way that proves anything. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  giveUp(problem: string): void {
    this.#isGivenUp = true;
    this.problems.push(problem);
  }

  enter(label: string): void {
    this.#phase = label;
    this.recorder.mark('phase', label);
    this.#options.onProgress({ kind: 'phase', label });
  }

  throwIfInterrupted(): void {
    if (this.#options.signal.aborted) throw new GameDayInterruptedError('the game day was interrupted.');
  }

  /** Tells whoever watches what users saw each second, late enough that all of it is known, until the signal. */
  async reportSeconds(signal: AbortSignal): Promise<void> {
    const { clock, onProgress } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(1000, signal);
      const toMs = clock.epochNow() - CLIENT_PATIENCE_MS;
      const samples = this.recorder.between(toMs - 1000, toMs);
      const latencies = samples.map((sample) => sample.durationMs).sort((a, b) => a - b);
      const counts = countRequests(samples);
      onProgress({ kind: 'second', phase: this.#phase, counts, p95Ms: quantileOf(latencies, 0.95) });
    }
  }

  /** What is borne, in good answers a second. */
  calibrate(maxVirtualUsers: number, ramp?: Ramp): Promise<number> {
    const { clock, signal } = this.#options;
    this.enter('calibration');
    return calibrate({
      ...(ramp ? { ramp } : {}),
      start: (stages) => this.load.start('calibration', stages, maxVirtualUsers),
      recorder: this.recorder,
      clock,
      signal,
    });
  }

  /** Waits for ten good seconds in a row since the time, and no longer than the limit: then there were none. */
  async awaitGoodSeconds(fromMs: number, limitSeconds: number): Promise<boolean> {
    const { clock, signal } = this.#options;
    for (let waited = 0; waited < limitSeconds; waited += 1) {
      await clock.sleep(1000, signal);
      this.throwIfInterrupted();
      const seconds = this.recorder.secondsBetween(fromMs, clock.epochNow() - LATEST_REPORT_MS);
      if (recoverySecondsOf(seconds) !== null) return true;
    }
    return false;
  }

  /** Tries one fault and brings back what it moved; undefined, and a problem, where it hit nothing. */
  async tryFault({ label, measure, awaitWhole }: FaultTried): Promise<FaultResult | undefined> {
    this.enter(label);
    try {
      const { result, afterwards } = await measure();
      this.#options.onProgress({ kind: 'fault-over', result });
      if (afterwards && !this.#isGivenUp) await this.#bringBack(label, afterwards, awaitWhole);
      return result;
    } catch (error) {
      if (!(error instanceof FaultHitNothingError)) throw error;
      this.problems.push(`${label}: ${error.message}`);
      return undefined;
    }
  }

  /** What has to be done before the next fault finds what this one found, and is no part of what it did. */
  async #bringBack(
    label: string,
    afterwards: () => Promise<void>,
    awaitWhole: () => Promise<void>,
  ): Promise<void> {
    this.enter(`after ${label}`);
    try {
      await afterwards();
      await awaitWhole();
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      this.giveUp(`after ${label}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** What users did since a fault, for its proof that it hit something. */
  evidenceSince(injectedAtMs: number): FaultEvidence {
    // The last seconds' requests may not have been reported yet, so the rate is that of the time before.
    const toMs = this.#options.clock.epochNow() - LATEST_REPORT_MS;
    const offered = this.recorder.between(injectedAtMs, toMs).length;
    return { offeredRps: offered / Math.max(1, (toMs - injectedAtMs) / 1000) };
  }

  /** What was recorded around a fault, beside the requests of its own window. */
  recordedAround(
    span: FaultSpan,
  ): FaultSpan & Pick<FaultWindow, 'runStartedAtMs' | 'underWay' | 'before' | 'acknowledged'> {
    const { injectedAtMs, endedAtMs } = span;
    return {
      ...span,
      runStartedAtMs: this.recorder.startedAtMs,
      underWay: this.recorder.between(injectedAtMs - LATEST_REPORT_MS, injectedAtMs),
      before: this.recorder.between(injectedAtMs - BASELINE_SECONDS * 1000, injectedAtMs),
      acknowledged: this.recorder.ledger.acknowledgedBetween(injectedAtMs, endedAtMs),
    };
  }

  /** Orders acknowledged after the last fault's audit count too, though no fault is to blame for them. */
  auditAfterAll(record: SystemOfRecord): Audit {
    const audit = this.recorder.ledger.audit(record);
    const { lost, doubled } = audit;
    if (lost.length > 0) this.problems.push(`${String(lost.length)} orders were lost after the last fault`);
    if (doubled.length > 0)
      this.problems.push(`${String(doubled.length)} orders were doubled after the last fault`);
    return audit;
  }
}
