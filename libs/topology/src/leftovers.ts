/**
 * What a stack leaves behind when it is deleted, and what refuses to go: told from the template, before anything is
 * deployed. Use it to hold a sandbox to "destroy leaves nothing", or to show what a production stack keeps on purpose.
 *
 * It knows what the template shows. What was made beside the stack (a snapshot by hand, an object in a bucket of
 * another stack, the CDK's own bucket of assets) it cannot know.
 */
import { asList, asText, at, byText, own } from './json.ts';
import { idsReferredTo, referencedId } from './references.ts';
import { readStack, type Resource } from './stack.ts';

export type LeftoverKind =
  /** Stays as it is, by its deletion policy or a setting of its own. */
  | 'kept'
  /** Goes, and leaves a snapshot. */
  | 'snapshot'
  /** AWS makes it beside the resource, and no template lists it. */
  | 'unlisted'
  /** Goes, but days later. */
  | 'delayed'
  /** Keeps the deletion of the stack from succeeding. */
  | 'blocks';

export interface Leftover {
  /** The logical id. */
  readonly resource: string;
  readonly type: string;
  readonly kind: LeftoverKind;
  /** What stays and why, as the end of a sentence about the resource. */
  readonly reason: string;
}

interface Template {
  readonly resources: readonly Resource[];
  readonly ofType: (type: string) => readonly Resource[];
}

type Found = Pick<Leftover, 'kind' | 'reason'>;
type Rule = (resource: Resource, template: Template) => Found | undefined;

const isTrue = (value: unknown): boolean => String(value) === 'true';

const protectedBy =
  (...path: string[]): Rule =>
  ({ properties }) =>
    isTrue(at(properties, ...path))
      ? { kind: 'blocks', reason: `is protected from deletion (${path.join('.')})` }
      : undefined;

const automatedBackups: Rule = ({ properties }) =>
  String(properties['DeleteAutomatedBackups']) === 'false'
    ? {
        kind: 'kept',
        reason: 'leaves its automated backups until their retention ends (DeleteAutomatedBackups)',
      }
    : undefined;

/** Log groups of the template whose name begins and ends so, references standing for any text. */
const hasLogGroup = ({ ofType }: Template, start: string, end: string): boolean =>
  ofType('AWS::Logs::LogGroup').some(({ properties }) => {
    const name = asText(properties['LogGroupName']) ?? '';
    return name.startsWith(start) && name.endsWith(end);
  });

const exportedLogs: Rule = ({ properties }, template) => {
  const missing = asList(properties['EnableCloudwatchLogsExports']).filter(
    (name) => !hasLogGroup(template, '/aws/rds/', `/${String(name)}`),
  );
  return missing.length === 0
    ? undefined
    : {
        kind: 'unlisted',
        reason: `exports ${missing.join(' and ')} logs into a log group that RDS makes, without a retention`,
      };
};

const functionLogs: Rule = ({ id, properties }, template) => {
  if (at(properties, 'LoggingConfig', 'LogGroup') !== undefined) return undefined;
  const name = asText(properties['FunctionName']);
  const isMade = template.ofType('AWS::Logs::LogGroup').some((group) => {
    const said = asText(group.properties['LogGroupName']) ?? '';
    return (
      said.startsWith('/aws/lambda/') &&
      (said === `/aws/lambda/${String(name)}` || idsReferredTo(said).has(id))
    );
  });
  return isMade
    ? undefined
    : { kind: 'unlisted', reason: 'writes into a log group that Lambda makes, without a retention' };
};

const canaryParts: Rule = ({ properties }) => {
  const cleansUp =
    properties['ProvisionedResourceCleanup'] === 'AUTOMATIC' ||
    isTrue(properties['DeleteLambdaResourcesOnCanaryDeletion']);
  return cleansUp
    ? undefined
    : { kind: 'unlisted', reason: 'leaves the function and the layers that Synthetics makes for it' };
};

