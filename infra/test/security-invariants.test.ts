/** What no stack on servers may lack, whatever its tier. Findings of cdk-nag are held in `findings.test.ts`. */
import { describe, expect, it } from 'vitest';
import {
  ALL_REGION_TIERS,
  resourcesOfType,
  type Synthesized,
  synthesize,
  synthesizeRegions,
} from './synthesized.ts';

type Rule = Readonly<Record<string, unknown>>;

const everybody = (rule: Rule): boolean => rule['CidrIp'] === '0.0.0.0/0' || rule['CidrIpv6'] === '::/0';

/** First and last port of each range that a security group opens to everybody. */
function openRanges(synthesized: Synthesized): [unknown, unknown][] {
  const inGroups = resourcesOfType(synthesized, 'AWS::EC2::SecurityGroup').flatMap(
    ([, { Properties }]) => (Properties['SecurityGroupIngress'] ?? []) as Rule[],
  );
  const alone = resourcesOfType(synthesized, 'AWS::EC2::SecurityGroupIngress').map(
    ([, { Properties }]) => Properties,
  );
  return [...inGroups, ...alone].filter(everybody).map((rule) => [rule['FromPort'], rule['ToPort']]);
}

const HTTP: [unknown, unknown] = [80, 80];
const HTTPS: [unknown, unknown] = [443, 443];

const STACKS: readonly (readonly [string, readonly [unknown, unknown][], () => Synthesized])[] = [
  ['two-nines', [HTTP], () => synthesize('two-nines')],
  ['three-nines', [HTTP], () => synthesize('three-nines')],
  // Its load balancer has no address on the internet.
  ['four-nines', [], () => synthesize('four-nines')],
  ...ALL_REGION_TIERS.flatMap((tier) =>
    (['home', 'standby'] as const).map(
      (part) => [`${tier} ${part}`, [HTTP, HTTPS], () => synthesizeRegions(tier).parts[part]] as const,
    ),
  ),
  ...ALL_REGION_TIERS.map(
    (tier) => [`${tier} global`, [], () => synthesizeRegions(tier).parts.global] as const,
  ),
];

describe.each(STACKS)('the %s stack', (_, open, make) => {
  const synthesized = make();
  const propertiesOf = (type: string) =>
    resourcesOfType(synthesized, type).map(([id, { Properties }]) => [id, Properties] as const);

  it('opens no port to everybody but those of the web', () => {
    expect(openRanges(synthesized).sort(([a], [b]) => Number(a) - Number(b))).toEqual(open);
  });

  it('gives instance metadata by sessions only, one hop away, and encrypts disks', () => {
    for (const [id, { LaunchTemplateData: data }] of propertiesOf('AWS::EC2::LaunchTemplate'))
      expect(data, id).toMatchObject({
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
      });
  });

  it('shuts every bucket, and takes no plain HTTP there', () => {
    const policies = propertiesOf('AWS::S3::BucketPolicy');

    for (const [id, { PublicAccessBlockConfiguration, BucketEncryption }] of propertiesOf(
      'AWS::S3::Bucket',
    )) {
      expect(PublicAccessBlockConfiguration, id).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(BucketEncryption, id).toBeDefined();
      const policy = policies.find(([, { Bucket }]) => (Bucket as { Ref?: string }).Ref === id);
      expect(JSON.stringify(policy), id).toContain(
        '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
      );
    }
  });

  it('encrypts databases, alerts and the logs of people by keys that rotate', () => {
    for (const type of ['AWS::RDS::DBCluster', 'AWS::RDS::GlobalCluster'])
      for (const [id, { StorageEncrypted }] of propertiesOf(type)) expect(StorageEncrypted, id).toBe(true);
    for (const [id, { StorageEncrypted, DBClusterIdentifier }] of propertiesOf('AWS::RDS::DBInstance'))
      expect(StorageEncrypted === true || DBClusterIdentifier !== undefined, id).toBe(true);
    for (const [id, { KmsMasterKeyId }] of propertiesOf('AWS::SNS::Topic'))
      expect(KmsMasterKeyId, id).toBeDefined();
    for (const [id, { KmsKeyId, RetentionInDays }] of propertiesOf('AWS::Logs::LogGroup')) {
      // What a deployment publishes is public.
      if (!id.includes('PublishLog')) expect(KmsKeyId, id).toBeDefined();
      expect(RetentionInDays, id).toBeGreaterThan(0);
    }
    for (const [id, { EnableKeyRotation }] of propertiesOf('AWS::KMS::Key'))
      expect(EnableKeyRotation, id).toBe(true);
  });

  it('lets no role do everything, not even of one service', () => {
    const actions = propertiesOf('AWS::IAM::Policy').flatMap(([id, { PolicyDocument }]) =>
      (PolicyDocument as { Statement: { Effect: string; Action: string | string[] }[] }).Statement.filter(
        ({ Effect }) => Effect === 'Allow',
      )
        .flatMap(({ Action }) => Action)
        .map((action) => `${id}: ${action}`),
    );

    expect(actions.filter((action) => /: (\*|[a-z0-9-]+:\*)$/.test(action))).toEqual([]);
  });
});
