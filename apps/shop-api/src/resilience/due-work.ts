/**
 * Work that is done when somebody asks and it is due, for processes in which no timer drives anything; who asks
 * meanwhile waits for the same. A failure counts as done, so that what is away costs one request in each interval its
 * patience, and not every request; unless it cannot wait.
 */
export interface DueWorkOptions {
  readonly intervalMs: number;
  /** Milliseconds that go on while the function is frozen. */
  readonly clock: { now(): number };
  /**
   * Whether it is due whatever the time, because nobody can be served before it has succeeded.
   * @default never
   */
  readonly cannotWait?: () => boolean;
  /** Told how each time ended. */
  readonly onEnd?: (how: 'refreshed' | 'refresh-failed') => void;
}

/** @returns what does the work if it is due; it never rejects. */
export function createDueWork(
  { intervalMs, clock, cannotWait = () => false, onEnd }: DueWorkOptions,
  work: () => Promise<void>,
): () => Promise<void> {
  let begunAt: number | undefined;
  let underWay: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      await work();
      onEnd?.('refreshed');
    } catch {
      onEnd?.('refresh-failed');
    } finally {
      underWay = undefined;
    }
  }

  return () => {
    if (underWay !== undefined) return underWay;
    const isRecent = begunAt !== undefined && clock.now() - begunAt < intervalMs;
    if (isRecent && !cannotWait()) return Promise.resolve();
    begunAt = clock.now();
    underWay = run();
    return underWay;
  };
}
