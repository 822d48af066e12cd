/**
 * Deadline: one moment by which a whole request must be done, with all its attempts and all that it calls.
 *
 *     const withDeadline = createDeadline({ timeoutMs: 2000 });
 *     // In a server: what the caller still waits, at most ten seconds.
 *     const deadline = readDeadline(request.headers.get(TIMEOUT_HEADER), { defaultTimeoutMs: 2000 });
 *     const page = await withDeadline((context) => render(context), { signal, deadline });
 *     // In a client: what is left of it.
 *     await fetch(url, { signal: context.signal, headers: writeDeadline(context) });
 *
 * Use it once, outermost, where a request comes in. The header holds the time that is left and not a moment, so that
 * clocks need not agree. Do not use it as the limit of a single attempt: that is a timeout, and belongs inside.
 *
 * API: createDeadline(options) -> call(fn, context?), call.try(fn, context?); TIMEOUT_HEADER;
 *      readDeadline(header, options) -> a deadline; writeDeadline(context, options) -> headers;
 *      remainingMs(context, clock) -> what is left; parseRetryAfter(header, wallClockMs) -> milliseconds;
 *      DeadlineExceededError (code 'deadline-exceeded', an AbortError, not retryable).
 */

/** What a call is told about itself. What the caller gives is passed on; signal and deadline are always there. */
export interface CallContext {
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** The moment, in milliseconds of the monotonic clock, after which the answer is of no use. */
  readonly deadline: number;
  /** Whether doing the call twice has the same effect as doing it once. */
  readonly idempotent?: boolean | undefined;
  /** How much it matters that this call is served. */
  readonly priority?: 'critical' | 'default' | 'sheddable' | undefined;
}

/** The function that a policy calls. */
export type Fn<T> = (context: CallContext) => T | PromiseLike<T>;

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export interface DeadlineEvent {
  readonly type: 'deadline-exceeded';
  /** Whether the function had been called at all. */
  readonly started: boolean;
}

export interface DeadlineOptions {
  /** The time for the whole request, milliseconds, above 0. A nearer deadline in the context goes before it. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** One callback for metrics and logs. Nothing is allocated when it is absent. What it throws, the call fails with. */
  readonly onEvent?: (event: DeadlineEvent) => void;
}

export interface Deadline {
  /** Rejects with what `fn` threw, {@link DeadlineExceededError}, or, at once, with the signal's reason. */
  <T>(fn: Fn<T>, context?: Partial<CallContext>): Promise<T>;
  /** As the call itself, but what would be thrown is a value. */
  try<T>(fn: Fn<T>, context?: Partial<CallContext>): Promise<Result<T>>;
}

/** The header that carries the time that is left, in whole milliseconds. */
export const TIMEOUT_HEADER = 'x-request-timeout-ms';

const BRAND: unique symbol = Symbol.for('nines.error') as never;

/** The time of the request is over, so nobody wants its answer: neither a failure of the service nor to be repeated. */
export class DeadlineExceededError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'deadline-exceeded';
  readonly retryable = false;
  readonly [BRAND] = true;
}

/**
 * The deadline that a request's header asks for. A header that is missing or no whole number of milliseconds counts
 * as absent, since a proxy's mistake must not fail a request.
 *
 * @param options.defaultTimeoutMs what a request without the header gets
 * @param options.maxTimeoutMs what nobody gets more than. @default 10_000
 */
export function readDeadline(
  header: string | null | undefined,
  options: { defaultTimeoutMs: number; maxTimeoutMs?: number; clock?: { now(): number } },
): number {
  const { defaultTimeoutMs, maxTimeoutMs = 10_000, clock = performance } = options;
  const asked = /^\s*\d{1,15}\s*$/.test(header ?? '') ? Number(header) : defaultTimeoutMs;
  return clock.now() + Math.min(asked, maxTimeoutMs);
}

/**
 * The header for a call to another service: what is left, less what the way there and back takes. It is empty when
 * the context has no deadline.
 *
 * @param options.reserveMs @default 0
 * @throws DeadlineExceededError when nothing is left: the call would be in vain
 */
export function writeDeadline(
  context: { readonly deadline?: number | undefined },
  options: { reserveMs?: number; clock?: { now(): number } } = {},
): Record<string, string> {
  const { reserveMs = 0, clock = performance } = options;
  if (context.deadline === undefined) return {};
  const leftMs = Math.floor(remainingMs(context, clock) - reserveMs);
  if (leftMs <= 0) throw new DeadlineExceededError('no time is left for this call');
  return leftMs < Infinity ? { [TIMEOUT_HEADER]: String(leftMs) } : {};
}

/** What is left until the deadline, milliseconds: below 0 when it is over, Infinity when there is none. */
export const remainingMs = (
  { deadline = Infinity }: { readonly deadline?: number | undefined },
  clock: { now(): number } = performance,
): number => deadline - clock.now();

/** Milliseconds that a Retry-After header asks for: seconds, or a date, which needs the wall clock. */
export function parseRetryAfter(header: string | null | undefined, wallClockMs: number): number | undefined {
  const text = (header ?? '').trim();
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  // Only the date format of HTTP, which names its day: Date.parse would take "-5" for a month.
  if (!/^[A-Z][a-z]+,? /.test(text)) return undefined;
  const delayMs = Date.parse(text) - wallClockMs;
  return Number.isNaN(delayMs) ? undefined : Math.max(0, delayMs);
}

export function createDeadline(options: DeadlineOptions): Deadline {
  const { timeoutMs, clock = performance, schedule = scheduleByTimeout, onEvent } = options;

  const call = <T>(fn: Fn<T>, given: Partial<CallContext> = {}): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const now = clock.now();
      const deadline = Math.min(now + timeoutMs, given.deadline ?? Infinity);
      const { signal } = given;
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      if (deadline <= now) {
        onEvent?.({ type: 'deadline-exceeded', started: false });
        reject(new DeadlineExceededError('the time of the request was over before it began'));
        return;
      }
      const controller = new AbortController();
      const end = () => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const giveUp = (reason: unknown) => {
        end();
        reject(reason as Error);
        controller.abort(reason);
      };
      const onAbort = () => {
        giveUp(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort);
      const cancel = schedule(
        () => {
          let reason: unknown = new DeadlineExceededError('the time of the request is over');
          try {
            onEvent?.({ type: 'deadline-exceeded', started: true });
          } catch (bug) {
            // Thrown from a timer it would be an uncaught exception; so it fails the call that it was told of.
            reason = bug;
          }
          giveUp(reason);
        },
        Math.ceil(deadline - now),
      );
      startOf(fn, { ...given, signal: controller.signal, deadline }).then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error as Error);
        },
      );
    });

  return Object.assign(call, {
    try: <T>(fn: Fn<T>, context?: Partial<CallContext>) =>
      call(fn, context).then(
        (value): Result<T> => ({ ok: true, value }),
        (error: unknown): Result<T> => ({ ok: false, error }),
      ),
  });
}

const startOf = async <T>(fn: Fn<T>, context: CallContext): Promise<T> => fn(context);

const scheduleByTimeout = (run: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(run, delayMs);
  return () => {
    clearTimeout(timer);
  };
};
