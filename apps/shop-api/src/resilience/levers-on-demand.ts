/**
 * The emergency levers of a function: read again when a request comes and they are due, since between two requests
 * nothing runs. Without a source they stand where they stand while nobody has pulled them; while the source is away,
 * where they were pulled to.
 */
import { createEmergencyLevers, type LeverSource } from '@nines/emergency-lever';
import { LEVERS, type Levers } from '../core/levers.ts';
import type { Log } from '../ports/log.ts';
import type { Metrics } from '../ports/metrics.ts';
import { createDueWork } from './due-work.ts';

export interface LeversOnDemand extends Levers {
  /** Reads again when it is time. Never rejects. */
  refresh(): Promise<void>;
}

export interface LeversOnDemandOptions {
  /** Absent: nobody can pull any. */
  readonly source: LeverSource | undefined;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Milliseconds that go on while the function is frozen. */
  readonly clock: { now(): number };
  /** Starts a timer and returns its cancellation. @default setTimeout */
  readonly schedule?: (run: () => void, delayMs: number) => () => void;
}

/** Above the 15 s that AppConfig asks for between two calls: a pull arrives as fast as it does in a server. */
const LEVERS_INTERVAL_MS = 20_000;
/** As long as a request waits for the catalogue, at the same time: thirty times what AppConfig takes. */
const PATIENCE_MS = 300;

export function createLeversOnDemand(options: LeversOnDemandOptions): LeversOnDemand {
  const { source, metrics, log, clock, schedule } = options;
  const levers = createEmergencyLevers({
    levers: LEVERS,
    source: source ?? (() => ({})),
    timeoutMs: PATIENCE_MS,
    ...(schedule === undefined ? {} : { schedule }),
    onEvent: (event) => {
      metrics.event('levers', event.type);
      if (event.type !== 'source-failed') log.warn(event, 'an emergency lever was moved');
    },
  });
  const refresh = createDueWork({ intervalMs: LEVERS_INTERVAL_MS, clock }, levers.refresh);
  return { get: levers.get, refresh: source === undefined ? () => Promise.resolve() : refresh };
}