/** Whether a role of the template may not make log groups: without that Lambda writes no log. */
function makesNoLogGroup(role: string | undefined, { ofType }: Template): boolean {
  const [own] = ofType('AWS::IAM::Role').filter(({ id }) => id === role);
  if (own === undefined || asList(own.properties['ManagedPolicyArns']).length > 0) return false;
  const policies = [
    ...asList(own.properties['Policies']),
    ...['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap(ofType)
      .filter(({ properties }) => asList(properties['Roles']).some((name) => referencedId(name) === own.id))
      .map(({ properties }) => properties),
  ];
  const actions = policies
    .flatMap((policy) => [at(policy, 'PolicyDocument', 'Statement')].flat())
    .flatMap((statement) => [at(statement, 'Action')].flat());
  return !actions.some((action) => /^(\*|logs:(\*|Create.*))$/i.test(String(action)));
}

const canaryLogs: Rule = ({ properties }, template) => {
  const name = asText(properties['Name']) ?? '';
  if (makesNoLogGroup(referencedId(properties['ExecutionRoleArn']), template)) return undefined;
  return hasLogGroup(template, `/aws/lambda/cwsyn-${name}`, '')
    ? undefined
    : { kind: 'unlisted', reason: 'writes into a log group that Synthetics makes, without a retention' };
};

const buildLogs: Rule = ({ properties }) =>
  at(properties, 'LogsConfig', 'CloudWatchLogs', 'GroupName') === undefined
    ? { kind: 'unlisted', reason: 'writes into a log group that CodeBuild makes, without a retention' }
    : undefined;

const bucketContent: Rule = ({ id }, { resources }) => {
  const isEmptied = resources.some(
    ({ type, properties }) =>
      type === 'Custom::S3AutoDeleteObjects' && referencedId(properties['BucketName']) === id,
  );
  return isEmptied
    ? undefined
    : { kind: 'blocks', reason: 'cannot be deleted while it holds objects, and nothing empties it' };
};

const recoveryPoints: Rule = ({ id }, { ofType }) => {
  const isUsed = ofType('AWS::Backup::BackupPlan').some(({ properties }) =>
    idsReferredTo(properties).has(id),
  );
  return isUsed
    ? { kind: 'blocks', reason: 'cannot be deleted while it holds recovery points of a backup plan' }
    : undefined;
};

const keyWaits: Rule = ({ properties }) => ({
  kind: 'delayed',
  reason: `is deleted after ${String(properties['PendingWindowInDays'] ?? 30)} days (PendingWindowInDays)`,
});

const serverVolumes: Rule = ({ properties }) => {
  const mappings = asList(at(properties, 'LaunchTemplateData', 'BlockDeviceMappings'));
  return mappings.some((mapping) => String(at(mapping, 'Ebs', 'DeleteOnTermination')) === 'false')
    ? { kind: 'kept', reason: 'launches servers whose volumes outlive them (DeleteOnTermination)' }
    : undefined;
};

const balancerProtection: Rule = ({ properties }) =>
  asList(properties['LoadBalancerAttributes']).some(
    (attribute) => at(attribute, 'Key') === 'deletion_protection.enabled' && isTrue(at(attribute, 'Value')),
  )
    ? { kind: 'blocks', reason: 'is protected from deletion (deletion_protection.enabled)' }
    : undefined;

/** What holds for resources that are deleted, by type. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  'AWS::RDS::DBInstance': [protectedBy('DeletionProtection'), automatedBackups, exportedLogs],
  'AWS::RDS::DBCluster': [protectedBy('DeletionProtection'), automatedBackups, exportedLogs],
  'AWS::RDS::GlobalCluster': [protectedBy('DeletionProtection')],
  'AWS::DynamoDB::Table': [protectedBy('DeletionProtectionEnabled')],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': [balancerProtection],
  'AWS::S3::Bucket': [bucketContent],
  'AWS::Backup::BackupVault': [recoveryPoints],
  'AWS::KMS::Key': [keyWaits],
  'AWS::Lambda::Function': [functionLogs],
  'AWS::Synthetics::Canary': [canaryParts, canaryLogs],
  'AWS::CodeBuild::Project': [buildLogs],
  'AWS::EC2::LaunchTemplate': [serverVolumes],
};

/** CloudFormation user guide, "DeletionPolicy attribute": what happens when nothing is said. */
function defaultPolicy({ type, properties }: Resource): string {
  const isSnapshot =
    type === 'AWS::RDS::DBCluster' ||
    (type === 'AWS::RDS::DBInstance' && properties['DBClusterIdentifier'] === undefined);
  return isSnapshot ? 'Snapshot' : 'Delete';
}

function leftoversOf(resource: Resource, policy: string | undefined, template: Template): Found[] {
  const decided = policy ?? defaultPolicy(resource);
  if (decided === 'Retain' || decided === 'RetainExceptOnCreate')
    return [{ kind: 'kept', reason: `stays (DeletionPolicy ${decided})` }];
  const rules = Object.hasOwn(RULES, resource.type) ? (RULES[resource.type] ?? []) : [];
  const found = rules.flatMap((rule) => rule(resource, template) ?? []);
  const said = policy === undefined ? 'as nothing else is said' : 'DeletionPolicy Snapshot';
  return decided === 'Snapshot'
    ? [{ kind: 'snapshot', reason: `leaves a snapshot (${said})` }, ...found]
    : found;
}

/**
 * What deleting the stack leaves behind, ordered by logical id; empty when nothing is left and nothing is in the way.
 *
 * @throws TopologyTemplateError when the template is no object or has no resources.
 */
export function readLeftovers(template: unknown, { stackName }: { readonly stackName: string }): Leftover[] {
  const { resources } = readStack({ template, stackName, region: 'any' });
  const raw = own(template, 'Resources');
  const byType = Map.groupBy(resources, ({ type }) => type);
  const context: Template = { resources, ofType: (type) => byType.get(type) ?? [] };
  return [...resources]
    .sort((a, b) => byText(a.id, b.id))
    .flatMap((resource) => {
      const policy = asText(at(raw, resource.id, 'DeletionPolicy'));
      return leftoversOf(resource, policy, context).map((found) => ({
        resource: resource.id,
        type: resource.type,
        ...found,
      }));
    });
}
