/**
 * Servers that all run the same bundle under systemd, spread over zones, replaced when they are unhealthy, more
 * of them when they are busy. The application tier of every servers stack above 99%.
 */
import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import {
  AdditionalHealthCheckType,
  AutoScalingGroup,
  CapacityDistributionStrategy,
  type CfnAutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  Signals,
  type TargetTrackingScalingPolicy,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { LaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import {
  InstanceSize,
  type ISubnet,
  type IVpc,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { EmergencyLevers } from './emergency-levers.ts';
import { applicationUnit, bootstrapScript, SERVER_PORT } from './server-bootstrap.ts';
import type { ServerOrderQueue } from './server-order-queue.ts';
import { DATABASE_NAME, DATABASE_USER, type ServerDatabase } from './server-database.ts';
import { allowOutbound, createLaunchTemplate, createServerRole, describeGroup } from './server-machine.ts';
import type { WebLoadBalancer } from './web-load-balancer.ts';

/**
 * How long a new server is left alone before the load balancer's word replaces it. A first start installs
 * packages and runs migrations; 5 min is what its own script allows itself to become ready.
 */
const HEALTH_CHECK_GRACE_PERIOD = Duration.minutes(5);

/** How long CloudFormation waits for the signal of one server: the same first start, twice over. */
const SIGNAL_TIMEOUT = Duration.minutes(10);

/** How long a new server's load is left out of the average that decides about more servers. */
const WARMUP = Duration.minutes(2);

const SERVER_SUBNETS = { subnetType: SubnetType.PRIVATE_WITH_EGRESS } as const;

export interface ServerGroupProps {
  readonly vpc: IVpc;
  readonly loadBalancer: WebLoadBalancer;
  readonly database: ServerDatabase;
  readonly applicationBundle: Asset;
  readonly serverFiles: Asset;
  readonly logGroup: ILogGroup;
  readonly paymentUrl: string;
  readonly reviewsUrl: string;
  readonly ratedRps: number;
  /**
   * Subnets of the zones that the group spreads over.
   * @default the private subnets of every zone
   */
  readonly subnets?: readonly ISubnet[];
  /**
   * Another group of the same servers, in another zone: role and security group are then shared with it.
   * @default none
   */
  readonly alike?: ServerGroup;
  /**
   * Alarms that refuse a release while it rolls out, and how long each new server watches them before the next
   * is replaced.
   * @default none: only a server that does not become ready refuses a release
   */
  readonly releaseCheck?: { readonly alarms: readonly Alarm[]; readonly watch: Duration };
  /**
   * Levers that servers are told the positions of.
   * @default none
   */
  readonly levers?: EmergencyLevers;
  /**
   * Where servers keep orders that the database refuses.
   * @default nowhere: they are refused
   */
  readonly orderQueue?: ServerOrderQueue;
  /**
   * Whether the servers bring the schema up to date when they start.
   * @default true
   */
  readonly migrates?: boolean;
  /**
   * Whether a server keeps its port open while its application is started again.
   * @default false
   */
  readonly keepsPort?: boolean;
  /** Fewest servers; over all groups at least one per zone. */
  readonly minServers: number;
  readonly maxServers: number;
  /** Average utilization that scaling holds, in percent: of the CPU and of the rating, whichever is reached first. */
  readonly utilizationTargetPercent: number;
}

export class ServerGroup extends Construct {
  readonly group: AutoScalingGroup;
  readonly role: Role;
  readonly securityGroup: SecurityGroup;
  readonly launchTemplate: LaunchTemplate;
  readonly cpuScaling: TargetTrackingScalingPolicy;
  readonly requestScaling: TargetTrackingScalingPolicy;

  constructor(scope: Construct, id: string, props: ServerGroupProps) {
    super(scope, id);
    this.securityGroup = props.alike?.securityGroup ?? this.createSecurityGroup(props);
    this.role = props.alike?.role ?? this.createRole(props);
    this.launchTemplate = createLaunchTemplate(this, {
      size: InstanceSize.SMALL,
      storageGib: 16,
      role: this.role,
      securityGroup: this.securityGroup,
      userData: this.createUserData(props),
    });
    this.group = this.createGroup(props);
    this.group.attachToApplicationTargetGroup(props.loadBalancer.targetGroup);
    this.cpuScaling = this.group.scaleOnCpuUtilization('Cpu', {
      targetUtilizationPercent: props.utilizationTargetPercent,
    });
    // A server refuses what exceeds its rating, busy or not, so its CPU alone may never ask for help.
    this.requestScaling = this.group.scaleOnRequestCount('Requests', {
      targetRequestsPerMinute: (props.ratedRps * 60 * props.utilizationTargetPercent) / 100,
    });
    describeGroup(this.group);
    // A first start needs its permissions, its database and its way out; and the load balancer has an opinion
    // about a server only once a listener forwards to its target group.
    const { internetConnectivityEstablished } = props.vpc.selectSubnets(subnetsOf(props));
    this.group.node.addDependency(
      props.database,
      this.role,
      props.loadBalancer,
      internetConnectivityEstablished,
    );
  }

  private get cfnGroup(): CfnAutoScalingGroup {
    return this.group.node.defaultChild as CfnAutoScalingGroup;
  }

  private createSecurityGroup(props: ServerGroupProps): SecurityGroup {
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Servers: reached by the load balancer, reach the database, AWS and third parties',
      allowAllOutbound: false,
    });
    const fromLoadBalancer = 'Requests and health checks from the load balancer';
    securityGroup.addIngressRule(props.loadBalancer.securityGroup, Port.tcp(SERVER_PORT), fromLoadBalancer);
    props.loadBalancer.securityGroup.addEgressRule(securityGroup, Port.tcp(SERVER_PORT), fromLoadBalancer);
    allowOutbound(securityGroup, [props.paymentUrl, props.reviewsUrl]);
    props.database.allowFrom(securityGroup, 'Servers to the database');
    return securityGroup;
  }

  private createRole(props: ServerGroupProps): Role {
    const role = createServerRole(this, {
      description: 'What the servers may do; the application itself cannot reach these credentials',
      logGroup: props.logGroup,
      applicationBundle: props.applicationBundle,
      archives:
        'Read access to the archives that this account has published for deployment. While a release rolls out or back, servers of both versions start, so one exact key would be the wrong one for half of them.',
      findings: props.database.passwordReadFindings,
    });
    props.database.grantPasswordRead(role);
    props.levers?.grantRead(role);
    props.orderQueue?.grantTo(role);
    if (props.releaseCheck !== undefined) this.grantReleaseCheck(role, props.releaseCheck.alarms);
    return role;
  }

  private grantReleaseCheck(role: Role, alarms: readonly Alarm[]): void {
    role.addToPolicy(
      new PolicyStatement({
        sid: 'WatchTheRelease',
        actions: ['cloudwatch:DescribeAlarms'],
        resources: alarms.map(({ alarmArn }) => alarmArn),
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        sid: 'KnowWhetherThereIsARelease',
        actions: ['cloudformation:DescribeStacks'],
        resources: [Stack.of(this).stackId],
      }),
    );
  }

  private createUserData(props: ServerGroupProps): UserData {
    const stack = Stack.of(this);
    const { endpoint, readHost } = props.database;
    const orderQueue = props.orderQueue?.address;
    const userData = UserData.forLinux();
    userData.addCommands(
      ...bootstrapScript({
        unit: applicationUnit({
          database: {
            ...endpoint,
            ...(readHost !== undefined && { readHost }),
            name: DATABASE_NAME,
            user: DATABASE_USER,
          },
          paymentUrl: props.paymentUrl,
          reviewsUrl: props.reviewsUrl,
          ratedRps: props.ratedRps,
          hasLevers: props.levers !== undefined,
          ...(orderQueue !== undefined && { orderQueue: { ...orderQueue, region: stack.region } }),
          ...(props.migrates !== undefined && { migrates: props.migrates }),
          ...(props.keepsPort !== undefined && { keepsPort: props.keepsPort }),
        }),
        applicationArchive: props.applicationBundle.s3ObjectUrl,
        serverFilesArchive: props.serverFiles.s3ObjectUrl,
        database: { secretParameterName: props.database.secretParameter.parameterName },
        logGroupName: props.logGroup.logGroupName,
        region: stack.region,
        stackName: stack.stackName,
        // The group is made after the template it launches from.
        ...(props.levers !== undefined && { levers: props.levers.address }),
        ...(orderQueue !== undefined && { orderQueue }),
        ...(props.releaseCheck !== undefined && {
          releaseCheck: {
            alarmNames: props.releaseCheck.alarms.map(({ alarmName }) => alarmName),
            watchSeconds: props.releaseCheck.watch.toSeconds(),
          },
        }),
        groupLogicalId: Lazy.string({ produce: () => this.cfnGroup.logicalId }),
      }),
    );
    return userData;
  }

  private createGroup(props: ServerGroupProps): AutoScalingGroup {
    return new AutoScalingGroup(this, 'Group', {
      vpc: props.vpc,
      vpcSubnets: subnetsOf(props),
      launchTemplate: this.launchTemplate,
      // No desired capacity: it would set the group back to its minimum at every deployment, peak or not. The
      // group starts at its minimum by itself.
      minCapacity: props.minServers,
      maxCapacity: props.maxServers,
      azCapacityDistributionStrategy: CapacityDistributionStrategy.BALANCED_BEST_EFFORT,
      // ELB: a server that runs but does not answer `/readyz` is as lost as one that does not run.
      healthChecks: HealthChecks.withAdditionalChecks({
        additionalTypes: [AdditionalHealthCheckType.ELB],
        gracePeriod: HEALTH_CHECK_GRACE_PERIOD,
      }),
      // Launch before terminate: should all servers be declared unhealthy at once (a dependency of the health
      // check is away), none goes before its successor is healthy.
      minHealthyPercentage: 100,
      maxHealthyPercentage: 200,
      defaultInstanceWarmup: WARMUP,
      groupMetrics: [GroupMetrics.all()],
      signals: Signals.waitForMinCapacity({ timeout: SIGNAL_TIMEOUT }),
      // One new server at a time, at full strength throughout, and only on when it says that it is ready.
      updatePolicy: UpdatePolicy.rollingUpdate({
        maxBatchSize: 1,
        minInstancesInService: props.minServers,
        waitOnResourceSignals: true,
        pauseTime: SIGNAL_TIMEOUT,
      }),
    });
  }
}

const subnetsOf = ({ subnets }: ServerGroupProps): SubnetSelection =>
  subnets === undefined ? SERVER_SUBNETS : { subnets: [...subnets] };
