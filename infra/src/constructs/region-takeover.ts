/**
 * Moves the writer, and with it the traffic, between regions, by workflows that stand in each region and act on it:
 *
 * - `takeOver` runs in the region that survives and touches no other: it scales this region out, makes its database
 *   the writer and waits until it can serve. Data that had not arrived here yet is lost (`AllowDataLoss`).
 * - `handOver` runs in the region that writes, while both are well: it makes the other one's database the writer
 *   without losing anything, for failing back and for exercises.
 *
 * Both may be started again at any time: what is done already is seen and left as it is. Who starts `takeOver`, a person
 * or an alarm, is the tier's business (docs/adr/0046-traffic-follows-the-writer.md).
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { AutoScalingGroup, CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { AlertChannel } from './alert-channel.ts';
import type { AuroraDatabase } from './aurora-database.ts';
import type { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { RegionNames } from './region-names.ts';
import { RegionWorkflow, type State } from './region-workflow.ts';
import { globalDatabaseArn, mayPublishIn, writesMetricData } from './writer-beacon.ts';

/** Longer than any failover of Aurora that AWS describes; after this a person has to look. */
const TIMEOUT = Duration.minutes(30);
const POLL_SECONDS = 10;

export interface RegionTakeoverProps {
  readonly names: RegionNames;
  readonly database: AuroraDatabase;
  readonly groups: readonly AutoScalingGroup[];
  /** Servers that each group needs to carry the whole traffic. */
  readonly serversPerGroup: number;
  /** Readers of the database that the whole traffic needs. */
  readonly readers: number;
  readonly alerts: AlertChannel;
  readonly operationsKey: EncryptionKey;
  readonly logGroup: EncryptedLogGroup;
}

type States = Readonly<Record<string, State>>;

const aws = (action: string): string => `arn:aws:states:::aws-sdk:${action}`;

/** Throttled or briefly away: tried again for about a minute. */
const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3, MaxAttempts: 5, BackoffRate: 1.7 }];

const MEMBERS = '$states.result.GlobalClusters.GlobalClusterMembers';

export class RegionTakeover extends Construct {
  readonly takeOver: RegionWorkflow;
  readonly handOver: RegionWorkflow;
  private readonly props: RegionTakeoverProps;

  constructor(scope: Construct, id: string, props: RegionTakeoverProps) {
    super(scope, id);
    this.props = props;
    const { region } = Stack.of(this);
    const shared = { type: StateMachineType.STANDARD, timeout: TIMEOUT, logGroup: props.logGroup };
    this.takeOver = new RegionWorkflow(this, 'TakeOver', {
      ...shared,
      comment: `Makes ${region} serve: more servers, the writer, then the traffic`,
      statements: [...this.mayMoveTheWriter('rds:FailoverGlobalCluster'), ...this.mayScaleOut()],
      findings: { ...this.moveFindings(), ...this.scaleFindings() },
      startAt: 'Announce',
      states: this.takeOverStates(region),
    });
    this.handOver = new RegionWorkflow(this, 'HandOver', {
      ...shared,
      comment: `Gives the writer in ${region}, and the traffic, to the other region without losing anything`,
      statements: this.mayMoveTheWriter('rds:SwitchoverGlobalCluster'),
      findings: this.moveFindings(),
      startAt: 'Announce',
      states: this.handOverStates(region),
    });
  }

  private takeOverStates(region: string): States {
    const { names } = this.props;
    return {
      Announce: this.tell(`${region} is taking over.`, 'Prepare'),
      Prepare: {
        Type: 'Parallel',
        Branches: [this.scaleOutServers(), this.scaleOutReaders(), this.promote()],
        Next: 'SendTraffic',
      },
      SendTraffic: {
        Type: 'Task',
        Resource: aws('cloudwatch:putMetricData'),
        Arguments: writesMetricData(names, region, '1'),
        Retry: RETRY,
        Next: 'Report',
      },
      Report: this.tell(`${region} has taken over: it writes, and traffic goes there.`, 'Done'),
      Done: { Type: 'Succeed' },
    };
  }

