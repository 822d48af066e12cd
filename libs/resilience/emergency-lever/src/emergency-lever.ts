/**
 * Emergency levers: named switches and percentages that a person can pull while things burn, to do less work. What
 * they say is a function of the last configuration that was read, and of nothing else; each change is told, for an
 * audit; without a source they stand where they stood, and at first on their safe defaults.
 *
 * Use them for work that can be left out: recommendations, reports, a share of background jobs. A lever must make the
 * system do less, be tested before it is needed, and leave nothing to improvise. Do not use them to release features,
 * to add capacity, or for anything that needs a deployment.
 *
 *     const levers = createEmergencyLevers({
 *       levers: { recommendations: true, 'reports-percent': 100 },       // the safe defaults, which decide the types
 *       source: async ({ signal }) => JSON.parse(await readFile(path, { encoding: 'utf8', signal })),
 *       onEvent: (event) => log.warn(event),                             // the audit: what, from, to
 *     });
 *     await levers.start();                                              // reads, then reads again every 10 s
 *     if (levers.get('recommendations')) ...
 *     if (levers.allows('reports-percent', customerId)) ...              // the same customers each time
 *     levers.stop();
 *
 * Sources for environment variables, files and AWS AppConfig are in `emergency-lever-sources.ts`.
 */

export type LeverValue = boolean | number | string;

/** Gives a whole configuration: values by lever, as they are or as texts. What is not named stands on its default. */
export type LeverSource = (context: {
  readonly signal: AbortSignal;
}) => Readonly<Record<string, unknown>> | PromiseLike<Readonly<Record<string, unknown>>>;

export type EmergencyLeverEvent =
  | { readonly type: 'changed'; readonly lever: string; readonly from: LeverValue; readonly to: LeverValue }
  /** A value of the wrong type was read; the lever stays where it is. */
  | { readonly type: 'refused'; readonly lever: string; readonly value: unknown }
  | { readonly type: 'source-failed'; readonly error: unknown };

export interface EmergencyLeverOptions<L extends Readonly<Record<string, LeverValue>>> {
  /** Each lever with its safe default: what is right while nobody has pulled it, or its source was never reached. */
  readonly levers: L;
  readonly source: LeverSource;
  /** Milliseconds between two reads, above 0: how long a pull may take to arrive. @default 10000 */
  readonly intervalMs?: number;
  /** Time limit of a read. @default 2000 */
  readonly timeoutMs?: number;
  /** Runs a function later and returns how to cancel it. @default setTimeout, which does not keep the process alive */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  /** The audit: told of every change, of values that were refused, and of a source that failed. */
  readonly onEvent?: (event: EmergencyLeverEvent) => void;
}

type Widened<V> = V extends boolean ? boolean : V extends number ? number : string;

export interface EmergencyLevers<L extends Readonly<Record<string, LeverValue>>> {
  /** Where a lever stands. Costs a look into an object: ask each time, keep nothing. */
  get<K extends keyof L & string>(lever: K): Widened<L[K]>;
  /** Whether a lever in percent lets this customer, request or job through: always the same ones, the more the higher. */
  allows(lever: keyof L & string, key: string): boolean;
  /**
   * Reads once, and then at the interval. Fulfils when that first read has ended, well or not; rejects with nothing but
   * what `onEvent` throws, when all levers stand where they were pulled to. In later turns what it throws is dropped.
   */
  start(): Promise<void>;
  stop(): void;
  /** Reads now. */
  refresh(): Promise<void>;
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

/** The value in the type of the default, or undefined when it has another. Sources of text give 'true' and '12'. */
const readAs = (standard: LeverValue, value: unknown): LeverValue | undefined => {
  if (typeof standard === 'number') {
    const number = typeof value === 'string' && value.trim() ? Number(value) : value;
    return Number.isFinite(number) ? (number as number) : undefined;
  }
  if (typeof value === typeof standard) return value as LeverValue;
  if (typeof standard === 'string') return undefined;
  return value === 'true' || (value === 'false' ? false : undefined);
};

/** From 0 to below 100, evenly, the same for the same text: FNV-1a, finished as in MurmurHash3 (public domain). */
const percentOf = (text: string) => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 42949672.96;
};

/** @throws RangeError when `intervalMs` is not above 0 */
export function createEmergencyLevers<const L extends Readonly<Record<string, LeverValue>>>(
  options: EmergencyLeverOptions<L>,
): EmergencyLevers<L> {
  const {
    levers,
    source,
    intervalMs = 10_000,
    timeoutMs = 2000,
    schedule = scheduleByTimeout,
    onEvent,
  } = options;
  if (!(intervalMs > 0)) throw new RangeError('intervalMs must be > 0');
  const positions = new Map<string, LeverValue>(Object.entries(levers));
  let running: AbortController | undefined;
  let cancelTurn: (() => void) | undefined;

  const set = (configuration: Readonly<Record<string, unknown>>) => {
    const news: EmergencyLeverEvent[] = [];
    for (const [lever, standard] of Object.entries(levers)) {
      const from = positions.get(lever) as LeverValue;
      const value = configuration[lever] ?? standard;
      const to = readAs(standard, value);
      if (to === undefined) news.push({ type: 'refused', lever, value });
      else if (to !== from) {
        positions.set(lever, to);
        news.push({ type: 'changed', lever, from, to });
      }
    }
    // Told when all are pulled: a listener that throws must not keep a lever where it was.
    return news;
  };

  const refresh = async () => {
    running?.abort();
    const controller = (running = new AbortController());
    let news: EmergencyLeverEvent[] = [];
    try {
      news = set(await limited(source, controller, timeoutMs, schedule));
    } catch (error) {
      // A read that stop() or a newer one has ended is no failure of the source.
      if (running === controller) news.push({ type: 'source-failed', error });
    }
    for (const event of news) onEvent?.(event);
  };

  const stop = () => {
    cancelTurn?.();
    const controller = running;
    running = undefined;
    controller?.abort();
  };

  return {
    get: (lever) => positions.get(lever) as never,
    allows: (lever, key) => percentOf(`${lever}#${key}`) < Number(positions.get(lever)),
    refresh,
    stop,
    start() {
      stop();
      const waitForTurn = () => {
        cancelTurn = schedule(() => {
          waitForTurn();
          refresh().catch(() => undefined);
        }, intervalMs);
      };
      waitForTurn();
      return refresh();
    },
  };
}
