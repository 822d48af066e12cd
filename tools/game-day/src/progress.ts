import type { CloudEvent } from '@nines/local-cloud';
import type { FaultResult, RequestCounts } from './result.ts';

/** What happens while a game day runs, for whoever watches: a terminal's live line, or a log. */
export type Progress =
  | { readonly kind: 'phase'; readonly label: string }
  | { readonly kind: 'cloud'; readonly event: CloudEvent }
  | {
      readonly kind: 'second';
      readonly phase: string;
      readonly counts: RequestCounts;
      readonly p95Ms: number | null;
    }
  | { readonly kind: 'fault-over'; readonly result: FaultResult };

export type OnProgress = (progress: Progress) => void;
