/** `AWS::SQS::Queue`, as far as it decides when a message is delivered again and where it ends. */
import { at } from '../json.ts';
import { referencedId } from '../references.ts';
import type { Resource } from '../stack.ts';
import type { QueueNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

export const QUEUE_TYPE = 'AWS::SQS::Queue';

/** What SQS takes when a template says nothing (SQS developer guide, "Amazon SQS queue parameters"). */
const DEFAULT_VISIBILITY_SECONDS = 30;
const DEFAULT_RETENTION_SECONDS = 345_600;

function read(queue: Resource, context: ReadContext): QueueNode[] {
  const settings = context.settingsOf(queue);
  const { properties } = queue;
  const policy = properties['RedrivePolicy'];
  const to = referencedId(at(policy, 'deadLetterTargetArn'));
  return [
    {
      kind: 'queue',
      visibilityTimeoutSeconds: settings.number(
        'visibilityTimeoutSeconds',
        properties['VisibilityTimeout'],
        DEFAULT_VISIBILITY_SECONDS,
      ),
      retentionSeconds: settings.number(
        'retentionSeconds',
        properties['MessageRetentionPeriod'],
        DEFAULT_RETENTION_SECONDS,
      ),
      ...(policy === undefined
        ? {}
        : {
            redrive: {
              maxReceiveCount: settings.number('redrive.maxReceiveCount', at(policy, 'maxReceiveCount'), 1),
              ...(to === undefined ? {} : { to }),
            },
          }),
      ...nodeBase(queue, [], settings),
    },
  ];
}

export const queueReader: ResourceReader = { types: [QUEUE_TYPE], read };
