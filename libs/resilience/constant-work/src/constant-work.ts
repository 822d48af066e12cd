/**
 * Constant work: read a whole snapshot at a fixed cadence, however much or little has changed, and keep the last
 * good one when a read fails. The load on the source is the same on the best and on the worst day.
 *
 * Use it to spread configuration, routing or health tables of a bounded size. Do not use it for data too large
 * to send whole, or where each reader needs another part of it.
 *
 *     const routes = createConstantWork({ read: ({ signal }) => fetchTable(signal), intervalMs: 5_000 });
 *     await routes.start();                 // the first read has been tried, well or not
 *     routes.current();                     // { value, ageMs } or undefined before the first good read
 *     routes.stop();                        // no timer is left, a running read is aborted
 *
 * A failed read is not repeated before its next turn, and a turn that finds one running is left out: there is no
 * second mode to be surprised by.
 */

export interface Snapshot<T> {
  readonly value: T;
  /** Milliseconds since the read that brought it was finished. */
  readonly ageMs: number;
}

export type ConstantWorkEvent =
  | { readonly type: 'refreshed'; readonly durationMs: number }
  | { readonly type: 'refresh-failed'; readonly error: unknown; readonly ageMs: number };

export interface ConstantWorkOptions<T> {
  /** Reads the whole. Its signal aborts at the time limit and at `stop()`. */
  readonly read: (context: { readonly signal: AbortSignal }) => T | PromiseLike<T>;
  /**
   * Throws when a snapshot must not replace the last good one: an empty or truncated table is the usual way in
   * which a source fails while answering.
   */
  readonly validate?: (value: T) => void;
  /** Milliseconds from one turn to the next, above 0. @default 10000 */
  readonly intervalMs?: number;
  /** Time limit of a read in milliseconds, at most `intervalMs`, which is the default. */
  readonly timeoutMs?: number;
  /**
   * From 0 to below 1: decides how long after `start()` the second read comes, up to one interval, so that a fleet
   * does not read in step. @default Math.random
   */
  readonly random?: () => number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout, which does not keep the process alive */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  readonly onEvent?: (event: ConstantWorkEvent) => void;
}

export interface ConstantWork<T> {
  /**
   * Reads once at once and then at the cadence. Fulfils when that first read has ended, well or not; rejects with
   * nothing but what `onEvent` throws. In later turns what it throws is dropped, and the cadence goes on.
   */
  start(): Promise<void>;
  stop(): void;
  /** The last good snapshot, however old: what to do about its age is the reader's decision. */
  current(): Snapshot<T> | undefined;
}

const scheduleByTimeout = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
  (timer as { unref?: () => void }).unref?.();
  return () => {
    clearTimeout(timer);
  };
};

/** Waits for `fn` until the controller aborts or the time is over, even when `fn` ignores its signal. */
const limited = <T>(
  fn: (context: { readonly signal: AbortSignal }) => T | PromiseLike<T>,
  controller: AbortController,
  timeoutMs: number,
  schedule: (run: () => void, delayMs: number) => () => void,
) =>
  new Promise<T>((resolve, reject) => {
    const { signal } = controller;
    signal.addEventListener('abort', () => {
      cancel();
      reject(signal.reason as Error);
    });
    const cancel = schedule(() => {
      controller.abort(Object.assign(new Error('timeout'), { code: 'timeout' }));
    }, timeoutMs);
    (async () => fn({ signal }))().finally(cancel).then(resolve, reject);
  });

/** @throws RangeError when `intervalMs` is not above 0 */
export function createConstantWork<T>(options: ConstantWorkOptions<T>): ConstantWork<T> {
  const { read, validate, intervalMs = 10_000, timeoutMs = intervalMs, onEvent } = options;
  // eslint-disable-next-line no-restricted-properties -- the documented default of the injected source
  const { clock = performance, random = Math.random, schedule = scheduleByTimeout } = options;
  if (!(intervalMs > 0)) throw new RangeError('intervalMs must be > 0');
  let last: { readonly value: T; readonly readAt: number } | undefined;
  /** Of the read that runs. */
  let running: AbortController | undefined;
  let cancelTurn: (() => void) | undefined;

  const current = () => last && { value: last.value, ageMs: clock.now() - last.readAt };

  const refresh = async () => {
    if (running) return;
    const startedAt = clock.now();
    const controller = (running = new AbortController());
    try {
      const value = await limited(read, controller, Math.min(timeoutMs, intervalMs), schedule);
      validate?.(value);
      last = { value, readAt: clock.now() };
      onEvent?.({ type: 'refreshed', durationMs: last.readAt - startedAt });
    } catch (error) {
      // After stop() nobody is told of the read that it ended.
      if (running === controller)
        onEvent?.({ type: 'refresh-failed', error, ageMs: current()?.ageMs ?? Infinity });
    } finally {
      if (running === controller) running = undefined;
    }
  };

  const stop = () => {
    const controller = running;
    running = undefined;
    cancelTurn?.();
    controller?.abort();
  };

  return {
    start() {
      stop();
      const firstAt = clock.now() + (1 - random()) * intervalMs;
      let turn = -1;
      // Turns are counted from the first, so that neither a slow read nor a late timer shifts the cadence; and each is
      // later than the one before, also when a timer fires a little early.
      const waitForTurn = () => {
        const now = clock.now();
        turn = Math.max(turn, Math.floor((now - firstAt) / intervalMs)) + 1;
        const nextTurn = () => {
          waitForTurn();
          refresh().catch(() => undefined);
        };
        cancelTurn = schedule(nextTurn, firstAt + turn * intervalMs - now);
      };
      waitForTurn();
      return refresh();
    },
    stop,
    current,
  };
}
