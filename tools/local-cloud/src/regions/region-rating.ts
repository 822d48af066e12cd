/** Rates the servers of several regions down to what one machine bears, alike in every region: they are the same servers. */
import { nodesOfKind } from '@nines/topology';
import type { ComputeGroupNode, Topology } from '@nines/topology';

/** On two cores: two regions have twice the servers and databases of one, and an edge in front of them. */
export const REGIONS_RPS = 120;

const ratedRps = ({ process }: ComputeGroupNode): number => Number(process?.environment['RATED_RPS'] ?? 0);

/** Whether users are served from every region at once: some name is answered by the nearest. */
export const servesEverywhere = (topology: Topology): boolean =>
  nodesOfKind(topology, 'dns-record').some(({ routing }) => routing.policy === 'latency');

/** What the regions that serve at once are rated for together; the largest alone, where one serves at a time. */
function ratedTogether(topology: Topology): number {
  const byRegion = new Map<string, number>();
  for (const group of nodesOfKind(topology, 'compute-group')) {
    const rated = ratedRps(group) * group.desiredInstances;
    byRegion.set(group.region, (byRegion.get(group.region) ?? 0) + rated);
  }
  const ratings = [...byRegion.values()];
  return servesEverywhere(topology) ? ratings.reduce((sum, one) => sum + one, 0) : Math.max(0, ...ratings);
}

/** The same topology; where more is served at once than the machine bears, every server is rated by the same share less. */
export function ratedForRegions(topology: Topology): Topology {
  const together = ratedTogether(topology);
  if (together <= REGIONS_RPS) return topology;
  const nodes = topology.nodes.map((node) => {
    if (node.kind !== 'compute-group' || node.process === undefined) return node;
    const rated = String(Math.floor((ratedRps(node) * REGIONS_RPS) / together));
    const environment = { ...node.process.environment, RATED_RPS: rated };
    return { ...node, process: { ...node.process, environment } };
  });
  return { ...topology, nodes };
}
