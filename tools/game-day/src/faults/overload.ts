import type { Fault } from './fault.ts';

export const OVERLOAD_FACTOR = 3;
const FULL_SECONDS = 30;
const FAST_SECONDS = 15;

/** Offers three times what the topology can bear, on top of which the steady load goes on. */
export const overload: Fault = {
  name: 'overload',
  hold: { kind: 'fixed', seconds: (pace) => (pace.name === 'fast' ? FAST_SECONDS : FULL_SECONDS) },
  async inject({ capacityRps, loadRps, extraLoad }) {
    const extra = Math.round(OVERLOAD_FACTOR * capacityRps - loadRps);
    const generator = await extraLoad.start(extra);
    return {
      target: `load balancer (${String(extra)} requests/s more, ${String(OVERLOAD_FACTOR)}x capacity in all)`,
      heal: () => generator.stop(),
    };
  },
};
