/**
 * What the template says a fault will cost, so that the verdict can print it beside what was measured. First-order, as
 * on servers: it adds up the parts that are known and knows nothing of this machine.
 */
import type { ServerlessFaultId } from '@nines/availability';
import type { ServerlessRegions } from '@nines/emulator';
import type { Prediction } from '../prediction.ts';
import { dnsSeconds, followingSeconds, meanSeconds } from '../region-prediction.ts';
import { putAsideSecondsOf } from './template-settings.ts';
import type { TemplateSettings } from './template-settings.ts';

/** Shares of the load by what they need. */
export interface ServerlessMix {
  /** New orders: payment and table. */
  readonly order: number;
  /** New orders and repeated ones: the table. */
  readonly write: number;
  /** Orders that are read back: the table. */
  readonly readBack: number;
}

export interface ServerlessPredictionInput {
  readonly settings: TemplateSettings;
  readonly mix: ServerlessMix;
  readonly loadRps: number;
  /** How long the fault lasts. */
  readonly faultSeconds: number;
  /** Processes that are to be killed. */
  readonly kills: number;
  /** Share of the table's requests that a throttled table refuses. */
  readonly throttledShare: number;
  /** Requests a second while the stage's rate is exceeded, all together. */
  readonly offeredRps: number;
  readonly paceDivisor: number;
  /** Where the tier stands in several regions. */
  readonly regions?: Pick<ServerlessRegions, 'all' | 'failover' | 'topology'>;
}

/** A request to the table and its repetitions (apps/shop-api/src/adapters/dynamodb/connection.ts). */
const TABLE_ATTEMPTS = 3;
/** An order asks the table twice: whether its key is known, and to be stored. */
const TABLE_CALLS_OF_AN_ORDER = 2;

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`;

/** Requests that a token bucket refuses in a time, of those that are offered: the burst passes, the rest waits for none. */
export function refusedBy(
  { rateLimit, burstLimit }: { readonly rateLimit: number; readonly burstLimit: number },
  offeredRps: number,
  seconds: number,
): number {
  return Math.max(0, (offeredRps - rateLimit) * seconds - burstLimit);
}

function throttled({ settings, mix, throttledShare, faultSeconds }: ServerlessPredictionInput): Prediction {
  // Refused at every attempt; each is refused by itself.
  const refusedCall = throttledShare ** TABLE_ATTEMPTS;
  const refusedOrder = settings.keepsOrders ? 0 : 1 - (1 - refusedCall) ** TABLE_CALLS_OF_AN_ORDER;
  return {
    lossSeconds: (mix.write * refusedOrder + mix.readBack * refusedCall) * faultSeconds,
    because:
      `${percent(refusedCall)} of calls are refused ${String(TABLE_ATTEMPTS)} times in a row` +
      (settings.keepsOrders
        ? ', orders are then kept for later'
        : ', orders and their reading back with them'),
  };
}

function refusing({ settings, mix, faultSeconds }: ServerlessPredictionInput): Prediction {
  const lost = mix.readBack + (settings.keepsOrders ? 0 : mix.write);
  return {
    lossSeconds: lost * faultSeconds,
    because: settings.keepsOrders
      ? 'orders are kept for later; reading them back waits for the table'
      : 'orders and reading them back wait for the table; products come from what functions remember',
  };
}

function beyondTheRate({ settings, mix, offeredRps, faultSeconds }: ServerlessPredictionInput): Prediction {
  const { stage, orders } = settings;
  if (stage === undefined) return { lossSeconds: 0, because: 'the template sets no rate' };
  const ordersRps = orders === undefined ? 0 : mix.write * offeredRps;
  const refused =
    refusedBy(stage, offeredRps - ordersRps, faultSeconds) +
    (orders === undefined ? 0 : refusedBy(orders, ordersRps, faultSeconds));
  return {
    lossSeconds: refused / offeredRps,
    because: `the stage lets ${String(stage.rateLimit)} requests/s pass and ${String(stage.burstLimit)} at once, orders by a rate of their own`,
  };
}

/** Until DNS has left the region, for users near it; or until a person has decided, for all. */
function regionLost({ regions, paceDivisor }: ServerlessPredictionInput): Prediction {
  if (regions === undefined) return { lossSeconds: 0, because: 'the tier stands in one region' };
  const { all, failover, topology } = regions;
  const seconds = (value: number) => `${value.toFixed(0)} s`;
  const pace = paceDivisor === 1 ? '' : `, divided by ${String(paceDivisor)}`;
  if (failover === 'automatic') {
    const dns = dnsSeconds(topology);
    return {
      lossSeconds: dns / all.length / paceDivisor,
      because: `users near it, one in ${String(all.length)}, for ${seconds(dns)} until the health checks and the TTL have left it${pace}`,
    };
  }
  const decision = meanSeconds('person-fails-over');
  const following = followingSeconds(topology);
  return {
    lossSeconds: (decision + following) / paceDivisor,
    because: `everything until it is moved: ${seconds(decision)} to decide, ${seconds(following)} until DNS follows the alarm${pace}`,
  };
}

export function predictServerless(fault: ServerlessFaultId, input: ServerlessPredictionInput): Prediction {
  const { mix, faultSeconds, kills, loadRps } = input;
  switch (fault) {
    case 'function-kill':
      return {
        lossSeconds: kills / Math.max(1, loadRps),
        because: `${String(kills)} processes with one request each, of ${String(Math.round(loadRps))} in a second`,
      };
    case 'payment-slow':
      return {
        lossSeconds: 0,
        because: 'orders take longer, within their time limit; nobody else waits for payment',
      };
    case 'payment-away':
      return { lossSeconds: mix.order * faultSeconds, because: 'new orders refused while payment is away' };
    case 'duplicate-delivery':
      return {
        lossSeconds: 0,
        because: 'no request waits for the queue; a payment that is taken is not taken again',
      };
    case 'poison-message': {
      const { deliveries, visibilitySeconds } = input.settings.queue;
      const aside = putAsideSecondsOf(input.settings) / input.paceDivisor;
      return {
        lossSeconds: 0,
        because: `put aside after ${aside.toFixed(0)} s: ${String(deliveries)} deliveries of ${String(visibilitySeconds)} s, at this pace`,
      };
    }
    case 'table-throttled':
      return throttled(input);
    case 'table-refusing':
      return refusing(input);
    case 'rate-exceeded':
      return beyondTheRate(input);
    case 'region-loss':
      return regionLost(input);
  }
}
