/** One run as it is sent to a thread, and what comes back. Plain data, so that any thread can do any run. */
import type { ClientName } from '../clients/index.ts';
import type { Second } from '../world/tally.ts';
import type { Outage, ServerKind } from '../world/setting.ts';

export interface Job {
  readonly client: ClientName;
  readonly server: ServerKind;
  readonly fleet: number;
  readonly load: number;
  readonly durationMs: number;
  readonly outage?: Outage;
  readonly seed: number;
}

/** The answer to a job: its seconds and what they cost the machine, or the stack of what went wrong. */
export type JobAnswer =
  | {
      readonly seconds: readonly Second[];
      /** Processor time of the thread, milliseconds: however many others run, and unlike all else never the same twice. */
      readonly processorMs: number;
    }
  | { readonly error: string };
