/** Questions that every reading asks of a topology. Plain functions over the value; nothing is cached. */
import { sortedUnique } from './json.ts';
import type { Link, NodeKind, TargetGroup, Topology, TopologyNode } from './topology.ts';

/** The node type of one kind. */
export type NodeOfKind<K extends NodeKind> = Extract<TopologyNode, { readonly kind: K }>;

const isOfKind = <K extends NodeKind>(node: TopologyNode, kind: K): node is NodeOfKind<K> =>
  node.kind === kind;

/** All nodes of one kind, ordered by id. */
export function nodesOfKind<K extends NodeKind>(topology: Topology, kind: K): NodeOfKind<K>[] {
  return topology.nodes.filter((node): node is NodeOfKind<K> => isOfKind(node, kind));
}

export const findNode = (topology: Topology, id: string): TopologyNode | undefined =>
  topology.nodes.find((node) => node.id === id);

/** The node of this id when it is of this kind. */
export function findNodeOfKind<K extends NodeKind>(
  topology: Topology,
  kind: K,
  id: string,
): NodeOfKind<K> | undefined {
  return nodesOfKind(topology, kind).find((node) => node.id === id);
}

export const linksFrom = (topology: Topology, id: string): Link[] =>
  topology.links.filter(({ from }) => from === id);

export const linksTo = (topology: Topology, id: string): Link[] =>
  topology.links.filter(({ to }) => to === id);

/** Nodes of one kind that a node links to, such as the databases of a compute group. */
export function linkedNodes<K extends NodeKind>(topology: Topology, from: string, kind: K): NodeOfKind<K>[] {
  const targets = new Set(linksFrom(topology, from).map((link) => link.to));
  return nodesOfKind(topology, kind).filter((node) => targets.has(node.id));
}

/** Zones of one region, or of all when none is named, sorted. */
export function zonesOf(topology: Topology, regionId?: string): string[] {
  const regions = topology.regions.filter((region) => regionId === undefined || region.id === regionId);
  return sortedUnique(regions.flatMap((region) => region.zones));
}

/** Nodes with a presence in a zone; regional services, which have no zone, are not among them. */
export const nodesInZone = (topology: Topology, zone: string): TopologyNode[] =>
  topology.nodes.filter((node) => node.zones.includes(zone));

/** Target groups that a compute group is registered with, over all load balancers. */
export function targetGroupsOf(topology: Topology, computeGroupId: string): TargetGroup[] {
  return nodesOfKind(topology, 'load-balancer')
    .flatMap((balancer) => balancer.targetGroups)
    .filter((group) => group.targets.includes(computeGroupId));
}

/** What one region holds, with the links inside it; ids stay, so what was a link to another region shows as missing. */
export function inRegion(topology: Topology, regionId: string): Topology {
  const nodes = topology.nodes.filter(({ region }) => region === regionId);
  const ids = new Set(nodes.map(({ id }) => id));
  return {
    ...topology,
    regions: topology.regions.filter(({ id }) => id === regionId),
    nodes,
    links: topology.links.filter(({ from, to }) => ids.has(from) && ids.has(to)),
  };
}
