import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { twoZones } from '../test/templates/two-zones.ts';
import { readAssembly, readLeftovers, readTopology, TopologyTemplateError } from './index.ts';
import { readers } from './readers/registry.ts';

const ids = ['A', 'B', 'C', 'D', 'E', '__proto__', 'constructor'];
const id = fc.constantFrom(...ids);

const types = [
  ...readers.flatMap((reader) => [...reader.types, ...(reader.partTypes ?? [])]),
  'AWS::EC2::Subnet',
  'AWS::SecretsManager::SecretTargetAttachment',
  'AWS::SNS::Topic',
  'Custom::CrossRegionExportWriter',
];

/** Keys that readers look at, so that arbitrary values end up where they matter. */
const keys = [
  'Subnets', 'Scheme', 'Type', 'LoadBalancerAttributes', 'Key', 'Value', 'LoadBalancerArn', 'DefaultActions',
  'Actions', 'ListenerArn', 'TargetGroupArn', 'ForwardConfig', 'TargetGroups', 'Weight', 'Port', 'Protocol',
  'HealthCheckIntervalSeconds', 'Matcher', 'HttpCode', 'TargetGroupAttributes', 'TargetGroupARNs', 'MinSize',
  'MaxSize', 'LaunchTemplate', 'LaunchTemplateId', 'MixedInstancesPolicy', 'Overrides', 'LaunchTemplateData',
  'UserData', 'InstanceType', 'VPCZoneIdentifier', 'AvailabilityZones', 'AvailabilityZone', 'SubnetIds',
  'DBSubnetGroupName', 'MultiAZ', 'Engine', 'TargetId', 'AutoScalingGroupName', 'TargetTrackingConfiguration',
  'BackupPlan', 'BackupPlanRule', 'Metrics', 'MetricStat', 'Metric', 'Tags', 'BucketEncryption',
  'PublicAccessBlockConfiguration', 'AlarmActions', 'SubnetMappings', 'TrafficSources', 'Identifier',
  'DBClusterIdentifier', 'GlobalClusterIdentifier', 'SourceDBClusterIdentifier', 'MasterUsername', 'PromotionTier',
  'ResourceId', 'ScalableDimension', 'ScalingTargetId', 'SourceDBInstanceIdentifier', 'DistributionConfig', 'Origins',
  'OriginGroups', 'Items', 'Id', 'OriginId', 'DomainName', 'TargetOriginId', 'CachePolicyId', 'CacheBehaviors',
  'DefaultCacheBehavior', 'CustomErrorResponses', 'Members', 'VpcOriginConfig', 'VpcOriginId', 'Name', 'TTL',
  'ResourceRecords', 'AliasTarget', 'DNSName', 'RecordSets', 'Failover', 'HealthCheckId', 'HealthCheckConfig',
  'ChildHealthChecks', 'AlarmIdentifier', 'FullyQualifiedDomainName', 'intervalMinutes', 'copies', 'WriterProps',
  '__proto__', 'toString',
]; // prettier-ignore

const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    'true',
    0,
    -1,
    '2',
    'forward',
    'network',
    'nines:tier',
    'eu-west-1a',
    '${A.Arn}',
    '${A.DNSName}',
    'rds:cluster:ReadReplicaCount',
    'cluster:${A}',
    'a.example.com.',
  ),
  fc.constantFrom(
    'cat > /etc/systemd/system/a.service <<E\n[Service]\nExecStart=/a\nEnvironment="A=1" B=\\\nE\n',
  ),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Template-like values: plausible keys, intrinsic functions with arguments of any shape, references that hit. */
const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    id.map((name) => ({ Ref: name })),
    id.map((name) => ({ 'Fn::GetAtt': [name, 'Arn'] })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 6 }),
    fc
      .tuple(
        fc.constantFrom('Fn::Join', 'Fn::Sub', 'Fn::Select', 'Fn::If', 'Fn::Split', 'Fn::FindInMap', 'Fn::GetAZs',
          'Fn::Base64', 'Fn::ImportValue', 'Fn::GetStackOutput', 'Fn::GetAtt', 'Fn::Cidr', 'Fn::Length', 'Ref'), // prettier-ignore
        tie('value'),
      )
      .map(([name, argument]) => ({ [name]: argument })),
  ),
})).value;

const resource = fc.record(
  {
    Type: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom<unknown>(...types) },
      { weight: 1, arbitrary: leaf },
    ),
    Properties: value,
    Metadata: fc.oneof(
      value,
      fc.array(value).map((list) => ({ 'nines:dependencies': list })),
      value.map((described) => ({ 'nines:hosted-database': described })),
    ),
    Condition: fc.constantFrom<unknown>('Yes', 'No', 'Maybe', 7),
  },
  { requiredKeys: ['Type', 'Properties'] },
);

