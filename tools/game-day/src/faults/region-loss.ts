import { declaredTime, longestSeconds } from '@nines/availability';
import { servingRegions } from '@nines/local-cloud';
import type { LocalRegions, Pace } from '@nines/local-cloud';
import type { Fault, Response } from './fault.ts';
import { FaultHitNothingError } from './fault.ts';

/** Twice what the paper gives the recovery of a warm standby: after that it will not come. */
const RECOVER_SECONDS = 20 * 60;
/** The machine's own share, which no pace divides: promoting, starting processes, reconnecting. */
const MACHINE_SECONDS = 60;

export const failoverDecisionSeconds = (): number =>
  longestSeconds(declaredTime('person-fails-over').seconds);

/** Where nothing starts a takeover by itself a person does, in the region that survives. */
function responseOf(regions: LocalRegions, survivor: string): { response?: Response } {
  if (regions.failover === 'automatic') return {};
  return {
    response: {
      what: `run the takeover workflow of ${survivor}`,
      afterSeconds: failoverDecisionSeconds(),
      act: async () => {
        const { status, error = '' } = await regions.takeOver(survivor);
        if (status !== 'succeeded') throw new Error(`the workflow ${status}: ${error}`);
      },
    },
  };
}

/**
 * Loses the region that writes, with all that runs in it at once. Nobody is told: DNS, the edge and the tier's own
 * takeover are part of what is measured. When it is back it follows; afterwards the writer is handed back to it.
 */
export const regionLoss: Fault = {
  name: 'region-loss',
  hold: {
    kind: 'until-recovered',
    atMostSeconds: (pace: Pace) =>
      pace.scaleMs(failoverDecisionSeconds() + RECOVER_SECONDS) / 1000 + MACHINE_SECONDS,
  },
  appliesTo: (topology) => servingRegions(topology).length > 1,
  async inject({ cloud: { regions } }) {
    const lost = regions?.writer;
    const survivor = regions?.all.find((one) => one !== lost);
    if (!regions || lost === undefined || survivor === undefined)
      throw new FaultHitNothingError('region-loss found no region to lose.');
    const hit = await regions.lose(lost);
    if (hit.length === 0) throw new FaultHitNothingError(`region-loss hit nothing: nothing ran in ${lost}.`);
    return {
      target: `${lost} (${hit.join(', ')})`,
      ...responseOf(regions, survivor),
      heal: () => {
        regions.restore(lost);
        return Promise.resolve();
      },
      afterwards: async () => {
        // Planned work of another day, and no part of the loss: it begins when both are well.
        if (regions.writer === survivor) {
          const { status, error = '' } = await regions.handOver(survivor);
          if (status !== 'succeeded') throw new Error(`the writer was not handed back: ${status}, ${error}`);
        }
        regions.sizeBack();
      },
    };
  },
};
