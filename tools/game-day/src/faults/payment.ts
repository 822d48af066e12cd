import type { ThirdPartyBehaviour } from '@nines/local-cloud';
import { paymentTrafficBetween, readPaymentCounters } from '../payment-traffic.ts';
import type { Fault, FaultName } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

/** Long enough for a breaker to open, probe and open again several times. */
const FULL_SECONDS = 45;
const FAST_SECONDS = 15;

/** Makes the payment service behave badly for a while, and proves by its callers' metrics that it was called. */
function createPaymentFault(name: FaultName, describe: string, bad: ThirdPartyBehaviour): Fault {
  return {
    name,
    hold: { kind: 'fixed', seconds: (pace) => (pace.name === 'fast' ? FAST_SECONDS : FULL_SECONDS) },
    async inject({ cloud }) {
      const payment = cloud.services.get('payment');
      if (!payment) throw new FaultHitNothingError(`${name}: this topology calls no payment service.`);
      const before = await readPaymentCounters(cloud.instances);
      await payment.behave(bad);
      return {
        target: `payment service (${describe})`,
        heal: () => payment.behave(NORMAL_PAYMENT),
        verify: async () => {
          const { calls } = paymentTrafficBetween(before, await readPaymentCounters(cloud.instances));
          if (calls === 0)
            throw new FaultHitNothingError(`${name}: nobody called the payment service meanwhile.`);
        },
      };
    },
  };
}

/** A card authorization that goes well: assumed, and printed with the other assumptions. */
export const NORMAL_PAYMENT: ThirdPartyBehaviour = {
  latencyMs: 40,
  jitterMs: 10,
  failureRate: 0,
  away: false,
};

export const PAYMENT_SLOW: ThirdPartyBehaviour = { ...NORMAL_PAYMENT, latencyMs: 400, jitterMs: 100 };
export const PAYMENT_AWAY: ThirdPartyBehaviour = { ...NORMAL_PAYMENT, away: 'hang' };

export const paymentSlow = createPaymentFault('payment-slow', 'ten times slower', PAYMENT_SLOW);
export const paymentAway = createPaymentFault('payment-away', 'accepts and never answers', PAYMENT_AWAY);
