import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, type EdgeNode, type Topology } from '../index.ts';

const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';

const distribution = (config: Record<string, unknown>) => ({
  Type: 'AWS::CloudFront::Distribution',
  Properties: { DistributionConfig: { Enabled: true, ...config } },
});
const balancer = {
  Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  Properties: { Subnets: [{ Ref: 'A' }] },
};
const listener = {
  Type: 'AWS::ElasticLoadBalancingV2::Listener',
  Properties: { LoadBalancerArn: { Ref: 'Lb' } },
};
const bucket = { Type: 'AWS::S3::Bucket' };
const pages = {
  Id: 'pages',
  DomainName: { 'Fn::GetAtt': ['Pages', 'RegionalDomainName'] },
  S3OriginConfig: {},
};
const api = { Id: 'api', DomainName: { 'Fn::GetAtt': ['Lb', 'DNSName'] } };

const read = (config: Record<string, unknown>, more: Record<string, unknown> = {}): Topology =>
  readResources({
    A: subnet('eu-west-1a'),
    Lb: balancer,
    Listener: listener,
    Pages: bucket,
    Edge: distribution(config),
    ...more,
  });
const edgeOf = (topology: Topology): EdgeNode => findNodeOfKind(topology, 'edge', 'Edge')!;
const linksOf = (topology: Topology) =>
  topology.links.filter(({ from }) => from === 'Edge').map(({ to, necessity }) => `${to} ${necessity}`);
const notesOf = (topology: Topology): string[] => topology.notes.map((note) => note.message);

describe('a distribution in front of a balancer and a bucket', () => {
  const topology = read(
    {
      Aliases: ['shop.example.com'],
      WebACLId: { 'Fn::GetAtt': ['Acl', 'Arn'] },
      Origins: [
        pages,
        {
          ...api,
          ConnectionAttempts: 2,
          ConnectionTimeout: 2,
          VpcOriginConfig: {
            VpcOriginId: { 'Fn::GetAtt': ['Private', 'Id'] },
            OriginReadTimeout: 12,
            OriginKeepaliveTimeout: 25,
          },
        },
      ],
      CacheBehaviors: [
        {
          PathPattern: '/orders*',
          TargetOriginId: 'api',
          AllowedMethods: ['POST', 'GET', 'HEAD'],
          CachePolicyId: CACHING_DISABLED,
        },
      ],
      DefaultCacheBehavior: { TargetOriginId: 'pages', CachePolicyId: CACHING_OPTIMIZED },
      CustomErrorResponses: [
        { ErrorCode: 403, ResponseCode: 404, ResponsePagePath: '/404.html', ErrorCachingMinTTL: 60 },
        { ErrorCode: 502 },
      ],
    },
    {
      Private: {
        Type: 'AWS::CloudFront::VpcOrigin',
        Properties: { VpcOriginEndpointConfig: { Arn: { Ref: 'Lb' } } },
      },
    },
  );

  it('is read with its origins, waits, paths, cache times and error pages', () => {
    expect(edgeOf(topology)).toEqual({
      id: 'Edge',
      type: 'AWS::CloudFront::Distribution',
      kind: 'edge',
      region: 'eu-west-1',
      zones: [],
      enabled: true,
      aliases: ['shop.example.com'],
      origins: [
        {
          id: 'pages',
          targets: ['Pages'],
          domainName: '${Pages.RegionalDomainName}',
          connectionAttempts: 3,
          connectTimeoutSeconds: 10,
          readTimeoutSeconds: 30,
          keepAliveSeconds: 5,
        },
        {
          id: 'api',
          targets: ['Lb'],
          domainName: '${Lb.DNSName}',
          connectionAttempts: 2,
          connectTimeoutSeconds: 2,
          readTimeoutSeconds: 12,
          keepAliveSeconds: 25,
        },
      ],
      originGroups: [],
      behaviors: [
        {
          pathPattern: '/orders*',
          origin: 'api',
          allowedMethods: ['GET', 'HEAD', 'POST'],
          minTtlSeconds: 0,
          defaultTtlSeconds: 0,
          maxTtlSeconds: 0,
        },
        {
          pathPattern: '*',
          origin: 'pages',
          allowedMethods: ['GET', 'HEAD'],
          minTtlSeconds: 1,
          defaultTtlSeconds: 86_400,
          maxTtlSeconds: 31_536_000,
        },
      ],
      errorResponses: [
        { status: 403, responseStatus: 404, responsePath: '/404.html', cacheSeconds: 60 },
        { status: 502, cacheSeconds: 10 },
      ],
      hasFirewall: true,
      defaulted: [
        'behaviors.*.allowedMethods',
        'errorResponses.502.cacheSeconds',
        'origins.pages.connectTimeoutSeconds',
        'origins.pages.connectionAttempts',
        'origins.pages.keepAliveSeconds',
        'origins.pages.readTimeoutSeconds',
      ],
    });
    expect(notesOf(topology)).not.toContainEqual(expect.stringContaining('origin'));
    expect(topology.others).toEqual([]);
  });

  it('needs both, each for its own paths', () => {
    expect(linksOf(topology)).toEqual(['Lb hard', 'Pages hard']);
  });
});

