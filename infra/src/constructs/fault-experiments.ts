/**
 * Faults of a tier's matrix as experiments of AWS Fault Injection Service: the same faults that the game day injects
 * on one machine, for the deployed stack. None can run without an alarm that stops it.
 *
 * An experiment changes nothing until somebody starts it: docs/runbooks/run-a-fault-experiment.md.
 */
import { Stack } from 'aws-cdk-lib';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnExperimentTemplate } from 'aws-cdk-lib/aws-fis';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** How long a zone stays lost: longer than any recovery that the tiers promise. */
const ZONE_LOSS = 'PT10M';

/** As long as a person may take to decide, and the recovery after that. */
const REGION_LOSS = 'PT30M';

const NETWORK_POLICY = 'service-role/AWSFaultInjectionSimulatorNetworkAccess';

export interface ZoneUnderTest {
  /** Name of the zone. */
  readonly name: string;
  /** Every subnet of the stack in it. */
  readonly subnets: readonly ISubnet[];
  /** Groups with servers in it. */
  readonly groups: readonly AutoScalingGroup[];
}

/** What can be made to fail over. */
export type DatabaseUnderTest =
  { readonly kind: 'cluster'; readonly arn: string } | { readonly kind: 'instance'; readonly arn: string };

export interface FaultExperimentsProps {
  /** Ends an experiment when users feel more than the tier promises. */
  readonly stopAlarm: Alarm;
  readonly groups: readonly AutoScalingGroup[];
  readonly zones: readonly ZoneUnderTest[];
  /** @default none: the database is on the servers, and lost with them */
  readonly database?: DatabaseUnderTest;
  /**
   * For tiers that survive their region: all its subnets, and what ends the experiment when the other region does not
   * take over. Not the alarm above, which goes off because this region is lost.
   * @default none: the loss of the region is no experiment
   */
  readonly region?: { readonly subnets: readonly ISubnet[]; readonly stopAlarm: Alarm };
}

type Action = CfnExperimentTemplate.ExperimentTemplateActionProperty;
type Target = CfnExperimentTemplate.ExperimentTemplateTargetProperty;

export class FaultExperiments extends Construct {
  readonly role: Role;
  readonly killDocument: CfnDocument;
  /** The application's process dies on one server. */
  readonly processKill: CfnExperimentTemplate;
  /** A server dies. */
  readonly serverLoss: CfnExperimentTemplate;
  /** The database's primary is taken away. */
  readonly databaseFailover?: CfnExperimentTemplate;
  /** One for each zone, in their order. */
  readonly zoneLosses: readonly CfnExperimentTemplate[];

  readonly regionLoss?: CfnExperimentTemplate;

  private readonly stopAlarm: Alarm;

