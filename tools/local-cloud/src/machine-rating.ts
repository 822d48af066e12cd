/**
 * Rates servers down to what one machine bears together with its load generator, so that overload, and the loss of a
 * part of the fleet, meet the topology's own limit and not the machine's.
 */
import type { ComputeGroupNode, InstanceProcess } from '@nines/topology';

/** So much, three times that as load, and the stand-ins fit on two cores (ADR 5): two servers of the template's default. */
export const MACHINE_RPS = 200;

interface RatedGroup {
  readonly node: ComputeGroupNode;
  readonly process: InstanceProcess;
}

const ratedRps = ({ process }: RatedGroup): number => Number(process.environment['RATED_RPS'] ?? 0);

/** The same groups; where their servers are rated for more than the machine bears, all of them by the same share less. */
export function ratedForOneMachine<G extends RatedGroup>(groups: readonly G[]): readonly G[] {
  const together = groups.reduce((sum, group) => sum + ratedRps(group) * group.node.desiredInstances, 0);
  if (together <= MACHINE_RPS) return groups;
  return groups.map((group) => {
    const rated = String(Math.floor((ratedRps(group) * MACHINE_RPS) / together));
    return {
      ...group,
      process: { ...group.process, environment: { ...group.process.environment, RATED_RPS: rated } },
    };
  });
}
