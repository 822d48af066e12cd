/** Starts a tier on this machine and waits until it is whole: what `up` shows and `load` loads. */
import type { TierId } from '@nines/availability';
import { drawDeclaredDurations, drawRegionDurations, NORMAL_PAYMENT } from '@nines/game-day';
import {
  awaitWhole,
  createLocalCloud,
  createMultiRegionCloud,
  createPace,
  servingRegions,
  systemClock,
} from '@nines/local-cloud';
import type { CloudEvent, LocalCloud } from '@nines/local-cloud';
import { inRegion } from '@nines/topology';
import type { Topology } from '@nines/topology';
import { InputInvalidError } from './exit-code.ts';
import type { ProgramContext } from './program.ts';
import { describeReading } from './terminal/topology-lines.ts';
import { buildAll, BUNDLES, readTopologyOf } from './workspace.ts';

/** What it takes from this repository; replaced in tests of the commands themselves. */
export interface TierSources {
  readonly build: (signal: AbortSignal) => Promise<void>;
  readonly readTopology: (tier: string) => Promise<Topology>;
}

export const WORKSPACE_SOURCES: TierSources = { build: buildAll, readTopology: readTopologyOf };

export interface StartTierOptions {
  readonly tier: TierId;
  readonly pace: 'full' | 'fast';
  readonly seed: number;
  /** @default all that serve */
  readonly region?: string;
}

/** @throws InputInvalidError when the tier does not serve from that region. */
function chooseRegion(topology: Topology, tier: TierId, region: string | undefined): Topology {
  if (region === undefined) return topology;
  const serving = [...servingRegions(topology)].sort();
  if (!serving.includes(region))
    throw new InputInvalidError(`${tier} does not serve from ${region}; it does from ${serving.join(', ')}.`);
  return inRegion(topology, region);
}

/**
 * @returns The running tier, which the caller closes.
 * @throws An AbortError when the user ends the command first; nothing is then left running.
 */
export async function startTier(
  { tier, pace: paceName, seed, region }: StartTierOptions,
  { console, signal }: ProgramContext,
  { build, readTopology }: TierSources,
): Promise<LocalCloud> {
  console.line('building the applications and synthesizing the stacks (skipped where nothing changed)');
  await build(signal);
  const topology = chooseRegion(await readTopology(tier), tier, region);
  for (const line of describeReading(topology)) console.line(line);
  signal.throwIfAborted();
  const pace = createPace(paceName);
  const options = {
    topology,
    bundles: BUNDLES,
    serviceBehaviour: { payment: NORMAL_PAYMENT },
    declared: drawDeclaredDurations(seed, topology),
    pace,
    clock: systemClock,
    onEvent: (event: CloudEvent) => {
      console.line(event.message);
    },
  };
  const cloud =
    servingRegions(topology).length > 1
      ? await createMultiRegionCloud({ ...options, regionDurations: drawRegionDurations(seed) })
      : await createLocalCloud(options);
  try {
    await awaitWhole(cloud, { pace, clock: systemClock, signal });
    signal.throwIfAborted();
    return cloud;
  } catch (error) {
    console.line('stopping');
    await cloud.close();
    throw error;
  }
}
