/**
 * Health check: shallow (this process answers) and deep (what it depends on answers too); deep results are
 * cached, run in parallel, limited in time and change only after several equal results.
 *
 * Use the shallow one for liveness and for the load balancer, the deep one for dashboards, alarms and readiness
 * at start. Do not let a load balancer take instances out by a deep check of something that all of them share:
 * when it fails, every instance is taken out at once.
 *
 *     const health = createHealthCheck({
 *       checks: {
 *         database: { check: ({ signal }) => pool.ping(signal) },
 *         reviews: { check: ({ signal }) => ping(url, signal), critical: false },
 *       },
 *     });
 *     health.shallow();               // { status: 'healthy' }, no work
 *     const report = await health.deep();   // { status: 'healthy' | 'degraded' | 'unhealthy', checks: {...} }
 *     response.statusCode = report.status === 'unhealthy' ? 503 : 200;
 *
 * No timer runs between calls: a check is run when somebody asks and the last result is too old.
 */

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

export interface CheckOptions {
  /** Fulfils when healthy, rejects when not. Its signal aborts when its time is over. */
  readonly check: (context: { readonly signal: AbortSignal }) => unknown;
  /** Whether the whole is unhealthy without it. `false` makes it degraded. @default true */
  readonly critical?: boolean;
  /** Overrides the time limit for this check. */
  readonly timeoutMs?: number;
}

export interface CheckReport {
  readonly status: 'healthy' | 'unhealthy';
  /** How long the last run took. */
  readonly durationMs: number;
  /** Why the last run failed, even while the status is still healthy. */
  readonly error?: unknown;
}

export interface HealthReport {
  readonly status: HealthStatus;
  /** Milliseconds since the checks were run. */
  readonly ageMs: number;
  readonly checks: Readonly<Record<string, CheckReport>>;
}

export interface HealthCheckEvent {
  readonly type: 'status-changed';
  readonly check: string;
  readonly status: 'healthy' | 'unhealthy';
  readonly error?: unknown;
}

export interface HealthCheckOptions {
  readonly checks: Readonly<Record<string, CheckOptions>>;
  /** Time limit of one check in milliseconds. @default 1000: shorter than the usual 2 to 5 s of a prober */
  readonly timeoutMs?: number;
  /**
   * Age in milliseconds up to which a report is given again, so that many probers cost the dependencies no more
   * than one. @default 1000
   */
  readonly cacheMs?: number;
  /** Failures in a row that make a healthy check unhealthy. @default 3 */
  readonly unhealthyAfter?: number;
  /** Successes in a row that make an unhealthy check healthy. @default 2 */
  readonly healthyAfter?: number;
  /** Monotonic milliseconds. @default performance */
  readonly clock?: { now(): number };
  /** Runs a function later and returns how to cancel it. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
  readonly onEvent?: (event: HealthCheckEvent) => void;
}

export interface HealthCheck {
  /** This process runs and answers. Touches nothing else. */
  shallow(): { readonly status: 'healthy' };
  /**
   * What it depends on answers. The first result of a check counts at once. Rejects with nothing but what `onEvent`
   * throws; the next report is made anew then, too.
   */
  deep(): Promise<HealthReport>;
}

interface CheckState {
  status?: 'healthy' | 'unhealthy';
  /** Results in a row that contradict the status. */
  against: number;
}

const scheduleByTimeout = (run: () => void, delayMs: number) => {
  const timer = setTimeout(run, delayMs);
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

export function createHealthCheck(options: HealthCheckOptions): HealthCheck {
  const { checks, timeoutMs = 1000, cacheMs = 1000, unhealthyAfter = 3, healthyAfter = 2 } = options;
  const { clock = performance, schedule = scheduleByTimeout, onEvent } = options;
  const states: Record<string, CheckState> = {};
  let report: Promise<Omit<HealthReport, 'ageMs'>>;
  let ranAt = -Infinity;
  let running = false;

  const run = async (name: string, { check, timeoutMs: limitMs = timeoutMs }: CheckOptions) => {
    const state = (states[name] ??= { against: 0 });
    const startedAt = clock.now();
    let failure: { error?: unknown } | undefined;
    try {
      await limited(check, new AbortController(), limitMs, schedule);
    } catch (error) {
      failure = { error };
    }
    const seen = failure ? 'unhealthy' : 'healthy';
    const needed = failure ? unhealthyAfter : healthyAfter;
    if (seen === state.status) state.against = 0;
    else if (++state.against >= needed || !state.status) {
      state.against = 0;
      state.status = seen;
      onEvent?.({ type: 'status-changed', check: name, status: seen, ...failure });
    }
    return { status: state.status, durationMs: clock.now() - startedAt, ...failure };
  };

  const runAll = async () => {
    const reports: Record<string, CheckReport> = {};
    let status: HealthStatus = 'healthy';
    const runs = Object.entries(checks).map(([name, check]) => ({ name, check, done: run(name, check) }));
    try {
      // All of them, so that none is left whose failure nobody hears.
      await Promise.all(runs.map(({ done }) => done));
    } finally {
      running = false;
    }
    for (const { name, check, done } of runs) {
      const { status: seen } = (reports[name] = await done);
      if (seen === 'unhealthy' && check.critical !== false) status = seen;
      else if (seen === 'unhealthy' && status === 'healthy') status = 'degraded';
    }
    return { status, checks: reports };
  };

  return {
    shallow: () => ({ status: 'healthy' }),
    async deep() {
      if (!running && clock.now() - ranAt >= cacheMs) {
        running = true;
        ranAt = clock.now();
        report = runAll();
      }
      return { ...(await report), ageMs: clock.now() - ranAt };
    },
  };
}
