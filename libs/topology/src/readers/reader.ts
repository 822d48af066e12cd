/** What every resource reader is given and what it answers. One reader per kind of node; see `registry.ts`. */
import type { NoteSink, Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { Link, TopologyNode } from '../topology.ts';

export interface ReadContext {
  readonly resource: (id: string) => Resource | undefined;
  /** All resources of one type, ordered by id. */
  readonly resourcesOfType: (type: string) => readonly Resource[];
  /** The zones of a rendered list of subnets, sorted; those that cannot be known are left out with a note. */
  readonly zonesOfSubnets: (subnets: unknown, note: NoteSink) => readonly string[];
  /** Settings of the node under reading, with notes about the given resource. */
  readonly settingsOf: (resource: Resource) => Settings;
  readonly noteOn: (resource: Resource) => NoteSink;
}

export interface ResourceReader {
  /** The CloudFormation types that become nodes. */
  readonly types: readonly string[];
  /** Types that this reader takes in as part of its nodes. */
  readonly partTypes?: readonly string[];
  /** Ids of the parts that one resource's node took in; a part that no node takes in is kept in `others`. */
  readonly parts?: (resource: Resource, context: ReadContext) => readonly string[];
  /** An empty list when the resource is not of the shape this reader knows: it is then kept in `others`. */
  readonly read: (resource: Resource, context: ReadContext) => readonly TopologyNode[];
  /** Links that start at a node of this reader. */
  readonly links?: (resource: Resource, context: ReadContext) => readonly Link[];
}

/** The part of a node that every reader fills in the same way. */
export function nodeBase(resource: Resource, zones: readonly string[], settings: Settings) {
  return {
    id: resource.id,
    type: resource.type,
    region: resource.region,
    zones,
    defaulted: [...settings.defaulted].sort(),
  };
}
