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
  /** Present when systemd holds the listening socket (`Sockets=`): connections wait while the process is away. */
  readonly keepsPort?: true;
}

/**
 * A database under one endpoint for writes: an RDS instance (`AWS::RDS::DBInstance`), an Aurora cluster
 * (`AWS::RDS::DBCluster`), or one that servers hold themselves (`Nines::HostedDatabase`).
 */
export interface DatabaseNode extends NodeBase {
  readonly kind: 'database';
  readonly engine: string;
  readonly engineVersion: string;
  readonly port: number;
  readonly databaseName?: string;
  readonly multiAz: boolean;
  /**
   * How an acknowledged write reaches what takes over in the same region: `synchronous` for RDS Multi-AZ and for
   * the shared storage of Aurora, `none` when nothing can take over.
   */
  readonly standbyReplication: 'synchronous' | 'asynchronous' | 'none';
  readonly encrypted: boolean;
  /** How far back a restore to any moment reaches; 0 when there is no such restore. */
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
  /** Present for a cluster: several instances, one of which writes, and an endpoint for reads. */
  readonly cluster?: DatabaseCluster;
  /** Id of the database whose writes this one receives asynchronously, as a read replica or in another region. */
  readonly replicaOf?: string;
  /** Id of the compute group whose instances hold it: it lives and dies with its server. */
  readonly heldBy?: string;
  /** Copies that are taken at intervals; a restore loses what came after the last one. */
  readonly copies?: DatabaseCopies;
}

export interface DatabaseCluster {
  /** In the order in which they would write: the writer, then by promotion tier. */
  readonly members: readonly DatabaseMember[];
  readonly replicaScaling?: ReplicaScaling;
  /** Its place in a global database; the role is the one it was made with, until a failover changes it. */
  readonly global?: { readonly id: string; readonly role: 'primary' | 'secondary' };
}

export interface DatabaseMember {
  readonly id: string;
  readonly role: 'writer' | 'replica';
  readonly zone?: string;
  readonly instanceClass: string;
  /** 0 to 15: the replica with the lowest is promoted first; of several, whichever AWS chooses. */
  readonly promotionTier: number;
}

/** How many replicas a cluster may have, those that the template names included. */
export interface ReplicaScaling {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuTargetPercent?: number;
}

export interface DatabaseCopies {
  readonly intervalMinutes: number;
  /** Id of the bucket they go to, when it is one of this template. */
  readonly bucket?: string;
  /**
   * How long whoever rebuilds the server waits for the last copy of one that may still be there, in seconds. Absent
   * when nobody waits.
   */
  readonly lastCopySeconds?: number;
}

/** An Aurora global database (`AWS::RDS::GlobalCluster`): one cluster writes, storage carries it to other regions. */
export interface GlobalDatabaseNode extends NodeBase {
  readonly kind: 'global-database';
  readonly engine: string;
  readonly engineVersion: string;
  readonly encrypted: boolean;
  readonly deletionProtection: boolean;
  /** Ids of the clusters that were read, the one that was made as primary first. */
  readonly clusters: readonly string[];
}

/** A CloudFront distribution. */
export interface EdgeNode extends NodeBase {
  readonly kind: 'edge';
  readonly enabled: boolean;
  /** Names of its own, beside the one that CloudFront gives. */
  readonly aliases: readonly string[];
  readonly origins: readonly EdgeOrigin[];
  readonly originGroups: readonly EdgeOriginGroup[];
  /** In the order in which CloudFront matches them; the default one, `*`, is the last. */
  readonly behaviors: readonly EdgeBehavior[];
  readonly errorResponses: readonly EdgeErrorResponse[];
  /** Whether a web firewall is attached to it. */
  readonly hasFirewall: boolean;
}

export interface EdgeOrigin {
  readonly id: string;
  /** Ids of what its name leads to in this template: a balancer or bucket, or several DNS records of one name. */
  readonly targets: readonly string[];
  readonly domainName: string;
  readonly connectionAttempts: number;
  readonly connectTimeoutSeconds: number;
  /** How long it may stay silent. A bucket names neither this nor the next: CloudFront's defaults stand there. */
  readonly readTimeoutSeconds: number;
  readonly keepAliveSeconds: number;
}

/** Two origins: the second one is asked when the first cannot be reached or answers with one of these codes. */
export interface EdgeOriginGroup {
  readonly id: string;
  readonly origins: readonly string[];
  readonly failoverStatusCodes: readonly number[];
}

export interface EdgeBehavior {
  readonly pathPattern: string;
  /** Id of an origin or an origin group. */
  readonly origin: string;
  readonly allowedMethods: readonly string[];
  /** Bounds on what the origin's `cache-control` says, and what holds when it says nothing. All 0: never cached. */
  readonly minTtlSeconds: number;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
}

