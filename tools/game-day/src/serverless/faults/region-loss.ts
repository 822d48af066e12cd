/** The loss of the region that serves first, with everything that runs in it at once; nobody is told. */
import type { ServerlessRegions } from '@nines/emulator';
import type { Pace } from '@nines/local-cloud';
import { FaultHitNothingError } from '../../faults/fault.ts';
import { failoverDecisionSeconds } from '../../faults/region-loss.ts';
import type { ServerlessContext, ServerlessFault } from './serverless-fault.ts';

/** Twice what a warm standby's recovery may take once somebody has decided: after that it will not come. */
const RECOVER_SECONDS = 20 * 60;
/** The machine's own share, which no pace divides: processes that start, connections made anew. */
const MACHINE_SECONDS = 60;

const atMostSeconds = (pace: Pace): number =>
  pace.scaleMs(failoverDecisionSeconds() + RECOVER_SECONDS) / 1000 + MACHINE_SECONDS;

/** A person who takes as long as is declared, and then starts the survivor's own workflow: one act. */
async function decide(
  regions: ServerlessRegions,
  survivor: string,
  context: ServerlessContext,
): Promise<void> {
  const { clock, pace, signal, mark } = context;
  await clock.sleep(pace.scaleMs(failoverDecisionSeconds()), signal);
  if (signal.aborted) return;
  mark(`a person decides to run the takeover workflow of ${survivor}`);
  const { status, error = '' } = await regions.takeOver(survivor);
  if (status !== 'succeeded') throw new Error(`the takeover workflow of ${survivor} ${status}: ${error}`);
}

/** Planned work of another day: the lost region is back with what the others have, and on duty again if it was. */
async function bringBack(
  regions: ServerlessRegions,
  lost: string,
  context: ServerlessContext,
): Promise<void> {
  const { mark, signal } = context;
  const survivor = regions.serving;
  const { heldBack } = regions;
  await regions.restore(lost);
  mark(`${lost} is back, with ${String(heldBack)} changes that it had not handed on`);
  if (regions.failover === 'decided' && survivor !== lost) {
    for (const [what, run] of [
      ['stand by', () => regions.stepAside(survivor)],
      ['take over', () => regions.takeOver(lost)],
    ] as const) {
      const { status, error = '' } = await run();
      if (status !== 'succeeded') throw new Error(`planned, to ${what}: the workflow ${status}: ${error}`);
    }
  }
  await regions.settle(signal);
}

export const regionLoss: ServerlessFault = {
  name: 'region-loss',
  seconds: (pace) => pace.scaleMs(failoverDecisionSeconds()) / 1000,
  async inject(context) {
    const { cloud, clock, pace } = context;
    const { regions } = cloud;
    const lost = regions?.serving;
    const survivor = regions?.all.find((one) => one !== lost);
    if (!regions || lost === undefined || survivor === undefined)
      throw new FaultHitNothingError('region-loss found no region to lose.');
    const beganAtMs = clock.epochNow();
    const hit = await regions.lose(lost);
    if (hit.length === 0) throw new FaultHitNothingError(`region-loss hit nothing: nothing ran in ${lost}.`);
    let acts = 0;
    return {
      beganAtMs,
      target: () => `${lost} (${hit.join(', ')})`,
      async hold() {
        if (regions.failover === 'decided') {
          acts += 1;
          await decide(regions, survivor, context);
        }
        await context.awaitRecovery(beganAtMs, atMostSeconds(pace));
      },
      // It stays lost until what it cost is counted.
      heal: () => Promise.resolve(),
      verify: () => Promise.resolve(),
      humanActions: () => acts,
      afterwards: () => bringBack(regions, lost, context),
    };
  },
};
