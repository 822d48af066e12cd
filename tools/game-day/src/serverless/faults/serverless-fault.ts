import type { Measurements, ServerlessFaultId } from '@nines/availability';
import type { ServerlessCloud } from '@nines/emulator';
import type { Clock, Pace } from '@nines/local-cloud';
import type { ExtraLoad, FaultEvidence } from '../../faults/fault.ts';
import type { KeptOrder } from '../../ledger.ts';
import type { TemplateSettings } from '../template-settings.ts';

/** An order that a customer was told is stored. */
export interface AcknowledgedOrder {
  readonly orderId: string;
  readonly reference: string;
  readonly atMs: number;
}

export interface ServerlessContext {
  readonly cloud: ServerlessCloud;
  readonly settings: TemplateSettings;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly loadRps: number;
  readonly extraLoad: ExtraLoad;
  /** Orders that were acknowledged since, the fault's own included. */
  readonly acknowledgedSince: (atMs: number) => readonly AcknowledgedOrder[];
  /** Ends a process at once, as the loss of its host does; false when it had ended already. */
  readonly kill: (pid: number) => boolean;
  /** For a fault that places orders itself: they count in the ledger like anybody's. */
  readonly acknowledge: (order: AcknowledgedOrder) => void;
  /** The same for one that the shop has kept to store it later. */
  readonly keep: (order: KeptOrder) => void;
  /** Waits for ten good seconds in a row since the time, in milliseconds of the epoch, and no longer than the limit. */
  readonly awaitRecovery: (fromMs: number, limitSeconds: number) => Promise<boolean>;
  /** Writes down what happens, for the report. */
  readonly mark: (what: string) => void;
}

/** A fault that has begun. */
export interface ServerlessInjection {
  /** What was hit, for the report; asked once the fault is over. */
  target(): string;
  /** @default when its injection was asked for */
  readonly beganAtMs?: number;
  /** Lasts as long as the fault does, or at most so long. */
  hold(): Promise<void>;
  heal(): Promise<void>;
  /** @throws FaultHitNothingError when it turns out to have touched nothing. */
  verify(evidence: FaultEvidence): Promise<void>;
  /** What only this fault can measure; asked at the end of its window. */
  readonly measure?: (window: ServerlessWindow) => Promise<Measurements>;
  /** What people did about it; asked at the end of its window. @default nothing */
  readonly humanActions?: () => number;
  /**
   * Brings back what the fault took, once its window is over and judged: planned work, which is no part of what it did.
   *
   * @default nothing was taken
   */
  readonly afterwards?: () => Promise<void>;
}

/** The users' part of a fault's window. */
export interface ServerlessWindow {
  readonly failedRequests: number;
  /** Good answers a second while the fault lasted. */
  readonly goodputRps: number;
}

export interface ServerlessFault {
  readonly name: ServerlessFaultId;
  /** How long it lasts, for the prediction; what a fault waits for is a limit. */
  readonly seconds: (pace: Pace, settings: TemplateSettings) => number;
  inject(context: ServerlessContext): Promise<ServerlessInjection>;
}

/** Long enough for a breaker to open, probe and open again; the same on servers. */
export const fixedSeconds = (pace: Pace): number => (pace.name === 'fast' ? 15 : 45);
