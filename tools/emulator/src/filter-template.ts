/**
 * Takes out of a CloudFormation template what an engine cannot make, and says what it took.
 *
 * Pure. Use it before a deployment to an emulator, never before one to AWS. What refers to a resource that is left out
 * gets the value that the list gives for it; where the list gives none it is left out as well, and so on.
 */
import { IMAGE_PARAMETER_TYPE, OUTPUT_OF_ANOTHER_REGION, PUBLISHED_IMAGE } from './lacking-types.ts';
import type { Lacking, LackingType } from './lacking-types.ts';

export interface Template {
  readonly Parameters?: Readonly<Record<string, TemplateParameter>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly UpdatePolicy?: unknown;
}

export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: unknown;
}

export interface LeftOutResource {
  readonly logicalId: string;
  readonly type: string;
  /** The list's reason, or which resource it refers to. */
  readonly why: string;
  /** Its type is not listed: it refers to a resource that is left out. */
  readonly dependent: boolean;
}

export interface ReplacedReference {
  /** Logical id of the resource that refers, or `Parameters/<name>`. */
  readonly from: string;
  /** `<logical id>` or `<logical id>.<attribute>`; of a parameter, what AWS publishes. */
  readonly to: string;
  readonly value: string;
}

export interface FilteredTemplate {
  readonly template: Template;
  readonly leftOut: readonly LeftOutResource[];
  /** Names of outputs that told of something that is left out. */
  readonly droppedOutputs: readonly string[];
  /** Of those, what the list puts in the place of their values; for stacks that ask for them. */
  readonly outputStandIns: Readonly<Record<string, string>>;
  readonly replaced: readonly ReplacedReference[];
  /** Resources that are changed at once, because their policy of updates refers to something that is left out. */
  readonly droppedUpdatePolicies: readonly string[];
}

/**
 * Outputs that other stacks do not have any more, as `<stack>.<output>`, each with what stands in for its value.
 * `undefined`: nothing does, so whoever asks for it is left out too.
 */
export type AbsentOutputs = ReadonlyMap<string, string | undefined>;

interface Reference {
  /** Of an output of another stack: `<stack>.<output>`. */
  readonly logicalId: string;
  /** Only of an output of another stack, when it names a region. */
  readonly region?: string;
  /** Absent for `Ref`. */
  readonly attribute?: string;
}

type Replace = (reference: Reference) => unknown;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function referenceIn(value: Record<string, unknown>): Reference | undefined {
  if (typeof value['Ref'] === 'string') return { logicalId: value['Ref'] };
  const output = value['Fn::GetStackOutput'] as StackOutput | undefined;
  if (output !== undefined) {
    const logicalId = `${output.StackName}.${output.OutputName}`;
    return typeof output.Region === 'string' ? { logicalId, region: output.Region } : { logicalId };
  }
  const attribute = value['Fn::GetAtt'];
  if (attribute === undefined) return undefined;
  const [logicalId, ...rest] = Array.isArray(attribute)
    ? (attribute as string[])
    : (attribute as string).split('.');
  return { logicalId: logicalId ?? '', attribute: rest.join('.') };
}

interface StackOutput {
  readonly StackName: string;
  readonly OutputName: string;
  readonly Region?: unknown;
}

/** `${Name}` and `${Name.Attribute}`; `${!Name}` is the text itself. */
const PLACEHOLDER = /\$\{([A-Za-z0-9]+)(?:\.([A-Za-z0-9.]+))?\}/g;

/** Rebuilds a value with each reference as `replace` has it; `undefined` from it leaves the reference as it is. */
function rewrite(value: unknown, replace: Replace): unknown {
  if (Array.isArray(value)) return value.map((one) => rewrite(one, replace));
  if (!isRecord(value)) return value;
  const reference = referenceIn(value);
  if (reference !== undefined) return replace(reference) ?? value;
  const substitution = value['Fn::Sub'];
  if (substitution !== undefined) return { 'Fn::Sub': rewriteSubstitution(substitution, replace) };
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rewrite(one, replace)]));
}

