/**
 * Rebuilds a single server in another zone by one command, from the newest copy: a document of Systems Manager, so that
 * it needs neither this repository nor a build, only the region.
 *
 * The stack does not know of it: the next deployment must name the same zone (`-c zone=`), or moves the server back.
 */
import { Duration } from 'aws-cdk-lib';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { ISubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface RebuildElsewhereProps {
  readonly group: AutoScalingGroup;
  /** The subnet of each zone, in their order. */
  readonly subnets: readonly ISubnet[];
}

/** What `server-files/last-copy.service` is given, and a minute until it begins. */
export const LAST_COPY = Duration.minutes(3);

/** Longer than a start with a restore takes; the automation gives up then, the group does not. */
const PATIENCE_SECONDS = 2_400;

export class RebuildElsewhere extends Construct {
  readonly document: CfnDocument;

  constructor(scope: Construct, id: string, { group, subnets }: RebuildElsewhereProps) {
    super(scope, id);
    const name = group.autoScalingGroupName;
    this.document = new CfnDocument(this, 'Document', {
      documentType: 'Automation',
      updateMethod: 'NewVersion',
      content: {
        schemaVersion: '0.3',
        description:
          'Rebuilds the server in the zone of the chosen subnet, from the newest copy of its database.',
        parameters: {
          Subnet: {
            type: 'String',
            description: 'The subnet of the zone to rebuild in; the first is the first zone by name.',
            allowedValues: subnets.map(({ subnetId }) => subnetId),
          },
        },
        mainSteps: [
          {
            name: 'MoveTheGroup',
            action: 'aws:executeAwsApi',
            inputs: {
              Service: 'autoscaling',
              Api: 'UpdateAutoScalingGroup',
              AutoScalingGroupName: name,
              VPCZoneIdentifier: '{{ Subnet }}',
            },
          },
          // Through nothing to one: the last copy of an old server that still runs comes before the new one begins.
          ...scaleTo(name, 0, 'LetTheOldServerGo'),
          // By the clock: a server in a lost zone never says that it is gone.
          { name: 'WaitForItsLastCopy', action: 'aws:sleep', inputs: { Duration: LAST_COPY.toIsoString() } },
          ...scaleTo(name, 1, 'StartTheNewServer'),
          {
            name: 'WaitUntilItRuns',
            action: 'aws:waitForAwsResourceProperty',
            timeoutSeconds: PATIENCE_SECONDS,
            inputs: {
              Service: 'autoscaling',
              Api: 'DescribeAutoScalingGroups',
              AutoScalingGroupNames: [name],
              PropertySelector: '$.AutoScalingGroups[0].Instances[0].LifecycleState',
              DesiredValues: ['InService'],
            },
          },
        ],
      },
    });
  }
}

const scaleTo = (group: string, servers: 0 | 1, name: string) => [
  {
    name,
    action: 'aws:executeAwsApi',
    inputs: {
      Service: 'autoscaling',
      Api: 'UpdateAutoScalingGroup',
      AutoScalingGroupName: group,
      MinSize: servers,
      DesiredCapacity: servers,
    },
  },
];
