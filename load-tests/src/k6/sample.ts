// One sample per request: what the rest of the house reads of a run.
//
// The metric `shop_request` has the time that the client waited as its value, few-valued facts as tags, and
// many-valued ones (which order?) as metadata, so that k6 does not keep a time series for every order. README.md
// has the format with an example; tools/game-day reads it.
import exec from 'k6/execution';
import { Rate, Trend } from 'k6/metrics';
import type { RefinedResponse } from 'k6/http';
import type { Judgement } from './contract.ts';
import type { Route } from './mix.ts';

const shopRequest = new Trend('shop_request', true);
const shopGood = new Rate('shop_good');

/** What is known of the order that a request was about. */
export interface OrderFacts {
  readonly reference: string;
  readonly idempotencyKey: string;
  readonly orderId?: string | undefined;
  /** Where to ask what became of it, once it was kept to be stored later. */
  readonly intakeId?: string | undefined;
}

export interface RequestFacts {
  readonly route: Route;
  readonly response: RefinedResponse<'text'>;
  readonly judgement: Judgement<unknown>;
  /** Wall-clock milliseconds that passed, for a request that k6 has no timings of. */
  readonly elapsedMs: number;
  /** Milliseconds of tries before. @default 0 */
  readonly earlierMs?: number;
  readonly order?: OrderFacts | undefined;
}

/**
 * @param countsGood whether a Rate for thresholds is kept too; a run without thresholds saves itself the sample.
 */
export function createRecorder(countsGood: boolean): (facts: RequestFacts) => void {
  // Asking k6 for it takes 20 us each time, and it stays the same for a virtual user's whole life.
  let metadata: Record<string, unknown> | undefined;
  return ({ route, response, judgement, elapsedMs, earlierMs = 0, order }) => {
    metadata ??= exec.vu.metrics.metadata;
    if (order !== undefined) {
      metadata['reference'] = order.reference;
      metadata['idempotency_key'] = order.idempotencyKey;
      if (order.orderId !== undefined) metadata['order_id'] = order.orderId;
      if (order.intakeId !== undefined) metadata['intake_id'] = order.intakeId;
    }
    if (judgement.outcome !== 'good') metadata['detail'] = judgement.detail;
    shopRequest.add(earlierMs + waitedMs(response, elapsedMs), tagsOf(route, response, judgement));
    if (countsGood) shopGood.add(judgement.outcome === 'good');
    // Metadata belongs to the virtual user, not to the sample: what stays here would be in its next samples too.
    delete metadata['reference'];
    delete metadata['idempotency_key'];
    delete metadata['order_id'];
    delete metadata['intake_id'];
    delete metadata['detail'];
  };
}

function tagsOf(
  route: Route,
  { status, headers }: RefinedResponse<'text'>,
  judgement: Judgement<unknown>,
): Record<string, string> {
  const tags: Record<string, string> = { route, outcome: judgement.outcome, status: String(status) };
  const freshness = headers['X-Data-Freshness'];
  const servedBy = headers['X-Served-By'];
  if (freshness !== undefined) tags['freshness'] = freshness;
  if (servedBy !== undefined) tags['served_by'] = servedBy;
  if (judgement.outcome === 'bad') tags['reason'] = judgement.reason;
  return tags;
}

/** From wanting a connection to the last byte; k6's `duration` alone leaves the connecting out. */
function waitedMs({ timings }: RefinedResponse<'text'>, elapsedMs: number): number {
  const waited = timings.blocked + timings.duration;
  return waited > 0 ? waited : elapsedMs;
}
