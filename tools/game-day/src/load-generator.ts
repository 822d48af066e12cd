/**
 * Runs k6 and hands on what its users saw, one sample a request, while it happens. k6 is a process of its own,
 * listed with the guardian; ending it early is normal, because most faults decide themselves when they are over.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { killGroup } from '@nines/local-cloud';
import type { Clock, Guardian } from '@nines/local-cloud';
import { parseK6Line } from './k6-samples.ts';
import type { KeptOrder } from './ledger.ts';
import type { RequestSample } from './measures.ts';

/** Ends of stages of an open-loop arrival rate: k6 goes from one target to the next within the duration. */
export interface LoadStage {
  readonly target: number;
  readonly duration: string;
}

export interface LoadOptions {
  /** Tells this generator's orders from those of any other of the run. */
  readonly name: string;
  readonly k6: string;
  readonly script: string;
  readonly baseUrl: string;
  readonly stages: readonly LoadStage[];
  /** Virtual users that may wait at once; beyond them iterations are dropped, and each counts as a bad request. */
  readonly maxVirtualUsers: number;
  /** How often a client tries again within its patience what was cut off or failed. @default 0 */
  readonly retries?: number;
  readonly guardian: Guardian;
  readonly clock: Clock;
  readonly workingDirectory: string;
  readonly onRequest: (sample: RequestSample) => void;
  readonly onOrder: (order: { reference: string; orderId: string; atMs: number }) => void;
  /** An order that the shop has kept and promised to store later. @default nobody listens */
  readonly onKept?: (order: KeptOrder) => void;
}

export interface LoadGenerator {
  /** Resolves with the first request's sample; rejects when k6 ends without one. */
  readonly started: Promise<void>;
  /**
   * Resolves when k6 has ended by itself or by `stop`.
   *
   * @throws LoadGeneratorFailedError when k6 could not be started or ended with an error.
   * @throws K6SampleInvalidError when it wrote a sample that cannot be read.
   */
  readonly ended: Promise<void>;
  /** Ends k6, by force when it does not obey; never rejects. */
  stop(): Promise<void>;
}

export class LoadGeneratorFailedError extends Error {
  readonly code = 'load-generator-failed';
  override readonly name = 'LoadGeneratorFailedError';
}

/** How long a user waits for an answer. Two seconds is where people begin to leave a shop (assumption, printed). */
export const CLIENT_PATIENCE_MS = 2_000;
/** k6's exit code when it was interrupted, which is how we end it. */
const INTERRUPTED = 105;
const STOP_PATIENCE_MS = 5_000;
/** What the shop answers for an order that it keeps for later. */
const KEPT = 202;

function deliver(line: string, options: LoadOptions, onFirst: () => void): void {
  const sample = parseK6Line(line);
  if (!sample) return;
  const { endedAtMs } = sample;
  if (sample.kind === 'dropped') {
    const one = {
      startedAtMs: endedAtMs,
      durationMs: 0,
      route: 'any',
      outcome: 'dropped',
      stale: false,
    } as const;
    for (let count = 0; count < sample.count; count += 1) options.onRequest(one);
    return;
  }
  onFirst();
  const { durationMs, route, outcome, freshness, reason, detail, order } = sample;
  options.onRequest({
    startedAtMs: endedAtMs - durationMs,
    durationMs,
    route,
    outcome,
    stale: freshness === 'stale',
    ...(outcome === 'good' && sample.status === KEPT ? { kept: true } : {}),
    ...(outcome === 'good' ? {} : { cause: `${route}: ${[reason, detail].filter(Boolean).join(' ')}` }),
  });
  if (outcome !== 'good' || order === undefined) return;
  const { reference, orderId, intakeId } = order;
  if (orderId !== undefined) options.onOrder({ reference, orderId, atMs: endedAtMs });
  if (sample.status === KEPT && intakeId !== undefined)
    options.onKept?.({ reference, intakeId, atMs: endedAtMs });
}

function spawnK6(options: LoadOptions): ChildProcess {
  return options.guardian.spawn(
    options.k6,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      // The judgement is ours: without these k6 would keep every sample for a summary that nobody reads.
      '--summary-mode=disabled',
      '--no-thresholds',
      '--out',
      'json=-',
      options.script,
    ],
    {
      cwd: options.workingDirectory,
      env: {
        PATH: process.env['PATH'],
        HOME: options.workingDirectory,
        BASE_URL: options.baseUrl,
        WORKLOAD: 'timeline',
        TIMELINE: JSON.stringify(options.stages),
        TIMEOUT_MS: String(CLIENT_PATIENCE_MS),
        RETRIES: String(options.retries ?? 0),
        MAX_VUS: String(options.maxVirtualUsers),
        RUN_ID: options.name,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

export function startLoad(options: LoadOptions): LoadGenerator {
  const child = spawnK6(options);
  let problem = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    problem = (problem + chunk.toString()).slice(-2000);
  });

  let stopping = false;
  const { promise: started, resolve: onFirst, reject: onNoRequest } = Promise.withResolvers<undefined>();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  // Whoever never awaits the start still learns of the failure from `ended`.
  started.catch(() => undefined);
  child.once('error', (cause) => {
    fail(new LoadGeneratorFailedError(`k6 could not be started: ${cause.message}`, { cause }));
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream, crlfDelay: Infinity });
  lines.on('line', (line) => {
    try {
      deliver(line, options, () => {
        onFirst(undefined);
      });
    } catch (error) {
      // A measurement with samples missing is none, so the generator is of no more use.
      fail(error);
      killGroup(child, 'SIGKILL');
    }
  });

  // `close` comes after `exit`, with everything that k6 said about its end.
  const exited = Promise.all([once(child, 'close'), once(lines, 'close')]).then(([[code]]) => {
    const fine = code === 0 || code === INTERRUPTED || stopping;
    const error = new LoadGeneratorFailedError(`k6 ended with exit code ${String(code)}:\n${problem}`);
    onNoRequest(error);
    if (!fine) throw error;
  });
  const ended = Promise.race([failed, exited]);
  ended.catch(onNoRequest);

  return {
    started,
    ended,
    async stop() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) {
        killGroup(child, 'SIGINT');
        const inTime = new AbortController();
        void options.clock.sleep(STOP_PATIENCE_MS, inTime.signal).then(() => {
          if (!inTime.signal.aborted) killGroup(child, 'SIGKILL');
        });
        await ended
          // Why it failed is for whoever waits for its end; here it is enough that it ended.
          .catch(() => undefined)
          .finally(() => {
            inTime.abort();
          });
      }
    },
  };
}