  /** Raises each group's minimum, by which it launches at once, and waits until so many are in service. */
  private scaleOutServers(): State {
    const { groups, serversPerGroup } = this.props;
    const wanted = String(serversPerGroup);
    return {
      StartAt: 'EachGroup',
      States: {
        EachGroup: {
          Type: 'Map',
          Items: groups.map(({ autoScalingGroupName }) => autoScalingGroupName),
          ItemProcessor: {
            StartAt: 'RaiseMinimum',
            States: {
              RaiseMinimum: {
                Type: 'Task',
                Resource: aws('autoscaling:updateAutoScalingGroup'),
                Arguments: { AutoScalingGroupName: '{% $states.input %}', MinSize: serversPerGroup },
                Assign: { group: '{% $states.input %}' },
                Retry: RETRY,
                Next: 'CountServers',
              },
              CountServers: {
                Type: 'Task',
                Resource: aws('autoscaling:describeAutoScalingGroups'),
                Arguments: { AutoScalingGroupNames: ['{% $group %}'] },
                Output: {
                  ready:
                    "{% $count($states.result.AutoScalingGroups.Instances[LifecycleState = 'InService' and HealthStatus = 'Healthy']) %}",
                },
                Retry: RETRY,
                Next: 'EnoughServers',
              },
              EnoughServers: {
                Type: 'Choice',
                Choices: [{ Condition: `{% $states.input.ready >= ${wanted} %}`, Next: 'GroupReady' }],
                Default: 'WaitForServers',
              },
              WaitForServers: { Type: 'Wait', Seconds: POLL_SECONDS, Next: 'CountServers' },
              GroupReady: { Type: 'Succeed' },
            },
          },
          End: true,
        },
      },
    };
  }

