/**
 * The load of one run: each generator that it starts is told from the others, knows the users' patience and hands what
 * they saw to the recorder. When it starts and how much of it there is, the game day decides.
 */
import type { RunningLoad } from './faults/fault.ts';
import { startLoad } from './load-generator.ts';
import type { LoadGenerator, LoadOptions, LoadStage } from './load-generator.ts';
import type { Recorder } from './recorder.ts';

/** Long enough for any game day; k6 is stopped when it is over. */
const LONGEST_RUN = '3h';
/** Longer than any fault that is load itself lasts. */
const LONGEST_EXTRA = '10m';

export interface LoadOfRunOptions extends Pick<
  LoadOptions,
  'k6' | 'script' | 'retries' | 'guardian' | 'clock' | 'onOrder' | 'onKept'
> {
  readonly recorder: Recorder;
  /** Asked whenever load starts, because what is loaded has no address before it runs. */
  readonly baseUrl: () => string;
}

/** Load that goes on until the run is over. */
export interface SteadyLoad {
  /** A generator that dies takes the measurement with it, so the run ends there and then. */
  throwIfFailed(): void;
  /** Never rejects. */
  stop(): Promise<void>;
}

export interface LoadOfRun {
  /** Makes the directory that the generators work in; before the first of them starts. */
  prepare(): Promise<void>;
  start(name: string, stages: readonly LoadStage[], maxVirtualUsers: number): LoadGenerator;
  /** Resolves when its first request has been made. */
  startSteady(ratePerSecond: number, maxVirtualUsers: number): Promise<SteadyLoad>;
  /** Load beyond the steady one; resolves when its first request has been made. */
  startExtra(ratePerSecond: number, maxVirtualUsers: number): Promise<RunningLoad>;
}

const steadily = (target: number, duration: string): readonly LoadStage[] => [
  { target, duration: '0s' },
  { target, duration },
];

export function createLoadOfRun({ recorder, baseUrl, ...options }: LoadOfRunOptions): LoadOfRun {
  let workingDirectory = '';
  let generators = 0;

  const start: LoadOfRun['start'] = (name, stages, maxVirtualUsers) => {
    generators += 1;
    return startLoad({
      ...options,
      name: `${name}-${String(generators)}`,
      baseUrl: baseUrl(),
      stages,
      maxVirtualUsers,
      workingDirectory,
      onRequest: (sample) => {
        recorder.request(sample);
      },
    });
  };

  return {
    start,
    async prepare() {
      workingDirectory = await options.guardian.makeDirectory('nines-load-');
    },
    async startSteady(ratePerSecond, maxVirtualUsers) {
      const generator = start('steady', steadily(ratePerSecond, LONGEST_RUN), maxVirtualUsers);
      let failure: Error | undefined;
      generator.ended.catch((error: unknown) => {
        failure = error as Error;
      });
      await generator.started;
      return {
        throwIfFailed() {
          if (failure) throw failure;
        },
        stop: () => generator.stop(),
      };
    },
    async startExtra(ratePerSecond, maxVirtualUsers) {
      const extra = start('extra', steadily(ratePerSecond, LONGEST_EXTRA), maxVirtualUsers);
      await extra.started;
      return {
        startedAtMs: options.clock.epochNow(),
        stop: async () => {
          await extra.stop();
          // A generator that had died by itself offered less than was meant.
          await extra.ended;
        },
      };
    },
  };
}
