/**
 * One stack's resources, rendered and ready for the readers. It is the only place that looks at a template's
 * outer shape.
 */
import { byText, isObject, own, type JsonObject } from './json.ts';
import { createRenderer, stackOutput, type Renderer } from './intrinsics.ts';
import { TopologyTemplateError } from './topology-template-error.ts';

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly region: string;
  readonly properties: JsonObject;
  readonly metadata: JsonObject;
  /** Ids of the resources that are made before this one, as `DependsOn` says. */
  readonly dependsOn: readonly string[];
}

export interface StackInput {
  readonly template: unknown;
  readonly stackName: string;
  /** Where the stack goes; `region-1` and the like when the template can go anywhere. */
  readonly region: string;
  /** Absent when the template can be deployed to any region. */
  readonly regionId?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly idPrefix?: string;
  readonly importValue?: (exportName: string) => unknown;
  readonly zonePrefix?: string;
}

export interface Stack {
  readonly name: string;
  readonly region: string;
  readonly metadata: JsonObject;
  /** Ordered by id. */
  readonly resources: readonly Resource[];
  readonly notes: readonly { readonly resource: string; readonly message: string }[];
  /** What the stack exports for others, by export name, rendered. */
  readonly exports: ReadonlyMap<string, unknown>;
}

function resourcesOf(template: unknown, stackName: string): JsonObject {
  if (!isObject(template)) {
    throw new TopologyTemplateError(
      'template-not-an-object',
      `The template of ${stackName} is not an object. Pass the parsed JSON or YAML of a CloudFormation template.`,
    );
  }
  const resources = own(template, 'Resources');
  if (!isObject(resources) || Object.keys(resources).length === 0) {
    throw new TopologyTemplateError(
      'template-without-resources',
      `The template of ${stackName} has no Resources. Pass a CloudFormation template, not a CDK or SAM source.`,
    );
  }
  return resources;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** @throws TopologyTemplateError when there is nothing that could be read. */
export function readStack(input: StackInput): Stack {
  const resources = resourcesOf(input.template, input.stackName);
  const notes: { resource: string; message: string }[] = [];
  let reading = input.stackName;
  const note = (message: string): void => {
    notes.push({ resource: reading, message });
  };
  const renderer = createRenderer({ ...input, note });
  const prefix = input.idPrefix ?? '';
  const read: Resource[] = [];
  for (const logicalId of Object.keys(resources).sort(byText)) {
    const id = prefix + logicalId;
    reading = id;
    const value = resources[logicalId];
    const type = own(value, 'Type');
    if (!isObject(value) || typeof type !== 'string') {
      note('is not a resource: it has no Type, and was left out');
      continue;
    }
    if (conditionOf(value, renderer) === false) continue;
    const properties = renderer.render(own(value, 'Properties') ?? {});
    if (!isObject(properties)) {
      note('has Properties that are not an object; read as if it had none');
    }
    read.push({
      id,
      type,
      region: input.region,
      properties: objectOf(properties),
      metadata: objectOf(renderer.render(own(value, 'Metadata'))),
      dependsOn: dependsOn(value).map((name) => prefix + name),
    });
  }
  reading = input.stackName;
  return {
    name: input.stackName,
    region: input.region,
    metadata: objectOf(renderer.render(own(input.template, 'Metadata'))),
    resources: read,
    notes,
    exports: new Map([...outputsOf(input, renderer), ...crossRegionExportsOf(read)]),
  };
}

function dependsOn(resource: JsonObject): string[] {
  const named = own(resource, 'DependsOn');
  return (Array.isArray(named) ? (named as readonly unknown[]) : [named]).flatMap((name) =>
    typeof name === 'string' ? name : [],
  );
}

/** A resource whose condition the template does not decide is kept: leaving it out would hide it. */
function conditionOf(resource: JsonObject, renderer: Renderer): boolean | undefined {
  const condition = own(resource, 'Condition');
  return typeof condition === 'string' ? renderer.condition(condition) : undefined;
}

/** What other stacks may know by name: exports, and every output under its stack's name. */
function outputsOf({ template, stackName }: StackInput, renderer: Renderer): ReadonlyMap<string, unknown> {
  const outputs = objectOf(own(template, 'Outputs'));
  const found = new Map<string, unknown>();
  for (const id of Object.keys(outputs).sort(byText)) {
    const value = renderer.render(own(outputs[id], 'Value'));
    found.set(stackOutput(stackName, id), value);
    const name = renderer.render(own(own(outputs[id], 'Export'), 'Name'));
    if (typeof name === 'string') found.set(name, value);
  }
  return found;
}

/** CDK's custom resource that writes values into another region's parameter store, for stacks there. */
function crossRegionExportsOf(resources: readonly Resource[]): (readonly [string, unknown])[] {
  return resources
    .filter((resource) => resource.type === 'Custom::CrossRegionExportWriter')
    .flatMap(({ properties }) => Object.entries(objectOf(own(properties['WriterProps'], 'exports'))));
}
