/**
 * The shape of a deployed system, as its CloudFormation template describes it: a plain value without
 * behaviour or I/O. Every reading (the local cloud, the game day, later check, simulate and draw) starts from
 * this and nothing else, so that no fact about a tier's structure is written twice.
 *
 * Use it when you need to reason about what a template builds. Do not use it as a general CloudFormation
 * model: it keeps only what decides behaviour in a failure, and lists the rest under `others`.
 *
 * Units are in the names. A setting that the template leaves out carries AWS's documented default, and its
 * property path is listed in the node's `defaulted`, so that a report can tell a choice from a default.
 */

export interface Topology {
  /** The CloudFormation stack's name; the names joined by `+` when several stacks were read as one. */
  readonly name: string;
  /** The tier the stack says it implements (stack tag or metadata `nines:tier`); absent for foreign templates. */
  readonly tier?: string;
  readonly regions: readonly Region[];
  /** Ordered by id, so that the order of a template's resources makes no difference. */
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly Link[];
  /** Resources that no reader knows: kept so that nothing disappears silently. Never an error. */
  readonly others: readonly OtherResource[];
  /** What could not be read as expected, in sentences, with the logical id they concern. */
  readonly notes: readonly TopologyNote[];
}

export interface Region {
  /** `eu-west-1`, or `region-1` when the template is environment-agnostic. */
  readonly id: string;
  /** Zone ids, sorted: `eu-west-1a`, or `zone-a`, `zone-b` when the template leaves them to AWS. */
  readonly zones: readonly string[];
}

export interface TopologyNote {
  readonly resource: string;
  readonly message: string;
}

export interface OtherResource {
  readonly id: string;
  readonly type: string;
}

interface NodeBase {
  /** The logical id in the template, or `external:<name>`; `<stack>/<logical id>` when several stacks were read. */
  readonly id: string;
  /** The CloudFormation type, such as `AWS::RDS::DBInstance`. */
  readonly type: string;
  readonly region: string;
  /** Zones the node has a presence in; empty for a regional or global service. */
  readonly zones: readonly string[];
  /** Paths of the settings below that the template left to AWS's default, such as `healthCheck.intervalSeconds`. */
  readonly defaulted: readonly string[];
}

/** An ALB (`AWS::ElasticLoadBalancingV2::LoadBalancer`) with the target groups that its listeners forward to. */
export interface LoadBalancerNode extends NodeBase {
  readonly kind: 'load-balancer';
  readonly internetFacing: boolean;
  readonly crossZone: boolean;
  readonly idleTimeoutSeconds: number;
  readonly clientKeepAliveSeconds: number;
  readonly listeners: readonly { readonly port: number; readonly protocol: string }[];
  readonly targetGroups: readonly TargetGroup[];
}

export interface TargetGroup {
  readonly id: string;
  readonly port: number;
  readonly healthCheck: HealthCheck;
  readonly deregistrationDelaySeconds: number;
  readonly slowStartSeconds: number;
  /**
   * Fewest healthy targets below which requests go to every target, healthy or not (fail open). AWS's default
   * is 1: it fails open only when none is healthy.
   */
  readonly failOpenBelowHealthyTargets: number;
  /** The same as a share of the registered targets, 1 to 100; absent when off, AWS's default. The stricter holds. */
  readonly failOpenBelowHealthyPercent?: number;
  /** Ids of the compute groups registered with it. */
  readonly targets: readonly string[];
}

export interface HealthCheck {
  readonly enabled: boolean;
  readonly path: string;
  /** Status codes taken as healthy, as ALB writes them: `200`, `200-299`, `200,202`. */
  readonly matcher: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** An Auto Scaling group with its launch template: identical processes spread over zones, replaced when unhealthy. */
export interface ComputeGroupNode extends NodeBase {
  readonly kind: 'compute-group';
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly desiredInstances: number;
  readonly instanceType: string;
  /** `ELB`: the target group's health check replaces an instance; `EC2`: only the machine's own status does. */
  readonly healthCheckType: 'EC2' | 'ELB';
  readonly healthCheckGracePeriodSeconds: number;
  readonly cpuTargetPercent?: number;
  readonly process?: InstanceProcess;
}

/** What an instance runs, read from the systemd unit that its user data writes. */
export interface InstanceProcess {
  readonly unit: string;
  /**
   * `Environment=` lines. A reference into the template stands as `${LogicalId.Attribute}` or `${Parameter}`,
   * so that whoever runs the topology can resolve it to an address of its own.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly restart: 'always' | 'on-failure' | 'no';
  readonly restartDelaySeconds: number;
  /** How long systemd waits after SIGTERM before SIGKILL. */
  readonly stopTimeoutSeconds: number;
}

/** `AWS::RDS::DBInstance` (later also clusters). */
export interface DatabaseNode extends NodeBase {
  readonly kind: 'database';
  readonly engine: string;
  readonly engineVersion: string;
  readonly port: number;
  readonly databaseName?: string;
  readonly multiAz: boolean;
  /** How an acknowledged write reaches the standby: `synchronous` for RDS Multi-AZ, `none` without a standby. */
  readonly standbyReplication: 'synchronous' | 'asynchronous' | 'none';
  readonly encrypted: boolean;
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
}

export interface BucketNode extends NodeBase {
  readonly kind: 'bucket';
  readonly encrypted: boolean;
  readonly versioned: boolean;
  readonly publicAccessBlocked: boolean;
}

export interface AlarmNode extends NodeBase {
  readonly kind: 'alarm';
  readonly namespace?: string;
  readonly metricName?: string;
  readonly threshold?: number;
  readonly periodSeconds?: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: string;
  /** How many alarm actions it has; an alarm with none tells nobody. */
  readonly actionCount: number;
}

export interface LogGroupNode extends NodeBase {
  readonly kind: 'log-group';
  readonly retentionDays?: number;
}

export interface BackupPlanNode extends NodeBase {
  readonly kind: 'backup-plan';
  readonly rules: readonly {
    readonly name: string;
    readonly schedule?: string;
    readonly deleteAfterDays?: number;
  }[];
}

/** A service outside the template that the workload calls, from the metadata `nines:dependencies`. */
export interface ExternalServiceNode extends NodeBase {
  readonly kind: 'external-service';
  readonly name: string;
  /** The environment variable of the process that holds its address. */
  readonly addressVariable: string;
}

export type TopologyNode =
  | LoadBalancerNode
  | ComputeGroupNode
  | DatabaseNode
  | BucketNode
  | AlarmNode
  | LogGroupNode
  | BackupPlanNode
  | ExternalServiceNode;

export type NodeKind = TopologyNode['kind'];

export interface Link {
  readonly from: string;
  readonly to: string;
  /** `hard`: the caller's answer fails without it. `soft`: the caller compensates. */
  readonly necessity: 'hard' | 'soft';
  /** Whether a user's request waits for it. */
  readonly onRequestPath: boolean;
}