  constructor(scope: Construct, id: string, props: FaultExperimentsProps) {
    super(scope, id);
    this.stopAlarm = props.stopAlarm;
    this.killDocument = new CfnDocument(this, 'KillProcess', {
      documentType: 'Command',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
      content: {
        schemaVersion: '2.2',
        description: 'Kills the application without a warning; systemd starts it again',
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: 'kill',
            inputs: { runCommand: ['systemctl kill --kill-whom=main --signal=SIGKILL shop-api.service'] },
          },
        ],
      },
    });
    this.role = this.createRole(props);
    const [first] = props.groups;
    if (first === undefined) throw new RangeError('There must be a group of servers to experiment with.');
    this.processKill = this.createProcessKill(first);
    this.serverLoss = this.template('ServerLoss', 'A server is lost', {
      targets: { server: serversOf(first, 'COUNT(1)') },
      actions: { terminate: { actionId: 'aws:ec2:terminate-instances', targets: { Instances: 'server' } } },
    });
    const { database } = props;
    if (database !== undefined) {
      this.databaseFailover = this.template('DatabaseFailover', "The database's primary is lost", {
        targets: { database: databaseTarget(database) },
        actions: { failover: failoverOf(database, 'database') },
      });
    }
    if (props.region !== undefined) this.regionLoss = this.createRegionLoss(props.region);
    this.zoneLosses = props.zones.map((zone, index) => this.createZoneLoss(zone, index, props.database));
  }

  /** Every subnet is cut off: servers, database and load balancer are there and reach nobody. */
  private createRegionLoss({
    subnets,
    stopAlarm,
  }: NonNullable<FaultExperimentsProps['region']>): CfnExperimentTemplate {
    return this.template('RegionLoss', 'The region is cut off', {
      targets: { subnets: this.subnetsTarget(subnets) },
      actions: {
        'cut-network': {
          actionId: 'aws:network:disrupt-connectivity',
          targets: { Subnets: 'subnets' },
          parameters: { duration: REGION_LOSS, scope: 'all' },
        },
      },
      stopAlarm,
    });
  }

  private subnetsTarget(subnets: readonly ISubnet[]): Target {
    return {
      resourceType: 'aws:ec2:subnet',
      resourceArns: subnets.map(({ subnetId }) => this.arn('ec2', `subnet/${subnetId}`)),
      selectionMode: 'ALL',
    };
  }

  private createProcessKill(group: AutoScalingGroup): CfnExperimentTemplate {
    const document = this.arn('ssm', `document/${this.killDocument.ref}`);
    return this.template('ProcessKill', 'The application is killed on one server', {
      targets: { server: serversOf(group, 'COUNT(1)') },
      actions: {
        kill: {
          actionId: 'aws:ssm:send-command',
          targets: { Instances: 'server' },
          parameters: { documentArn: document, documentParameters: '{}', duration: 'PT1M' },
        },
      },
    });
  }

  /** The zone's network is cut, its servers stop, nothing can be launched there, and a primary there fails over. */
  private createZoneLoss(
    { name, subnets, groups }: ZoneUnderTest,
    index: number,
    database: DatabaseUnderTest | undefined,
  ): CfnExperimentTemplate {
    const perGroup = groups.map((group, groupIndex) => {
      const [servers, launches] = [`servers${String(groupIndex + 1)}`, `group${String(groupIndex + 1)}`];
      const targets: Record<string, Target> = {
        [servers]: {
          ...serversOf(group, 'ALL'),
          filters: [{ path: 'Placement.AvailabilityZone', values: [name] }],
        },
        [launches]: {
          resourceType: 'aws:ec2:autoscaling-group',
          resourceArns: [group.autoScalingGroupArn],
          selectionMode: 'ALL',
        },
      };
      const actions: Record<string, Action> = {
        [`stop-${servers}`]: {
          actionId: 'aws:ec2:stop-instances',
          targets: { Instances: servers },
          parameters: { startInstancesAfterDuration: ZONE_LOSS },
        },
        [`no-launches-${launches}`]: {
          actionId: 'aws:ec2:asg-insufficient-instance-capacity-error',
          targets: { AutoScalingGroups: launches },
          parameters: { availabilityZoneIdentifiers: name, duration: ZONE_LOSS, percentage: '100' },
        },
      };
      return { targets, actions };
    });
    return this.template(
      `Zone${String(index + 1)}Loss`,
      `Zone ${String(index + 1)} is lost for ten minutes`,
      {
        targets: {
          subnets: this.subnetsTarget(subnets),
          ...(database !== undefined && { primary: primaryInZone(database, name) }),
          ...Object.assign({}, ...perGroup.map(({ targets }) => targets)),
        },
        actions: {
          'cut-network': {
            actionId: 'aws:network:disrupt-connectivity',
            targets: { Subnets: 'subnets' },
            parameters: { duration: ZONE_LOSS, scope: 'all' },
          },
          ...(database !== undefined && { 'fail-over': failoverOf(database, 'primary') }),
          ...Object.assign({}, ...perGroup.map(({ actions }) => actions)),
        },
        // The primary is in this zone in some runs only.
        emptyTargetResolutionMode: 'skip',
      },
    );
  }

  private template(
    id: string,
    description: string,
    fault: {
      readonly targets: Record<string, Target>;
      readonly actions: Record<string, Action>;
      readonly emptyTargetResolutionMode?: 'skip';
      readonly stopAlarm?: Alarm;
    },
  ): CfnExperimentTemplate {
    const template = new CfnExperimentTemplate(this, id, {
      description: `${description} (${Stack.of(this).stackName})`,
      roleArn: this.role.roleArn,
      stopConditions: [
        { source: 'aws:cloudwatch:alarm', value: (fault.stopAlarm ?? this.stopAlarm).alarmArn },
      ],
      targets: fault.targets,
      actions: fault.actions,
      experimentOptions: {
        accountTargeting: 'single-account',
        emptyTargetResolutionMode: fault.emptyTargetResolutionMode ?? 'fail',
      },
      tags: { Name: `${Stack.of(this).stackName} ${id}` },
    });
    template.node.addDependency(this.role);
    return template;
  }

  private createRole({ groups, database }: FaultExperimentsProps): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('fis.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
      description: 'What experiments may break: this stack and nothing else',
      // Cutting a subnet off means making and swapping network ACLs, in calls that change with the service.
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(NETWORK_POLICY)],
    });
    const groupNames = groups.map(({ autoScalingGroupName }) => autoScalingGroupName);
    const ofThisStack = { StringEquals: { 'aws:ResourceTag/aws:autoscaling:groupName': groupNames } };
    const instances = this.arn('ec2', 'instance/*');
    const statements = [
      new PolicyStatement({
        sid: 'StopServersOfThisStack',
        actions: ['ec2:StopInstances', 'ec2:StartInstances', 'ec2:TerminateInstances'],
        resources: [instances],
        conditions: ofThisStack,
      }),
      new PolicyStatement({
        sid: 'CommandServersOfThisStack',
        actions: ['ssm:SendCommand'],
        resources: [instances],
        conditions: { StringEquals: { 'ssm:resourceTag/aws:autoscaling:groupName': groupNames } },
      }),
      new PolicyStatement({
        sid: 'ByThisDocument',
        actions: ['ssm:SendCommand'],
        resources: [this.arn('ssm', `document/${this.killDocument.ref}`)],
      }),
      ...(database === undefined
        ? []
        : [
            new PolicyStatement({
              sid: 'FailOverThisDatabase',
              actions: database.kind === 'cluster' ? ['rds:FailoverDBCluster'] : ['rds:RebootDBInstance'],
              resources: [database.arn],
            }),
          ]),
      new PolicyStatement({
        sid: 'RefuseLaunches',
        actions: ['ec2:InjectApiError'],
        resources: ['*'],
        conditions: {
          'ForAnyValue:StringEquals': {
            'ec2:FisActionId': ['aws:ec2:asg-insufficient-instance-capacity-error'],
          },
        },
      }),
      new PolicyStatement({
        sid: 'FindTargets',
        actions: [
          'autoscaling:DescribeAutoScalingGroups',
          'ec2:DescribeInstances',
          'ec2:DescribeSubnets',
          'rds:DescribeDBClusters',
          'rds:DescribeDBInstances',
          'ssm:CancelCommand',
          'ssm:ListCommands',
          'tag:GetResources',
        ],
        resources: ['*'],
      }),
    ];
    for (const statement of statements) role.addToPolicy(statement);
    acknowledgeRole(role);
    return role;
  }

  private arn(service: string, resource: string): string {
    const { partition, region, account } = Stack.of(this);
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  }
}

