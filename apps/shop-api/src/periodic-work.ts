/** Repeats background work, one round after the other, until it is stopped; a failed round is no reason to stop. */

export interface PeriodicWorkOptions {
  /** One round. Resolves with true when there is more to do, so that the next round follows at once. */
  readonly run: () => Promise<boolean>;
  readonly intervalMs: number;
  readonly onError: (error: unknown) => void;
  /** Starts a timer and returns its cancellation. */
  readonly setTimer: (run: () => void, delayMs: number) => () => void;
}

export interface PeriodicWork {
  start(): void;
  /** Resolves when the round under way has ended; none follows. */
  stop(): Promise<void>;
}

export function createPeriodicWork({
  run,
  intervalMs,
  onError,
  setTimer,
}: PeriodicWorkOptions): PeriodicWork {
  let stopped = false;
  let cancel: (() => void) | undefined;
  let round: Promise<void> = Promise.resolve();

  async function turn(): Promise<void> {
    let more = true;
    while (more && !stopped) {
      try {
        more = await run();
      } catch (error) {
        more = false;
        onError(error);
      }
    }
    if (!stopped) cancel = setTimer(begin, intervalMs);
  }

  function begin(): void {
    round = turn();
  }

  return {
    start: begin,
    stop: async () => {
      stopped = true;
      cancel?.();
      await round;
    },
  };
}
