/** The payment service slow or away: its callers are functions, each process with a breaker and a retry budget of its own. */
import type { ServerlessFaultId } from '@nines/availability';
import type { ThirdPartyBehaviour } from '@nines/local-cloud';
import { FaultHitNothingError } from '../../faults/fault.ts';
import { NORMAL_PAYMENT, PAYMENT_AWAY, PAYMENT_SLOW } from '../../faults/payment.ts';
import { authorizationsAsked } from '../order-record.ts';
import { fixedSeconds } from './serverless-fault.ts';
import type { ServerlessFault } from './serverless-fault.ts';

function createPaymentFault(
  name: ServerlessFaultId,
  describe: string,
  bad: ThirdPartyBehaviour,
): ServerlessFault {
  return {
    name,
    seconds: fixedSeconds,
    async inject({ cloud, clock, pace, signal }) {
      const payment = cloud.services.get('payment');
      if (!payment) throw new FaultHitNothingError(`${name}: this tier calls no payment service.`);
      const before = await authorizationsAsked(cloud);
      await payment.behave(bad);
      return {
        target: () => `payment service (${describe})`,
        hold: () => clock.sleep(fixedSeconds(pace) * 1000, signal),
        heal: () => payment.behave(NORMAL_PAYMENT),
        async verify() {
          if ((await authorizationsAsked(cloud)) === before)
            throw new FaultHitNothingError(`${name}: nobody called the payment service meanwhile.`);
        },
      };
    },
  };
}

export const paymentSlow = createPaymentFault('payment-slow', 'ten times slower', PAYMENT_SLOW);
export const paymentAway = createPaymentFault('payment-away', 'accepts and never answers', PAYMENT_AWAY);