describe('cache times', () => {
  const behavior = (settings: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    read({ Origins: [api], DefaultCacheBehavior: { TargetOriginId: 'api', ...settings } }, more);
  const timesOf = (topology: Topology) => {
    const { minTtlSeconds, defaultTtlSeconds, maxTtlSeconds } = edgeOf(topology).behaviors[0]!;
    return [minTtlSeconds, defaultTtlSeconds, maxTtlSeconds];
  };

  it("come from a policy of the template's own, which is then part of the distribution", () => {
    const topology = behavior(
      { CachePolicyId: { Ref: 'Policy' } },
      {
        Policy: {
          Type: 'AWS::CloudFront::CachePolicy',
          Properties: { CachePolicyConfig: { MinTTL: 1, DefaultTTL: 5, MaxTTL: 30 } },
        },
      },
    );
    expect(timesOf(topology)).toEqual([1, 5, 30]);
    expect(topology.others).toEqual([]);
  });

  it('come from the behavior itself where it has no policy, with defaults of a day and a year', () => {
    expect(timesOf(behavior({ ForwardedValues: {}, DefaultTTL: 60 }))).toEqual([0, 60, 31_536_000]);
    expect(timesOf(behavior({ ForwardedValues: {} }))).toEqual([0, 86_400, 31_536_000]);
  });

  it("that follow the origin's word alone have no time of their own", () => {
    expect(timesOf(behavior({ CachePolicyId: '83da9c7e-98b4-4e11-a168-04f0df8e2c65' }))).toEqual([
      0, 0, 31_536_000,
    ]);
  });

  it('of a policy from elsewhere are unknown, with a note', () => {
    const topology = behavior({ CachePolicyId: 'a-policy' });
    expect(timesOf(topology)).toEqual([0, 86_400, 31_536_000]);
    expect(notesOf(topology)).toContain(
      "caches behaviors.* by the policy a-policy, which is not known here; read as CloudFront's defaults",
    );
  });
});

describe('origin failover', () => {
  const topology = read({
    Origins: [api, pages],
    OriginGroups: {
      Quantity: 1,
      Items: [
        {
          Id: 'both',
          FailoverCriteria: { StatusCodes: { Quantity: 2, Items: [502, 503] } },
          Members: { Quantity: 2, Items: [{ OriginId: 'api' }, { OriginId: 'pages' }] },
        },
      ],
    },
    DefaultCacheBehavior: { TargetOriginId: 'both', CachePolicyId: CACHING_DISABLED },
  });

  it('names the second origin and when it is asked', () => {
    expect(edgeOf(topology).originGroups).toEqual([
      { id: 'both', origins: ['api', 'pages'], failoverStatusCodes: [502, 503] },
    ]);
  });

  it('makes each of the two soft', () => {
    expect(linksOf(topology)).toEqual(['Lb soft', 'Pages soft']);
  });

  it.each([
    ['another path', '/orders*', 'api', 'both'],
    ['the default path', '/pages*', 'both', 'api'],
  ])('leaves an origin hard that %s leads to alone', (_case, pathPattern, first, last) => {
    const config = {
      Origins: [api, pages],
      OriginGroups: {
        Items: [{ Id: 'both', Members: { Items: [{ OriginId: 'api' }, { OriginId: 'pages' }] } }],
      },
      CacheBehaviors: [{ PathPattern: pathPattern, TargetOriginId: first, CachePolicyId: CACHING_DISABLED }],
      DefaultCacheBehavior: { TargetOriginId: last, CachePolicyId: CACHING_DISABLED },
    };
    expect(linksOf(read(config))).toEqual(['Lb hard', 'Pages soft']);
  });
});

describe('an origin', () => {
  it('that is a name of the template leads to the records of that name, each of them soft', () => {
    const record = (failover: string) => ({
      Type: 'AWS::Route53::RecordSet',
      Properties: {
        Name: 'API.example.com.',
        Type: 'A',
        Failover: failover,
        AliasTarget: { DNSName: { 'Fn::GetAtt': ['Lb', 'DNSName'] } },
      },
    });
    const topology = read(
      {
        Origins: [{ Id: 'api', DomainName: 'api.example.com', CustomOriginConfig: {} }],
        DefaultCacheBehavior: { TargetOriginId: 'api', CachePolicyId: CACHING_DISABLED },
      },
      { First: record('PRIMARY'), Second: record('SECONDARY') },
    );
    expect(edgeOf(topology).origins[0]?.targets).toEqual(['First', 'Second']);
    expect(linksOf(topology)).toEqual(['First soft', 'Second soft']);
  });

  it('that is a bucket by the name it gives itself leads there', () => {
    const bucketName = { 'Fn::Sub': 'pages-${AWS::AccountId}-eu-west-1' };
    const topology = read(
      {
        Origins: [
          {
            Id: 'pages',
            DomainName: { 'Fn::Sub': 'pages-${AWS::AccountId}-eu-west-1.s3.eu-west-1.amazonaws.com' },
          },
        ],
        DefaultCacheBehavior: { TargetOriginId: 'pages', CachePolicyId: CACHING_OPTIMIZED },
      },
      { Named: { Type: 'AWS::S3::Bucket', Properties: { BucketName: bucketName } } },
    );
    expect(linksOf(topology)).toEqual(['Named hard']);
  });

  it('from elsewhere leads nowhere here', () => {
    const topology = read({
      Origins: [{ Id: 'api', DomainName: 'elsewhere.example.com' }],
      DefaultCacheBehavior: { TargetOriginId: 'api', CachePolicyId: CACHING_DISABLED },
    });
    expect(edgeOf(topology).origins[0]?.targets).toEqual([]);
    expect(linksOf(topology)).toEqual([]);
  });

  it('that is missing is noted', () => {
    const topology = read({
      DefaultCacheBehavior: { TargetOriginId: 'gone', CachePolicyId: CACHING_DISABLED },
    });
    expect(notesOf(topology)).toContain('sends * to the origin gone, which it does not have');
  });
});

it('without a configuration is kept among the others', () => {
  const topology = readResources({ Edge: { Type: 'AWS::CloudFront::Distribution' }, Pages: bucket });
  expect(topology.others).toEqual([{ id: 'Edge', type: 'AWS::CloudFront::Distribution' }]);
});
