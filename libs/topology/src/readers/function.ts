/** `AWS::Lambda::Function`. */
import { asObject, asText, at } from '../json.ts';
import type { Resource } from '../stack.ts';
import type { FunctionNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

/** Lambda developer guide, "Configure Lambda function timeout" and "memory". */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

function read(resource: Resource, context: ReadContext): FunctionNode[] {
  const settings = context.settingsOf(resource);
  const { properties } = resource;
  const runtime = asText(properties['Runtime']);
  const handler = asText(properties['Handler']);
  const inlineCode = asText(at(properties, 'Code', 'ZipFile'));
  const variables = Object.entries(asObject(at(properties, 'Environment', 'Variables')));
  return [
    {
      kind: 'function',
      ...(runtime === undefined ? {} : { runtime }),
      ...(handler === undefined ? {} : { handler }),
      timeoutSeconds: settings.number('timeoutSeconds', properties['Timeout'], DEFAULT_TIMEOUT_SECONDS),
      memoryMb: settings.number('memoryMb', properties['MemorySize'], DEFAULT_MEMORY_MB),
      environment: Object.fromEntries(variables.map(([name, value]) => [name, asText(value) ?? ''])),
      ...(inlineCode === undefined ? {} : { inlineCode }),
      ...nodeBase(resource, [], settings),
    },
  ];
}

export const functionReader: ResourceReader = { types: ['AWS::Lambda::Function'], read };
