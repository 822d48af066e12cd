/**
 * What one fault's window showed: its counts, losses and times, judged against the tier's acceptance. Pure: the
 * game day hands in what was recorded.
 */
import { judgeAcceptance } from '@nines/availability';
import type { Acceptance, BaseTimeId, Measurements } from '@nines/availability';
import type { Audit } from './ledger.ts';
import {
  availabilityOf,
  commonCauses,
  countBySecond,
  countRequests,
  directSecondsOf,
  goodAnswersBySecond,
  lossSecondsOf,
  recoverySecondsOf,
  totalOf,
} from './measures.ts';
import type { RequestSample } from './measures.ts';
import type { PaymentTraffic } from './payment-traffic.ts';
import type { FaultResult, KeptInFault, RequestCounts } from './result.ts';
import type { KeptOrders } from './system-of-record.ts';

/** Routes that change something; the others are reads and need no writer. */
const WRITES = new Set(['order', 'replay']);

export const writesOf = (samples: readonly RequestSample[]): RequestSample[] =>
  samples.filter(({ route }) => WRITES.has(route));

const CAUSES_SHOWN = 5;

/** A share of errors is one of some period: the shortest over which a tier's burn-rate alarms look. */
export const ERROR_PERIOD_SECONDS = 300;

export const watchesErrors = ({ criteria }: Acceptance): boolean =>
  criteria.some(({ measure }) => measure === 'errorShareIncrease');

/**
 * A window is measured when users came in at least this share of its seconds. A load generator that falls silent
 * must not look like a service that fails nobody; a second's pause of a busy machine is not silence.
 */
const MEASURED_SHARE = 0.9;

export interface FaultWindow {
  readonly fault: string;
  readonly target: string;
  readonly runStartedAtMs: number;
  readonly injectedAtMs: number;
  readonly healedAtMs: number;
  readonly endedAtMs: number;
  /** Requests that began from the injection to the end. */
  readonly samples: readonly RequestSample[];
  /** Requests that were under way at the injection: their answers are part of the goodput while the fault lasts. */
  readonly underWay: readonly RequestSample[];
  /** Requests of the time before, when nothing was broken: what went wrong anyway. */
  readonly before: readonly RequestSample[];
  readonly acknowledged: number;
  readonly audit: Audit;
  /** Orders that were kept in the window, and how they ended. @default none */
  readonly kept?: KeptOrders;
  /** Calls to the payment service in the window; absent when the fault is not about it. */
  readonly payment?: PaymentTraffic;
  readonly capacityRps: number;
  /** What people did about it. */
  readonly humanActions: number;
  /** How long a time took in this run that limits stand on top of: as drawn or set, and divided by the pace. */
  readonly baseSeconds: (id: BaseTimeId) => number;
  readonly paceDivisor: number;
  readonly predicted: string;
  /** What only this kind of fault measures. @default nothing */
  readonly more?: Measurements;
}

/** Share of good requests; undefined, and so not met, when there was none to be good. */
const shareGood = (samples: readonly RequestSample[]): number | undefined =>
  samples.length === 0 ? undefined : availabilityOf(countRequests(samples));

function wasMeasured(seconds: readonly RequestCounts[]): boolean {
  const withUsers = seconds.filter((second) => totalOf(second) > 0).length;
  return withUsers > 0 && withUsers >= MEASURED_SHARE * seconds.length;
}

/** Age of the oldest lost acknowledgement at the injection: how far back the record was thrown. */
function rpoSecondsOf({ audit, injectedAtMs }: FaultWindow): number {
  return audit.lost.reduce((oldest, { atMs }) => Math.max(oldest, (injectedAtMs - atMs) / 1000), 0);
}

/** Mean of the good answers a second while the fault lasted, counted as the capacity was. */
function goodputOf({ samples, underWay, injectedAtMs, healedAtMs }: FaultWindow): number {
  const answers = goodAnswersBySecond([...underWay, ...samples], injectedAtMs, healedAtMs);
  return answers.reduce((sum, count) => sum + count, 0) / Math.max(1, answers.length);
}