const entries = fc.uniqueArray(fc.tuple(id, resource), { minLength: 1, selector: ([name]) => name });

const around = {
  Parameters: { B: { Type: 'String' }, E: { Type: 'CommaDelimitedList', Default: 'x,y' } },
  Conditions: {
    Yes: { 'Fn::Equals': ['a', 'a'] },
    No: { 'Fn::Equals': ['a', 'b'] },
    Maybe: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'a'] },
  },
};

type Entries = readonly (readonly [string, unknown])[];

const templateOf = (resources: Entries) => ({ ...around, Resources: Object.fromEntries(resources) });
const read = (template: unknown) => readTopology(template, { stackName: 'any' });

function deepFreeze<T>(input: T): T {
  if (typeof input === 'object' && input !== null && !Object.isFrozen(input)) {
    Object.freeze(input);
    Object.values(input).forEach(deepFreeze);
  }
  return input;
}

describe('any template', () => {
  it('of JSON resources is read without an exception', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (resources) => {
        read({ Resources: resources });
      }),
      { numRuns: 300 },
    );
  });

  it('of plausible resources is read without an exception and without being changed', () => {
    fc.assert(
      fc.property(entries, (resources) => {
        read(deepFreeze(templateOf(resources)));
        readLeftovers(templateOf(resources), { stackName: 'any' });
      }),
      { numRuns: 1000 },
    );
  });

  it('of whatever JSON is read or refused with a code', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (template) => {
        try {
          read(template);
        } catch (error) {
          expect(error).toBeInstanceOf(TopologyTemplateError);
        }
        try {
          readAssembly({ manifest: template, templates: {} });
        } catch (error) {
          expect(error).toBeInstanceOf(TopologyTemplateError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reads to the same value twice, a value that survives JSON', () => {
    fc.assert(
      fc.property(entries, (resources) => {
        const topology = read(templateOf(resources));
        expect(read(templateOf(resources))).toStrictEqual(topology);
        expect(JSON.parse(JSON.stringify(topology))).toStrictEqual(topology);
      }),
      { numRuns: 300 },
    );
  });

  it('reads to the same value in whatever order its resources stand', () => {
    const shuffled = entries.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(read(templateOf(other))).toStrictEqual(read(templateOf(one)));
      }),
      { numRuns: 300 },
    );
  });

  it('loses no resource but those that its conditions leave out', () => {
    const partTypes = new Set([...readers.flatMap((reader) => reader.partTypes ?? []), 'AWS::EC2::Subnet']);
    fc.assert(
      fc.property(entries, (resources) => {
        const topology = read(templateOf(resources));
        const kept = new Set([...topology.nodes, ...topology.others].map((one) => one.id));
        for (const [name, { Type: type, Condition: condition }] of resources) {
          if (typeof type !== 'string') {
            expect(topology.notes.some((note) => note.resource === name)).toBe(true);
          } else if (condition === 'No') expect(kept.has(name)).toBe(false);
          else if (!partTypes.has(type)) expect(kept.has(name)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a real template', () => {
  it('reads to the same value in whatever order its resources stand', () => {
    const all = Object.entries(twoZones.Resources);
    const straight = readTopology(twoZones, { stackName: 'shop' });
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        const template = { ...twoZones, Resources: Object.fromEntries(shuffled) };
        expect(readTopology(template, { stackName: 'shop' })).toStrictEqual(straight);
      }),
      { numRuns: 50 },
    );
  });

  it('is read with any one of its values replaced by any other', () => {
    const paths: (readonly string[])[] = [];
    const visit = (part: unknown, path: readonly string[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof part !== 'object' || part === null) return;
      for (const [key, inner] of Object.entries(part)) visit(inner, [...path, key]);
    };
    visit(twoZones.Resources, []);
    const replaced = (part: unknown, path: readonly string[], by: unknown): unknown => {
      const [key, ...rest] = path;
      if (key === undefined) return by;
      const copy = Array.isArray(part) ? [...(part as unknown[])] : { ...(part as object) };
      (copy as Record<string, unknown>)[key] = replaced((part as Record<string, unknown>)[key], rest, by);
      return copy;
    };
    fc.assert(
      fc.property(fc.constantFrom(...paths), value, (path, by) => {
        readTopology(
          { ...twoZones, Resources: replaced(twoZones.Resources, path, by) },
          { stackName: 'shop' },
        );
      }),
      { numRuns: 1000 },
    );
  });
});
