/** `AWS::Logs::LogGroup`. Without a retention CloudWatch Logs keeps events for ever. */
import type { Resource } from '../stack.ts';
import type { LogGroupNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

function read(group: Resource, context: ReadContext): LogGroupNode[] {
  const settings = context.settingsOf(group);
  const retentionDays = settings.optionalNumber('retentionDays', group.properties['RetentionInDays']);
  if (retentionDays === undefined) settings.leaveToDefault('retentionDays');
  return [
    {
      ...nodeBase(group, [], settings),
      kind: 'log-group',
      ...(retentionDays === undefined ? {} : { retentionDays }),
    },
  ];
}

export const logGroupReader: ResourceReader = { types: ['AWS::Logs::LogGroup'], read };
