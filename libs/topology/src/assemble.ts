/** Puts the readers' answers together: from rendered stacks to one `Topology`, in an order of its own. */
import { byText, sortedUnique } from './json.ts';
import { partTypes, readerOf } from './readers/registry.ts';
import type { ReadContext } from './readers/reader.ts';
import { createSettings } from './settings.ts';
import type { Resource, Stack } from './stack.ts';
import type { Link, Region, Topology, TopologyNode, TopologyNote } from './topology.ts';
import { SUBNET_TYPE, zoneOfSubnet, zonesOfSubnets } from './zones.ts';

function createContext(resources: readonly Resource[], notes: TopologyNote[]): ReadContext {
  const byId = new Map(resources.map((resource) => [resource.id, resource]));
  const byType = Map.groupBy(resources, (resource) => resource.type);
  const noteOn = (resource: Resource) => (message: string) => {
    notes.push({ resource: resource.id, message });
  };
  return {
    resource: (id) => byId.get(id),
    resourcesOfType: (type) => byType.get(type) ?? [],
    zonesOfSubnets: (subnets, note) => zonesOfSubnets(subnets, (id) => byId.get(id), note),
    settingsOf: (resource) => createSettings(noteOn(resource)),
    noteOn,
  };
}

function readRegions(resources: readonly Resource[], nodes: readonly TopologyNode[]): Region[] {
  const ids = sortedUnique(resources.map((resource) => resource.region));
  return ids.map((id) => {
    const subnets = resources.filter((resource) => resource.region === id && resource.type === SUBNET_TYPE);
    const placed = nodes.filter((node) => node.region === id).flatMap((node) => node.zones);
    return {
      id,
      zones: sortedUnique([...subnets.flatMap((subnet) => zoneOfSubnet(subnet) ?? []), ...placed]),
    };
  });
}

/** A subnet is read by way of its zone, wherever a node lies in it. */
const isReadSubnet = (resource: Resource): boolean =>
  resource.type === SUBNET_TYPE && zoneOfSubnet(resource) !== undefined;

function uniqueBy<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()].sort((a, b) => byText(key(a), key(b)));
}

export function assembleTopology(name: string, tier: string | undefined, stacks: readonly Stack[]): Topology {
  const resources = stacks.flatMap((stack) => stack.resources);
  const notes: TopologyNote[] = stacks.flatMap((stack) => stack.notes);
  const context = createContext(resources, notes);
  const nodes: TopologyNode[] = [];
  const links: Link[] = [];
  const takenIn = new Set<string>();
  for (const resource of resources) {
    const reader = readerOf(resource.type);
    const found = reader?.read(resource, context) ?? [];
    if (found.length === 0) continue;
    // One resource may make several nodes, none of which need have its id.
    takenIn.add(resource.id);
    nodes.push(...found);
    links.push(...(reader?.links?.(resource, context) ?? []));
    for (const part of reader?.parts?.(resource, context) ?? []) takenIn.add(part);
  }
  const known = new Set(nodes.map((node) => node.id));
  const isRead = (resource: Resource): boolean =>
    (takenIn.has(resource.id) && (partTypes.has(resource.type) || readerOf(resource.type) !== undefined)) ||
    isReadSubnet(resource);
  return {
    name,
    ...(tier === undefined ? {} : { tier }),
    regions: readRegions(resources, nodes),
    nodes: uniqueBy(nodes, (node) => node.id),
    links: uniqueBy(
      links.filter((link) => known.has(link.to)),
      (link) => `${link.from}\n${link.to}`,
    ),
    others: resources.filter((resource) => !isRead(resource)).map(({ id, type }) => ({ id, type })),
    notes: uniqueBy(notes, (note) => `${note.resource}\n${note.message}`),
  };
}
