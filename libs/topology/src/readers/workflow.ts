/** `AWS::StepFunctions::StateMachine`: what a workflow does, as its definition says. */
import { asText, isObject, type JsonObject } from '../json.ts';
import type { Resource } from '../stack.ts';
import type { WorkflowNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

function definitionOf({ properties }: Resource): JsonObject | undefined {
  const { Definition, DefinitionString } = properties;
  if (isObject(Definition)) return Definition;
  const text = asText(DefinitionString);
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function read(machine: Resource, context: ReadContext): WorkflowNode[] {
  const settings = context.settingsOf(machine);
  const definition = definitionOf(machine);
  if (definition === undefined) {
    context.noteOn(machine)('has a definition that is no object in JSON, so what it does is not known');
    return [];
  }
  return [
    {
      kind: 'workflow',
      workflowType: settings.text('workflowType', machine.properties['StateMachineType'], 'STANDARD'),
      definition,
      ...nodeBase(machine, [], settings),
    },
  ];
}

export const workflowReader: ResourceReader = { types: ['AWS::StepFunctions::StateMachine'], read };
