/**
 * Reads one CloudFormation template into a `Topology`. Pure: a parsed template in, a plain value out. Use
 * `readAssembly` for what `cdk synth` writes.
 */
import { assembleTopology } from './assemble.ts';
import { asList, asText, at, own } from './json.ts';
import { readStack, type Stack } from './stack.ts';
import type { Topology } from './topology.ts';
import { regionOfZones, SUBNET_TYPE, zoneOfSubnet } from './zones.ts';

/** The stack tag or template metadata that names the tier. */
export const TIER_KEY = 'nines:tier';

/** The id of the first region of a template that can be deployed to any. */
export const AGNOSTIC_REGION = 'region-1';

export interface ReadTopologyOptions {
  readonly stackName: string;
  /**
   * The region the stack is deployed to.
   *
   * @default the region of the subnets' zones when they name it, else `region-1`
   */
  readonly regionId?: string;
  /** Stack tags or other metadata from outside the template; `nines:tier` is read from it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Values for the template's parameters, over their defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * The tier that a stack says it implements: from stack tags, else the template's metadata, else the tags of
 * its resources when all agree.
 */
export function tierOf(stack: Stack, metadata: unknown): string | undefined {
  const told = asText(own(metadata, TIER_KEY)) ?? asText(stack.metadata[TIER_KEY]);
  if (told !== undefined) return told;
  const tags = new Set(
    stack.resources.flatMap((resource) =>
      asList(resource.properties['Tags'])
        .filter((tag) => at(tag, 'Key') === TIER_KEY)
        .flatMap((tag) => asText(at(tag, 'Value')) ?? []),
    ),
  );
  const [only] = tags;
  return tags.size === 1 ? only : undefined;
}

/** The region that a template's subnets name by their zones. */
export function regionNamedBy(stack: Stack): string | undefined {
  const subnets = stack.resources.filter((resource) => resource.type === SUBNET_TYPE);
  return regionOfZones(subnets.flatMap((subnet) => zoneOfSubnet(subnet) ?? []));
}

/**
 * @param template A parsed CloudFormation template. YAML's short forms (`!Ref`) must have been expanded.
 * @throws TopologyTemplateError when the template is no object or has no resources.
 */
export function readTopology(template: unknown, options: ReadTopologyOptions): Topology {
  const { stackName, regionId, parameters } = options;
  const read = (region: string): Stack =>
    readStack({
      template,
      stackName,
      region,
      ...(regionId === undefined ? {} : { regionId }),
      ...(parameters === undefined ? {} : { parameters }),
    });
  const first = read(regionId ?? AGNOSTIC_REGION);
  const named = regionId === undefined ? regionNamedBy(first) : undefined;
  const stack = named === undefined ? first : read(named);
  return assembleTopology(stackName, tierOf(stack, options.metadata), [stack]);
}
