/**
 * Reads a cloud assembly, the folder that `cdk synth` writes, into a `Topology`. Pure: the caller has read and
 * parsed `manifest.json` and the templates it names.
 */
import { assembleTopology } from './assemble.ts';
import { asText, at, byText, isObject, own, sortedUnique } from './json.ts';
import { AGNOSTIC_REGION, regionNamedBy, tierOf } from './read-topology.ts';
import { readStack, type Stack } from './stack.ts';
import { TopologyTemplateError } from './topology-template-error.ts';
import type { Topology } from './topology.ts';

export interface ReadAssemblyInput {
  /** The parsed `manifest.json`. */
  readonly manifest: unknown;
  /** Parsed templates by file name, as the manifest's `templateFile` names them. */
  readonly templates: Readonly<Record<string, unknown>>;
  /**
   * Names or artifact ids of the stacks to read as one topology.
   *
   * @default all, which must then be of one tier
   */
  readonly stacks?: readonly string[];
}

/** A stack as the manifest lists it. */
export interface AssemblyStack {
  readonly artifactId: string;
  readonly stackName: string;
  readonly templateFile: string;
  /** Absent when the stack can go to any region. */
  readonly regionId?: string;
  readonly tags: unknown;
}

/**
 * The stacks of an assembly, so that a caller knows which template files to read and which stacks to choose.
 *
 * @throws TopologyTemplateError when the manifest is no object or lists no stack.
 */
export function stacksOfAssembly(manifest: unknown): AssemblyStack[] {
  const artifacts = own(manifest, 'artifacts');
  if (!isObject(manifest) || !isObject(artifacts)) {
    throw new TopologyTemplateError(
      'assembly-not-an-object',
      'The manifest has no artifacts. Pass the parsed manifest.json of a cdk.out folder.',
    );
  }
  const stacks = Object.keys(artifacts)
    .sort(byText)
    .flatMap((artifactId) => stackOf(artifactId, artifacts[artifactId]));
  if (stacks.length === 0) {
    throw new TopologyTemplateError(
      'assembly-without-stacks',
      'The manifest lists no CloudFormation stack. Synthesize an app that has one: cdk synth.',
    );
  }
  return stacks;
}

function stackOf(artifactId: string, artifact: unknown): AssemblyStack[] {
  if (own(artifact, 'type') !== 'aws:cloudformation:stack') return [];
  const templateFile = asText(at(artifact, 'properties', 'templateFile'));
  if (templateFile === undefined) return [];
  // aws://<account>/<region>, with `unknown-region` when the stack can go anywhere.
  const region = /^aws:\/\/[^/]+\/([^/]+)$/.exec(asText(own(artifact, 'environment')) ?? '')?.[1];
  const isKnown = region !== undefined && region !== 'unknown-region';
  return [
    {
      artifactId,
      stackName: asText(at(artifact, 'properties', 'stackName')) ?? artifactId,
      templateFile,
      ...(isKnown ? { regionId: region } : {}),
      tags: at(artifact, 'properties', 'tags'),
    },
  ];
}

function chooseStacks(
  listed: readonly AssemblyStack[],
  wanted: readonly string[] | undefined,
): AssemblyStack[] {
  if (wanted === undefined) return [...listed];
  return wanted.map((name) => {
    const found = listed.find((stack) => stack.stackName === name || stack.artifactId === name);
    if (found !== undefined) return found;
    throw new TopologyTemplateError(
      'assembly-stack-unknown',
      `The assembly has no stack ${name}. It has: ${listed.map((stack) => stack.stackName).join(', ')}.`,
    );
  });
}

function templateOf(stack: AssemblyStack, templates: Readonly<Record<string, unknown>>): unknown {
  const template = own(templates, stack.templateFile);
  if (template !== undefined) return template;
  throw new TopologyTemplateError(
    'assembly-template-missing',
    `The template of ${stack.stackName} was not given. Pass the parsed ${stack.templateFile} under that name.`,
  );
}

/** Stacks in several regions may share a name; their artifacts do not. */
function nameAmong(stacks: readonly AssemblyStack[], { stackName, artifactId }: AssemblyStack): string {
  const isShared = stacks.some((other) => other.stackName === stackName && other.artifactId !== artifactId);
  return isShared ? artifactId : stackName;
}

/** Reads the chosen stacks so that each finds what another exports, in whatever order they are listed. */
function readStacks(chosen: readonly AssemblyStack[], input: ReadAssemblyInput): Stack[] {
  const exported = new Map<string, unknown>();
  const regionOf = (stack: AssemblyStack): string => stack.regionId ?? AGNOSTIC_REGION;
  const isOverRegions = new Set(chosen.map(regionOf)).size > 1;
  const read = (stack: AssemblyStack): Stack =>
    readStack({
      template: templateOf(stack, input.templates),
      stackName: stack.stackName,
      region: regionOf(stack),
      ...(stack.regionId === undefined ? {} : { regionId: stack.regionId }),
      // Logical ids are unique in one stack only, and zones by letter in one region only.
      ...(chosen.length > 1 ? { idPrefix: `${nameAmong(chosen, stack)}/` } : {}),
      ...(isOverRegions ? { zonePrefix: `${regionOf(stack)}-` } : {}),
      importValue: (name) => exported.get(name),
    });
  // An export may itself be an import of a stack further down: each pass resolves one more step.
  chosen.forEach(() => {
    for (const stack of chosen) for (const [name, value] of read(stack).exports) exported.set(name, value);
  });
  return chosen.map(read);
}

/** A stack without an environment still names its region when its subnets name their zones. */
function withNamedRegion(stack: Stack): Stack {
  const named = stack.region === AGNOSTIC_REGION ? regionNamedBy(stack) : undefined;
  if (named === undefined) return stack;
  return {
    ...stack,
    region: named,
    resources: stack.resources.map((resource) => ({ ...resource, region: named })),
  };
}

/**
 * Reads the stacks of an assembly as one topology. With several stacks a node's id is `<stack>/<logical id>`;
 * with one it is the logical id.
 *
 * @throws TopologyTemplateError when there is nothing to read, a named stack or its template is missing, or
 * the stacks are of different tiers and none was chosen.
 */
export function readAssembly(input: ReadAssemblyInput): Topology {
  const chosen = chooseStacks(stacksOfAssembly(input.manifest), input.stacks).sort((a, b) =>
    byText(a.stackName, b.stackName),
  );
  const stacks = readStacks(chosen, input).map(withNamedRegion);
  const tiers = sortedUnique(stacks.flatMap((stack, index) => tierOf(stack, chosen[index]?.tags) ?? []));
  if (tiers.length > 1) {
    throw new TopologyTemplateError(
      'assembly-ambiguous',
      `The stacks are of several tiers (${tiers.join(', ')}). Choose by \`stacks\`: ${chosen.map(({ stackName }) => stackName).join(', ')}.`,
    );
  }
  return assembleTopology(chosen.map(({ stackName }) => stackName).join('+'), tiers[0], stacks);
}
