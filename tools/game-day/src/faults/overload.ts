import type { Fault } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

export const OVERLOAD_FACTOR = 3;
const FULL_SECONDS = 30;
const FAST_SECONDS = 15;
/** Beneath this share of the load that was meant, a machine out of breath has spared the topology. */
const OFFERED_SHARE = 0.9;

/** Offers three times what the topology can bear, on top of which the steady load goes on. */
export const overload: Fault = {
  name: 'overload',
  hold: { kind: 'fixed', seconds: (pace) => (pace.name === 'fast' ? FAST_SECONDS : FULL_SECONDS) },
  async inject({ capacityRps, loadRps, extraLoad }) {
    const extra = Math.round(OVERLOAD_FACTOR * capacityRps - loadRps);
    const generator = await extraLoad.start(extra);
    const meant = OVERLOAD_FACTOR * capacityRps;
    return {
      beganAtMs: generator.startedAtMs,
      target: `load balancer (${String(extra)} requests/s more, ${String(OVERLOAD_FACTOR)}x capacity in all)`,
      heal: () => generator.stop(),
      verify: ({ offeredRps }) =>
        offeredRps >= OFFERED_SHARE * meant
          ? Promise.resolve()
          : Promise.reject(
              new FaultHitNothingError(
                `overload offered ${offeredRps.toFixed(0)} requests/s, less than ${String(OFFERED_SHARE * 100)}% of the ${meant.toFixed(0)} that were meant. Run it on a machine that is less busy.`,
              ),
            ),
    };
  },
};