  /** Auto scaling adds what is missing by itself; nothing waits for it, because the writer can read too. */
  private scaleOutReaders(): State {
    const { database, readers } = this.props;
    return {
      StartAt: 'RaiseReaders',
      States: {
        RaiseReaders: {
          Type: 'Task',
          Resource: aws('applicationautoscaling:registerScalableTarget'),
          Arguments: {
            ServiceNamespace: 'rds',
            ScalableDimension: 'rds:cluster:ReadReplicaCount',
            ResourceId: `cluster:${database.cluster.clusterIdentifier}`,
            MinCapacity: readers,
          },
          Retry: RETRY,
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'WithoutMoreReaders' }],
          End: true,
        },
        WithoutMoreReaders: { Type: 'Succeed' },
      },
    };
  }

  private promote(): State {
    const { names, database } = this.props;
    const own = database.cluster.clusterArn;
    return {
      StartAt: 'AlreadyWriter',
      States: {
        AlreadyWriter: this.askWhoWrites(own, 'MustPromote'),
        MustPromote: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input.writes %}', Next: 'Promoted' }],
          Default: 'Promote',
        },
        Promote: {
          Type: 'Task',
          Resource: aws('rds:failoverGlobalCluster'),
          Arguments: {
            GlobalClusterIdentifier: names.globalDatabase,
            TargetDbClusterIdentifier: own,
            AllowDataLoss: true,
          },
          Retry: RETRY,
          Next: 'AskWhoWrites',
        },
        AskWhoWrites: this.askWhoWrites(own, 'IsWriter'),
        IsWriter: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $states.input.writes and $states.input.settled %}', Next: 'Promoted' }],
          Default: 'WaitForWriter',
        },
        WaitForWriter: { Type: 'Wait', Seconds: POLL_SECONDS, Next: 'AskWhoWrites' },
        Promoted: { Type: 'Succeed' },
      },
    };
  }

  private handOverStates(region: string): States {
    const { names, database } = this.props;
    const own = database.cluster.clusterArn;
    return {
      Announce: this.tell(`${region} is handing over to the other region.`, 'WhoWrites'),
      WhoWrites: this.askWhoWrites(own, 'MayHandOver'),
      MayHandOver: {
        Type: 'Choice',
        Choices: [
          {
            Condition: "{% $states.input.writes and $states.input.other != '' %}",
            Assign: { other: '{% $states.input.other %}' },
            Next: 'SwitchOver',
          },
        ],
        Default: 'NotMineToGive',
      },
      NotMineToGive: {
        Type: 'Fail',
        Error: 'region-does-not-write',
        Cause: 'Only the region that writes can hand over, and only when there is another one.',
      },
      SwitchOver: {
        Type: 'Task',
        Resource: aws('rds:switchoverGlobalCluster'),
        Arguments: {
          GlobalClusterIdentifier: names.globalDatabase,
          TargetDbClusterIdentifier: '{% $other %}',
        },
        Retry: RETRY,
        Next: 'AskWhoWrites',
      },
      AskWhoWrites: this.askWhoWrites(own, 'HasGone'),
      HasGone: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $not($states.input.writes) and $states.input.settled %}', Next: 'SendTraffic' },
        ],
        Default: 'WaitForSwitch',
      },
      WaitForSwitch: { Type: 'Wait', Seconds: POLL_SECONDS, Next: 'AskWhoWrites' },
      SendTraffic: {
        Type: 'Task',
        Resource: aws('cloudwatch:putMetricData'),
        Arguments: writesMetricData(names, region, '0'),
        Retry: RETRY,
        Next: 'Report',
      },
      Report: this.tell(
        `${region} has handed over: the other region writes, and traffic goes there.`,
        'Done',
      ),
      Done: { Type: 'Succeed' },
    };
  }

  /** Whether this region writes, whether the change is over, and which cluster is the other one. */
  private askWhoWrites(own: string, next: string): State {
    return {
      Type: 'Task',
      Resource: aws('rds:describeGlobalClusters'),
      Arguments: { GlobalClusterIdentifier: this.props.names.globalDatabase },
      Output: {
        writes: `{% '${own}' in ${MEMBERS}[IsWriter].DbClusterArn %}`,
        settled: "{% $states.result.GlobalClusters[0].Status = 'available' %}",
        other: `{% $join(${MEMBERS}[DbClusterArn != '${own}'].DbClusterArn) %}`,
      },
      Retry: RETRY,
      Next: next,
    };
  }

  /** Tells people. An alert that cannot be sent must not stop a failover. */
  private tell(message: string, next: string): State {
    return {
      Type: 'Task',
      Resource: aws('sns:publish'),
      Arguments: {
        TopicArn: this.props.alerts.topic.topicArn,
        Subject: this.props.names.workload,
        Message: `${message} Playbook: docs/playbooks/lost-region.md`,
      },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: next }],
      Next: next,
    };
  }

  private mayMoveTheWriter(action: string): PolicyStatement[] {
    const { names, alerts, operationsKey } = this.props;
    const global = globalDatabaseArn(this, names.globalDatabase);
    return [
      new PolicyStatement({
        sid: 'AskWhoWrites',
        actions: ['rds:DescribeGlobalClusters'],
        resources: [global],
      }),
      new PolicyStatement({
        sid: 'MoveTheWriter',
        actions: [action],
        resources: [global, this.anyRegionsCluster()],
      }),
      mayPublishIn(names),
      new PolicyStatement({
        sid: 'TellPeople',
        actions: ['sns:Publish'],
        resources: [alerts.topic.topicArn],
      }),
      new PolicyStatement({
        sid: 'EncryptWhatItTells',
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [operationsKey.keyArn],
      }),
    ];
  }

  private mayScaleOut(): PolicyStatement[] {
    const { groups } = this.props;
    return [
      new PolicyStatement({
        sid: 'RaiseMinimumOfServers',
        actions: ['autoscaling:UpdateAutoScalingGroup'],
        resources: groups.map(({ autoScalingGroupArn }) => autoScalingGroupArn),
      }),
      new PolicyStatement({
        sid: 'CountServers',
        actions: ['autoscaling:DescribeAutoScalingGroups'],
        resources: ['*'],
      }),
      new PolicyStatement({
        sid: 'RaiseMinimumOfReaders',
        actions: ['application-autoscaling:RegisterScalableTarget'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            'application-autoscaling:service-namespace': 'rds',
            'application-autoscaling:scalable-dimension': 'rds:cluster:ReadReplicaCount',
          },
        },
      }),
    ];
  }

  /** The clusters of this global database in all regions: they are named after the workload. */
  private anyRegionsCluster(): string {
    return Stack.of(this).formatArn({
      service: 'rds',
      region: '*',
      resource: 'cluster',
      resourceName: `${this.props.names.workload}-*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private moveFindings(): Readonly<Record<string, string>> {
    return {
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:rds:*:<AWS::AccountId>:cluster:${this.props.names.workload}-*]`]:
        'The writer moves between clusters of this workload in two regions, and only RDS knows at that moment which they are; all their names begin with the name of the workload.',
      'AwsSolutions-IAM5[Resource::*]':
        'Publishing metrics, counting servers, delivering logs and traces know no resources; conditions narrow the metrics to this namespace and the scaling to readers of databases.',
    };
  }
  private scaleFindings(): Readonly<Record<string, string>> {
    const stack = Stack.of(this);
    return Object.fromEntries(
      this.props.groups.map((group) => [
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:autoscaling:<AWS::Region>:<AWS::AccountId>:autoScalingGroup:*:autoScalingGroupName/<${String(stack.resolve((group.node.defaultChild as CfnAutoScalingGroup).logicalId))}>]`,
        'The ARN of a group has an id in its middle that only Auto Scaling knows; the name at its end is that of one group of this stack.',
      ]),
    );
  }
}