function rewriteSubstitution(substitution: unknown, replace: Replace): unknown {
  const [text, own] = (Array.isArray(substitution) ? substitution : [substitution]) as [
    string,
    Record<string, unknown> | undefined,
  ];
  const rewritten = text.replace(PLACEHOLDER, (whole, logicalId: string, attribute: string | undefined) => {
    if (own !== undefined && Object.hasOwn(own, logicalId)) return whole;
    const value = replace({ logicalId, ...(attribute === undefined ? {} : { attribute }) });
    return typeof value === 'string' ? value : whole;
  });
  return own === undefined ? rewritten : [rewritten, rewrite(own, replace)];
}

/** Everything that a value refers to. */
function referencesOf(value: unknown): Reference[] {
  const found: Reference[] = [];
  rewrite(value, (reference) => {
    found.push(reference);
    return undefined;
  });
  return found;
}

/** What the list puts in the place of a reference to a resource that is left out; undefined when it has nothing. */
function standInFor(
  { logicalId, attribute }: Reference,
  listed: LackingType | undefined,
): string | undefined {
  const { ref, attributes } = listed?.standIn ?? {};
  const value = attribute === undefined ? ref : attributes?.[attribute];
  return value?.replaceAll('{id}', logicalId);
}

/** What stands in for an attribute that the engine lacks, of a resource that it makes. */
function attributeFor(
  { logicalId, attribute }: Reference,
  resource: TemplateResource | undefined,
  { attributes }: Lacking,
): string | undefined {
  const entry = attributes.find((one) => one.type === resource?.Type && one.attribute === attribute);
  return entry?.value.replaceAll('{id}', logicalId);
}

const nameOf = ({ logicalId, attribute }: Reference): string =>
  attribute === undefined ? logicalId : `${logicalId}.${attribute}`;

/** The entry that a resource falls under; one that asks for a property comes before one that asks for none. */
function entryFor(
  { Type, Properties = {} }: TemplateResource,
  list: readonly LackingType[],
): LackingType | undefined {
  return list.find(
    ({ type, property }) => type === Type && (property === undefined || Object.hasOwn(Properties, property)),
  );
}

type Listed = ReadonlyMap<string, LackingType>;

/** Finds what goes: what is listed, and whatever refers to that without a value to put in its place, until no more. */
function findLeftOut(
  resources: Template['Resources'],
  listed: Listed,
  absent: AbsentOutputs,
): Map<string, LeftOutResource> {
  const out = new Map<string, LeftOutResource>();
  for (const [logicalId, { why }] of listed)
    out.set(logicalId, { logicalId, type: resources[logicalId]?.Type ?? '', why, dependent: false });
  for (let before = -1; before !== out.size;) {
    before = out.size;
    for (const [logicalId, { Type: type, Properties }] of Object.entries(resources)) {
      if (out.has(logicalId)) continue;
      const lost = referencesOf(Properties).find((reference) => {
        const { logicalId: target } = reference;
        if (absent.has(target)) return absent.get(target) === undefined;
        return out.has(target) && standInFor(reference, listed.get(target)) === undefined;
      });
      if (lost !== undefined)
        out.set(logicalId, { logicalId, type, why: `refers to ${nameOf(lost)}`, dependent: true });
    }
  }
  return out;
}

function withoutWaitingFor(resource: TemplateResource, out: ReadonlyMap<string, unknown>): TemplateResource {
  const { DependsOn, ...rest } = resource;
  const waitsFor = (DependsOn === undefined ? [] : [DependsOn].flat()).filter((one) => !out.has(one));
  return waitsFor.length === 0 ? rest : { ...rest, DependsOn: waitsFor };
}

/** How a resource is updated is not what it is: without its CodeDeploy an alias is moved at once, and said to be. */
const isUpdatedByWhatIsOut = (
  { UpdatePolicy }: TemplateResource,
  out: ReadonlyMap<string, unknown>,
): boolean => referencesOf(UpdatePolicy).some(({ logicalId }) => out.has(logicalId));

