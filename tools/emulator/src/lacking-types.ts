/**
 * What MiniStack lacks, type by type: authored by hand from what it refused, and checked against it by
 * `nines deployments --check-list`, which names every entry that it accepts by now.
 *
 * A resource of a listed type is left out of what is deployed to the emulator, and printed. A type that is refused and
 * not listed here fails the deployment by its name: the list grows by a decision, not by itself.
 */

/** What a reference to a resource that is left out becomes. `{id}` is the logical id of the resource. */
export interface StandInValues {
  /** In the place of `Ref`. @default whoever refers to it is left out too */
  readonly ref?: string;
  /** In the place of `Fn::GetAtt`, by attribute. @default whoever asks for another one is left out too */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface LackingType {
  readonly type: string;
  /**
   * `refused`: CloudFormation of the emulator does not know the type, and fails the whole stack.
   * `inoperative`: it is known, or is a custom resource, and what the template asks of it does not work.
   */
  readonly how: 'refused' | 'inoperative';
  readonly why: string;
  /** Only resources that have this property are meant. @default all of the type */
  readonly property?: string;
  /** So that what a stack consists of is not left out because of a detail. @default whoever refers to it is left out too */
  readonly standIn?: StandInValues;
}

const refused = (type: string, why: string, standIn?: StandInValues): LackingType => ({
  type,
  how: 'refused',
  why,
  ...(standIn === undefined ? {} : { standIn }),
});

const inoperative = (type: string, why: string, more: Partial<LackingType> = {}): LackingType => ({
  type,
  how: 'inoperative',
  why,
  ...more,
});

const ARN = (service: string, kind: string): string =>
  `arn:aws:${service}:eu-west-1:000000000000:${kind}{id}`;

export const LACKING_TYPES: readonly LackingType[] = [
  refused('AWS::ARCRegionSwitch::Plan', 'no recovery controller: plans for a switch of regions'),
  refused(
    'AWS::ARCZonalShift::ZonalAutoshiftConfiguration',
    'no recovery controller: shifts away from a zone',
  ),
  refused('AWS::ApplicationAutoScaling::ScalableTarget', 'capacity is a record only; nothing scales', {
    ref: '{id}',
  }),
  refused('AWS::ApplicationAutoScaling::ScalingPolicy', 'capacity is a record only; nothing scales'),
  refused('AWS::ApplicationSignals::ServiceLevelObjective', 'no application signals'),
  refused('AWS::Backup::BackupSelection', 'plans and vaults are records; nothing is backed up'),
  refused('AWS::Backup::RestoreTestingPlan', 'nothing is backed up, so nothing is restored', {
    ref: '{id}',
    attributes: {
      RestoreTestingPlanName: '{id}',
      RestoreTestingPlanArn: ARN('backup', 'restore-testing-plan:'),
    },
  }),
  refused('AWS::Backup::RestoreTestingSelection', 'nothing is backed up, so nothing is restored'),
  refused('AWS::CloudFront::VpcOrigin', 'distributions are records; nothing is fetched from an origin', {
    ref: '{id}',
    attributes: { Id: 'vo_{id}', Arn: ARN('cloudfront', 'vpcorigin/') },
  }),
  refused('AWS::CloudTrail::Trail', 'calls are not recorded in a trail'),
  refused('AWS::CloudWatch::AnomalyDetector', 'alarms are records that nothing evaluates'),
  refused('AWS::CloudWatch::CompositeAlarm', 'alarms are records that nothing evaluates', {
    ref: '{id}',
    attributes: { Arn: ARN('cloudwatch', 'alarm:') },
  }),
  refused('AWS::CodeDeploy::Application', 'no CodeDeploy: an alias is moved at once', { ref: '{id}' }),
  refused('AWS::CodeDeploy::DeploymentConfig', 'no CodeDeploy: an alias is moved at once', { ref: '{id}' }),
  refused('AWS::CodeDeploy::DeploymentGroup', 'no CodeDeploy: an alias is moved at once', { ref: '{id}' }),
  refused('AWS::Config::ConfigRule', 'no rules on configurations'),
  refused('AWS::EC2::EIP', 'no addresses are handed out', {
    // From the range for documentation (RFC 5737): nobody's, and reached by nothing.
    ref: '192.0.2.1',
    attributes: { AllocationId: 'eipalloc-{id}', PublicIp: '192.0.2.1' },
  }),
  refused('AWS::EC2::FlowLog', 'networks are records; nothing flows'),
  refused('AWS::EC2::NatGateway', 'networks are records; nothing flows', {
    ref: 'nat-{id}',
    attributes: { NatGatewayId: 'nat-{id}' },
  }),
  refused('AWS::EC2::SecurityGroupEgress', 'networks are records; nothing flows'),
  refused('AWS::EC2::SecurityGroupIngress', 'networks are records; nothing flows'),
  refused('AWS::FIS::ExperimentTemplate', 'no fault injection service: `nines gameday` injects faults here', {
    ref: '{id}',
    attributes: { Id: '{id}' },
  }),
  refused('AWS::Logs::QueryDefinition', 'no saved queries'),
  refused('AWS::RDS::DBProxy', 'databases are records that nothing connects to', { ref: '{id}' }),
  refused('AWS::RDS::DBProxyTargetGroup', 'databases are records that nothing connects to'),
  refused('AWS::RDS::EventSubscription', 'databases are records to which nothing happens'),
  refused('AWS::RDS::GlobalCluster', 'databases are records; nothing is replicated', { ref: '{id}' }),
  refused('AWS::Route53::HealthCheck', 'records of DNS answer nobody, so nothing is checked', {
    ref: '{id}',
    attributes: { HealthCheckId: '{id}' },
  }),
  refused('AWS::SSM::Association', 'documents are run by nobody'),
  refused('AWS::SSM::Document', 'documents are run by nobody', { ref: '{id}' }),
  refused('AWS::SSM::MaintenanceWindow', 'documents are run by nobody', { ref: '{id}' }),
  refused('AWS::SSM::MaintenanceWindowTarget', 'documents are run by nobody', { ref: '{id}' }),
  refused('AWS::SSM::MaintenanceWindowTask', 'documents are run by nobody'),
  refused('AWS::SecretsManager::RotationSchedule', 'secrets are not rotated'),
  refused('AWS::Synthetics::Canary', 'no canaries: `nines load` asks from outside', {
    ref: '{id}',
    attributes: { Id: '{id}' },
  }),
  refused('AWS::WAFv2::LoggingConfiguration', 'firewalls are records that nothing passes'),
  refused('AWS::WAFv2::WebACLAssociation', 'firewalls are records that nothing passes'),
  refused('AWS::XRay::Group', 'traces are not kept'),
  refused('AWS::XRay::SamplingRule', 'traces are not kept'),
  inoperative('AWS::CloudWatch::Alarm', 'alarms on computed metrics are refused while it is made', {
    property: 'Metrics',
    standIn: { ref: '{id}', attributes: { Arn: ARN('cloudwatch', 'alarm:') } },
  }),
  inoperative(
    'Custom::S3AutoDeleteObjects',
    "its function asks for a tag of the bucket that the emulator's CloudFormation does not set, and expects the SDK in " +
      'the runtime, where none is; a bucket is deleted with what is in it',
  ),
  inoperative(
    'Custom::CDKBucketDeployment',
    'its function expects the AWS command line of a layer under /opt, where no layer is put here',
  ),
];

/** An attribute that AWS has and the emulator has not, of a type that it makes. */
export interface LackingAttribute {
  readonly type: string;
  readonly attribute: string;
  readonly why: string;
  /** In its place. `{id}` is the logical id of the resource. */
  readonly value: string;
}

const SECRET_WHY = 'the secret of a database that nothing connects to is not made';

export const LACKING_ATTRIBUTES: readonly LackingAttribute[] = [
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBCluster',
].map((type) => ({
  type,
  attribute: 'MasterUserSecret.SecretArn',
  why: SECRET_WHY,
  value: ARN('secretsmanager', 'secret:'),
}));

/** All that the emulator lacks, as one. */
export interface Lacking {
  readonly types: readonly LackingType[];
  readonly attributes: readonly LackingAttribute[];
}

export const LACKING: Lacking = { types: LACKING_TYPES, attributes: LACKING_ATTRIBUTES };

/** Templates name the newest image of a machine by a parameter that AWS publishes; the emulator publishes only this one. */
export const IMAGE_PARAMETER_TYPE = 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>';
export const PUBLISHED_IMAGE = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

/**
 * In the place of an output of a stack in another region (`Fn::GetStackOutput` with a region), which the emulator looks
 * for in the stack's own.
 */
export const OUTPUT_OF_ANOTHER_REGION = 'arn:aws:nines:us-east-1:000000000000:output-of-another-region';