function shareBad(samples: readonly RequestSample[]): number {
  const requests = countRequests(samples);
  const total = totalOf(requests);
  return total === 0 ? 0 : (total - requests.good) / total;
}

/** How much larger the share of requests that were not good is than before the fault. */
const errorShareIncreaseOf = ({ samples, before }: FaultWindow): number =>
  shareBad(samples) - shareBad(before);

export function measureWindow(window: FaultWindow): Measurements {
  const { samples, injectedAtMs, healedAtMs, endedAtMs, payment, capacityRps } = window;
  const seconds = countBySecond(samples, injectedAtMs, endedAtMs);
  const writes = writesOf(samples);
  const requests = countRequests(samples);
  const reads = shareGood(samples.filter(({ route }) => !WRITES.has(route)));
  const others = shareGood(samples.filter(({ route }) => route !== 'order'));
  return {
    // Who was not there to be failed tells nothing, so what counts failures counts only where users came.
    ...(wasMeasured(seconds)
      ? {
          lossSeconds: lossSecondsOf(seconds),
          failedRequests: totalOf(requests) - requests.good,
          shedRequests: requests.shed,
          errorShareIncrease: errorShareIncreaseOf(window),
        }
      : {}),
    rtoSeconds: recoverySecondsOf(seconds),
    writeRtoSeconds: recoverySecondsOf(countBySecond(writes, injectedAtMs, endedAtMs)),
    humanActions: window.humanActions,
    recoverySeconds: recoverySecondsOf(countBySecond(samples, healedAtMs, endedAtMs)),
    rpoSeconds: rpoSecondsOf(window),
    lost: window.audit.lost.length,
    doubled: window.audit.doubled.length,
    ...(reads === undefined ? {} : { readsGoodShare: reads }),
    ...(others === undefined ? {} : { otherRoutesGoodShare: others }),
    goodputShare: goodputOf(window) / capacityRps,
    ...(payment && payment.calls > 0 ? { attemptsPerRequest: payment.attempts / payment.calls } : {}),
    ...window.more,
  };
}

function keptOf({ kept, samples, injectedAtMs, endedAtMs }: FaultWindow): { readonly kept?: KeptInFault } {
  if (kept === undefined || kept.count === 0) return {};
  const { count: orders, refused, slowestSeconds } = kept;
  const directWritesSeconds = directSecondsOf(writesOf(samples), injectedAtMs, endedAtMs);
  return { kept: { orders, refused, slowestSeconds, directWritesSeconds } };
}

export function judgeWindow(window: FaultWindow, acceptance: Pick<Acceptance, 'criteria'>): FaultResult {
  const measured = measureWindow(window);
  const { met, verdicts } = judgeAcceptance(acceptance, measured, {
    baseSeconds: window.baseSeconds,
    paceDivisor: window.paceDivisor,
  });
  const requests = countRequests(window.samples);
  const sinceStart = (atMs: number) => (atMs - window.runStartedAtMs) / 1000;
  return {
    fault: window.fault,
    target: window.target,
    injectedAtSeconds: sinceStart(window.injectedAtMs),
    healedAtSeconds: sinceStart(window.healedAtMs),
    endedAtSeconds: sinceStart(window.endedAtMs),
    requests,
    availability: availabilityOf(requests),
    lossSeconds: measured.lossSeconds ?? 0,
    rtoSeconds: measured.rtoSeconds ?? null,
    acknowledged: window.acknowledged,
    lost: window.audit.lost.length,
    rpoSeconds: measured.rpoSeconds ?? 0,
    doubled: window.audit.doubled.length,
    ...keptOf(window),
    causes: commonCauses(window.samples, CAUSES_SHOWN),
    predicted: window.predicted,
    acceptance: verdicts,
    met,
  };
}