function withoutUpdatePolicy({ UpdatePolicy: _dropped, ...rest }: TemplateResource): TemplateResource {
  return rest;
}

/** The image of a machine that starts nowhere: one that is published stands in for one that is not. */
function withPublishedImages(
  parameters: Readonly<Record<string, TemplateParameter>>,
  replaced: ReplacedReference[],
): Record<string, TemplateParameter> {
  const entries = Object.entries(parameters).map(([name, parameter]) => {
    const { Type, Default } = parameter;
    if (Type !== IMAGE_PARAMETER_TYPE || typeof Default !== 'string' || Default === PUBLISHED_IMAGE)
      return [name, parameter] as const;
    replaced.push({ from: `Parameters/${name}`, to: Default, value: PUBLISHED_IMAGE });
    return [name, { ...parameter, Default: PUBLISHED_IMAGE }] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * @param lacking What the engine lacks.
 * @param region Where the stack goes.
 * @param absent Outputs that the stacks beside it do not have any more. @default none
 * @returns The template without it, and everything that is not as it was. The given template is not changed.
 */
export function filterTemplate(
  template: Template,
  lacking: Lacking,
  region: string,
  absent: AbsentOutputs = new Map(),
): FilteredTemplate {
  const listed: Listed = new Map(
    Object.entries(template.Resources).flatMap(([logicalId, resource]) => {
      const entry = entryFor(resource, lacking.types);
      return entry === undefined ? [] : [[logicalId, entry] as const];
    }),
  );
  const out = findLeftOut(template.Resources, listed, absent);
  const replaced: ReplacedReference[] = [];
  const valueFor = (reference: Reference): string | undefined => {
    const { logicalId, region: elsewhere } = reference;
    if (elsewhere !== undefined && elsewhere !== region) return OUTPUT_OF_ANOTHER_REGION;
    if (absent.has(logicalId)) return absent.get(logicalId);
    return out.has(logicalId)
      ? standInFor(reference, listed.get(logicalId))
      : attributeFor(reference, template.Resources[logicalId], lacking);
  };
  const replaceIn =
    (from: string): Replace =>
    (reference) => {
      const value = valueFor(reference);
      if (value !== undefined) replaced.push({ from, to: nameOf(reference), value });
      return value;
    };

  const droppedUpdatePolicies: string[] = [];
  const resources: Record<string, TemplateResource> = {};
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    if (out.has(logicalId)) continue;
    const properties = rewrite(resource.Properties, replaceIn(logicalId)) as TemplateResource['Properties'];
    const isDropped = isUpdatedByWhatIsOut(resource, out);
    if (isDropped) droppedUpdatePolicies.push(logicalId);
    const kept = withoutWaitingFor(isDropped ? withoutUpdatePolicy(resource) : resource, out);
    resources[logicalId] = { ...kept, ...(properties === undefined ? {} : { Properties: properties }) };
  }

  const outputs = Object.entries(template.Outputs ?? {});
  // An output is for people and other stacks: a value of ours there would be a lie, so it is dropped.
  const dropped = outputs.filter(([, output]) =>
    referencesOf(output).some(({ logicalId }) => out.has(logicalId) || absent.has(logicalId)),
  );
  const outputStandIns = dropped.flatMap(([name, output]) => {
    const value = rewrite((output as { Value?: unknown }).Value, valueFor);
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const droppedOutputs = dropped.map(([name]) => name);
  const keptOutputs = outputs.filter(([name]) => !droppedOutputs.includes(name));
  const { Parameters: parameters } = template;
  return {
    template: {
      ...template,
      ...(parameters === undefined ? {} : { Parameters: withPublishedImages(parameters, replaced) }),
      Resources: resources,
      ...(template.Outputs === undefined ? {} : { Outputs: Object.fromEntries(keptOutputs) }),
    },
    leftOut: [...out.values()],
    droppedOutputs,
    outputStandIns: Object.fromEntries(outputStandIns),
    replaced,
    droppedUpdatePolicies,
  };
}
