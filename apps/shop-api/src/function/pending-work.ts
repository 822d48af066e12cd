/**
 * Work that goes on when the answer is known: what nobody waits for in a server must be waited for in a function,
 * which is frozen with its answer. What is left then would go on minutes later, or never.
 */
export interface PendingWork {
  /** Keeps an eye on work; what it comes to is its caller's business. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all of it has ended, or after `limitMs`. */
  settled(limitMs: number): Promise<void>;
}

/** Starts a timer and returns its cancellation. */
export type Schedule = (run: () => void, delayMs: number) => () => void;

const setTimer: Schedule = (run, delayMs) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};

export function createPendingWork({
  schedule = setTimer,
}: { readonly schedule?: Schedule } = {}): PendingWork {
  const pending = new Set<Promise<unknown>>();
  return {
    track: (work) => {
      pending.add(work);
      const forget = () => pending.delete(work);
      work.then(forget, forget);
      return work;
    },
    settled: async (limitMs) => {
      if (pending.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const cancel = schedule(() => {
        resolve(undefined);
      }, limitMs);
      // What ends may have begun something else.
      const all = async () => {
        while (pending.size > 0) await Promise.allSettled(pending);
      };
      await Promise.race([all(), promise]);
      cancel();
    },
  };
}