/** What viewers get instead of an origin's error, and how long CloudFront remembers the error. */
export interface EdgeErrorResponse {
  readonly status: number;
  readonly responseStatus?: number;
  readonly responsePath?: string;
  readonly cacheSeconds: number;
}

/** One `AWS::Route53::RecordSet`, or one entry of an `AWS::Route53::RecordSetGroup`. */
export interface DnsRecordNode extends NodeBase {
  readonly kind: 'dns-record';
  /** Lower case, without the dot at the end. */
  readonly name: string;
  readonly recordType: string;
  /** How long resolvers may keep the answer; an alias has the TTL of what it points at, 60 s for AWS's own. */
  readonly ttlSeconds: number;
  readonly routing: DnsRouting;
  /** Ids of what its answer leads to in this template. */
  readonly targets: readonly string[];
  /** What it answers with, as far as that is nothing of this template: addresses or names. */
  readonly values: readonly string[];
  /** For an alias: whether the target's own health decides. */
  readonly evaluatesTargetHealth: boolean;
  /** Id of the health check that takes it out of the answers. */
  readonly healthCheck?: string;
}

export interface DnsRouting {
  readonly policy:
    'simple' | 'failover' | 'weighted' | 'latency' | 'geolocation' | 'geoproximity' | 'multivalue' | 'cidr';
  /** Tells records of the same name and type apart. */
  readonly setIdentifier?: string;
  readonly failover?: 'primary' | 'secondary';
  /** 0 to 255; 0 gets nothing as long as another record has a weight. */
  readonly weight?: number;
  /** For latency routing: the region that the record stands for. */
  readonly region?: string;
}

/** `AWS::Route53::HealthCheck`: Route 53's checkers outside ask, or an alarm or other checks decide. */
export interface DnsHealthCheckNode extends NodeBase {
  readonly kind: 'dns-health-check';
  /** `HTTP`, `HTTPS`, `TCP`, `CALCULATED`, `CLOUDWATCH_METRIC`, `RECOVERY_CONTROL`, ... */
  readonly checkType: string;
  /** 30, or 10 when paid for; 0 for a check that asks nobody itself. */
  readonly intervalSeconds: number;
  /** How many answers of the same kind in a row change a checker's mind; 0 for a check that asks nobody itself. */
  readonly failureThreshold: number;
  /** Ids of what it asks, or the alarm that decides, as far as they are of this template. */
  readonly targets: readonly string[];
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly inverted: boolean;
  /** For `CALCULATED`: ids of the checks that it counts, and how many of them have to be healthy. */
  readonly children: readonly string[];
  readonly healthyChildren: number;
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
  /** Values by name of dimension; empty for a metric without any. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `Average`, `Maximum`, `p99`, ...; absent for an expression. */
  readonly statistic?: string;
  /** As CloudFormation writes it: `GreaterThanOrEqualToThreshold`. */
  readonly comparison?: string;
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

/** A state machine of Step Functions, with its definition as the template has it. */
export interface WorkflowNode extends NodeBase {
  readonly kind: 'workflow';
  /** `EXPRESS` ends within minutes and may run twice; `STANDARD` runs once. */
  readonly workflowType: string;
  /** The definition in the Amazon States Language, parsed; what only AWS knows stands in it as `${LogicalId}`. */
  readonly definition: Readonly<Record<string, unknown>>;
}

/** A Lambda function. */
export interface FunctionNode extends NodeBase {
  readonly kind: 'function';
  readonly runtime?: string;
  readonly handler?: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Its source, where the template itself holds it; else it lies in a bucket. */
  readonly inlineCode?: string;
}

/** `AWS::Events::Rule`: starts something at intervals or when something happens. */
export interface EventRuleNode extends NodeBase {
  readonly kind: 'event-rule';
  readonly enabled: boolean;
  /** Every so many seconds, for a rule with a rate; absent for a pattern, or a calendar. */
  readonly everySeconds?: number;
  /** Ids of the alarms whose change to `ALARM` it waits for. */
  readonly alarms: readonly string[];
  /** Ids of what it starts, as far as that is of this template. */
  readonly targets: readonly string[];
}

/** A standard queue (`AWS::SQS::Queue`). */
export interface QueueNode extends NodeBase {
  readonly kind: 'queue';
  /** How long a delivered message is hidden. */
  readonly visibilityTimeoutSeconds: number;
  readonly retentionSeconds: number;
  /** Absent: a message is delivered until it is deleted or too old. */
  readonly redrive?: {
    readonly maxReceiveCount: number;
    /** Id of the queue that gets what was delivered so many times; absent when it lies outside this template. */
    readonly to?: string;
  };
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
  | GlobalDatabaseNode
  | EdgeNode
  | DnsRecordNode
  | DnsHealthCheckNode
  | BucketNode
  | AlarmNode
  | LogGroupNode
  | BackupPlanNode
  | WorkflowNode
  | FunctionNode
  | EventRuleNode
  | QueueNode
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
