import type { FaultId } from '@nines/availability';
import type { LocalCloud, Pace } from '@nines/local-cloud';
import type { Topology } from '@nines/topology';

export type FaultName = FaultId;

export interface RunningLoad {
  /** When its first request had been made, in milliseconds of the epoch. */
  readonly startedAtMs: number;
  /** @throws LoadGeneratorFailedError when it had ended before by itself. */
  stop(): Promise<void>;
}

/** Load beyond the steady one, for the fault that is load itself. */
export interface ExtraLoad {
  /** Starts more load and resolves when its first request is under way; stops by itself or by `stop`. */
  start(ratePerSecond: number): Promise<RunningLoad>;
}

/** What users did while a fault lasted, for its proof that it hit something. */
export interface FaultEvidence {
  /** Requests a second that users made or wanted to make (dropped iterations included). */
  readonly offeredRps: number;
}

/** What a person does about a fault, where the tier's promise counts on one. */
export interface Response {
  /** What is done, for the report: `rebuild the server in another zone`. */
  readonly what: string;
  /** How long it takes her to understand and decide, in seconds of AWS's time. */
  readonly afterSeconds: number;
  act(): Promise<unknown>;
}

export interface FaultContext {
  readonly cloud: LocalCloud;
  readonly pace: Pace;
  readonly extraLoad: ExtraLoad;
  readonly capacityRps: number;
  readonly loadRps: number;
}

export interface Injection {
  /** What was hit, for the report. */
  readonly target: string;
  /**
   * When the fault began, in milliseconds of the epoch.
   *
   * @default when its injection was asked for: what users lose while it is under way is the fault's doing too
   */
  readonly beganAtMs?: number;
  /** @default nobody does anything */
  readonly response?: Response;
  /** Ends the fault; for one that heals by itself there is nothing to do. */
  heal(): Promise<void>;
  /**
   * Brings back what the fault moved, once its window is over: planned work, which is no part of what it did.
   *
   * @default nothing was moved
   */
  afterwards?: () => Promise<void>;
  /** Throws FaultHitNothingError when the fault turns out to have touched nothing while it lasted. */
  verify?(evidence: FaultEvidence): Promise<void>;
}

/**
 * How long a fault lasts: until its users are served again (and at most so long), or a fixed time.
 */
export type Hold =
  | { readonly kind: 'until-recovered'; readonly atMostSeconds: (pace: Pace, topology: Topology) => number }
  | { readonly kind: 'fixed'; readonly seconds: (pace: Pace) => number };

/** One way to break a topology. The same definitions become AWS FIS experiments in the stacks. */
export interface Fault {
  readonly name: FaultName;
  /** Tells two of the same kind apart, such as the zone that is lost. */
  readonly variant?: string;
  readonly hold: Hold;
  /**
   * Whether there is something in the topology that it could hit.
   *
   * @default always
   */
  readonly appliesTo?: (topology: Topology) => boolean;
  inject(context: FaultContext): Promise<Injection>;
}

/** A fault that hit nothing proves nothing: a green run of it would be empty. */
export class FaultHitNothingError extends Error {
  readonly code = 'fault-hit-nothing';
  override readonly name = 'FaultHitNothingError';
}
