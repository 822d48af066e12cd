/** Twice the rate of the stage: what is beyond it gets a quick 429, and what has a rate of its own goes on. */
import { FaultHitNothingError } from '../../faults/fault.ts';
import type { ServerlessFault } from './serverless-fault.ts';

export const RATE_FACTOR = 2;
/** As much as an overload on servers: beneath it a machine out of breath has spared the stage. */
const OFFERED_SHARE = 0.9;
const FULL_SECONDS = 30;
const FAST_SECONDS = 15;

const secondsOf = (pace: { readonly name: string }): number =>
  pace.name === 'fast' ? FAST_SECONDS : FULL_SECONDS;

export const rateExceeded: ServerlessFault = {
  name: 'rate-exceeded',
  seconds: secondsOf,
  async inject({ clock, extraLoad, loadRps, pace, settings, signal }) {
    if (settings.stage === undefined)
      throw new FaultHitNothingError('rate-exceeded: the stage of this tier has no rate.');
    const { rateLimit } = settings.stage;
    const meant = RATE_FACTOR * rateLimit;
    const extra = Math.max(1, Math.round(meant - loadRps));
    const generator = await extraLoad.start(extra);
    return {
      beganAtMs: generator.startedAtMs,
      target: () =>
        `stage (${String(extra)} requests/s more, ${String(RATE_FACTOR)}x its ${String(rateLimit)} in all)`,
      hold: () => clock.sleep(secondsOf(pace) * 1000, signal),
      heal: () => generator.stop(),
      verify: ({ offeredRps }) =>
        offeredRps >= OFFERED_SHARE * meant
          ? Promise.resolve()
          : Promise.reject(
              new FaultHitNothingError(
                `rate-exceeded offered ${offeredRps.toFixed(0)} requests/s, less than ${String(OFFERED_SHARE * 100)}% of the ${String(meant)} that were meant. Run it on a machine that is less busy.`,
              ),
            ),
      measure: ({ goodputRps }) => Promise.resolve({ stageGoodputShare: goodputRps / rateLimit }),
    };
  },
};