function acknowledgeRole(role: Role): void {
  acknowledge(role, {
    [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${NETWORK_POLICY}]`]:
      'The policy that AWS maintains for cutting subnets off: it makes and swaps network ACLs that it tags as its own, and only FIS on behalf of this account can assume the role.',
    'AwsSolutions-IAM5[Resource::*]':
      'Describing and listing know no resources; refusing launches is narrowed to one action of FIS, whose experiments name the group; a command is cancelled by an id that only its sender knows.',
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]':
      'Servers come and go. A condition on the tag that their group puts on them narrows this to the servers of this stack.',
  });
}

/** By the tag that the group itself puts on its servers, so that no fault can reach beyond it. */
const serversOf = (group: AutoScalingGroup, selectionMode: 'COUNT(1)' | 'ALL'): Target => ({
  resourceType: 'aws:ec2:instance',
  resourceTags: { 'aws:autoscaling:groupName': group.autoScalingGroupName },
  selectionMode,
});

const databaseTarget = ({ kind, arn }: DatabaseUnderTest): Target => ({
  resourceType: kind === 'cluster' ? 'aws:rds:cluster' : 'aws:rds:db',
  resourceArns: [arn],
  selectionMode: 'ALL',
});

/** The database as a target as far as its primary is in the zone. */
const primaryInZone = (database: DatabaseUnderTest, zone: string): Target => ({
  ...databaseTarget(database),
  parameters:
    database.kind === 'cluster'
      ? { writerAvailabilityZoneIdentifiers: zone }
      : { availabilityZoneIdentifiers: zone },
});

const failoverOf = ({ kind }: DatabaseUnderTest, target: string): Action =>
  kind === 'cluster'
    ? { actionId: 'aws:rds:failover-db-cluster', targets: { Clusters: target } }
    : {
        actionId: 'aws:rds:reboot-db-instances',
        targets: { DBInstances: target },
        parameters: { forceFailover: 'true' },
      };
