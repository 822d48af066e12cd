/**
 * `AWS::CloudFront::Distribution`: which paths lead where, how long an origin is waited for, what is cached and for
 * how long, and what viewers get instead of an error.
 */
import { asList, asText, at, isObject, sortedUnique } from '../json.ts';
import { referencedId } from '../references.ts';
import type { NoteSink, Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type {
  EdgeBehavior,
  EdgeErrorResponse,
  EdgeNode,
  EdgeOrigin,
  EdgeOriginGroup,
  Link,
} from '../topology.ts';
import { targetsOfName } from './name-targets.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

const CACHE_POLICY_TYPE = 'AWS::CloudFront::CachePolicy';
const VPC_ORIGIN_TYPE = 'AWS::CloudFront::VpcOrigin';

/** CloudFront API reference, `Origin`, `CustomOriginConfig` and `CustomErrorResponse`. */
const DEFAULTS = {
  connectionAttempts: 3,
  connectTimeoutSeconds: 10,
  readTimeoutSeconds: 30,
  keepAliveSeconds: 5,
  errorCacheSeconds: 10,
} as const;

interface Ttl {
  readonly minTtlSeconds: number;
  readonly defaultTtlSeconds: number;
  readonly maxTtlSeconds: number;
}

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 31_536_000;

const ttl = (minTtlSeconds: number, defaultTtlSeconds: number, maxTtlSeconds: number): Ttl => ({
  minTtlSeconds,
  defaultTtlSeconds,
  maxTtlSeconds,
});

/** CloudFront developer guide, "Use managed cache policies": the policies that every account has. */
const MANAGED_POLICIES: Readonly<Record<string, Ttl>> = {
  // CachingDisabled
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': ttl(0, 0, 0),
  // CachingOptimized, CachingOptimizedForUncompressedObjects
  '658327ea-f89d-4fab-a63d-7e88639e58f6': ttl(1, DAY_SECONDS, YEAR_SECONDS),
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': ttl(1, DAY_SECONDS, YEAR_SECONDS),
  // Amplify
  '2e54312d-136d-493c-8eb9-b001f22f67d2': ttl(2, 2, 600),
  // Elemental-MediaPackage
  '08627262-05a9-4f76-9ded-b50ca2e3a84f': ttl(0, DAY_SECONDS, YEAR_SECONDS),
  // UseOriginCacheControlHeaders, the same with query strings
  '83da9c7e-98b4-4e11-a168-04f0df8e2c65': ttl(0, 0, YEAR_SECONDS),
  '4cc15a8a-d715-48a4-82b8-cc0b614638fe': ttl(0, 0, YEAR_SECONDS),
};

/** What a policy of one's own, or a behavior without one, leaves out. */
const UNSAID = ttl(0, DAY_SECONDS, YEAR_SECONDS);

const configOf = (distribution: Resource): unknown => distribution.properties['DistributionConfig'];

const behaviorsOf = (distribution: Resource): readonly unknown[] => {
  const config = configOf(distribution);
  const fallback = at(config, 'DefaultCacheBehavior');
  return [...asList(at(config, 'CacheBehaviors')), ...(isObject(fallback) ? [fallback] : [])];
};

/** In a template the groups stand in a list with its length beside it, as the API has them. */
const originGroupsOf = (distribution: Resource): readonly unknown[] =>
  asList(at(configOf(distribution), 'OriginGroups', 'Items'));

function vpcOriginOf(origin: unknown, context: ReadContext): Resource | undefined {
  const id = referencedId(at(origin, 'VpcOriginConfig', 'VpcOriginId'));
  const resource = context.resource(id ?? '');
  return resource?.type === VPC_ORIGIN_TYPE ? resource : undefined;
}

/** What an origin leads to: by way of the network when it is private, else by its name. */
function targetsOf(origin: unknown, context: ReadContext): string[] {
  const endpoint = vpcOriginOf(origin, context)?.properties['VpcOriginEndpointConfig'];
  const inside = referencedId(at(endpoint, 'Arn'));
  return inside === undefined ? targetsOfName(at(origin, 'DomainName'), context) : [inside];
}

function readOrigin(origin: unknown, settings: Settings, context: ReadContext): EdgeOrigin {
  const id = asText(at(origin, 'Id')) ?? '';
  const path = `origins.${id}`;
  const server = at(origin, 'VpcOriginConfig') ?? at(origin, 'CustomOriginConfig');
  const number = (name: keyof EdgeOrigin & keyof typeof DEFAULTS, value: unknown): number =>
    settings.number(`${path}.${name}`, value, DEFAULTS[name]);
  return {
    id,
    targets: targetsOf(origin, context),
    domainName: asText(at(origin, 'DomainName')) ?? '',
    connectionAttempts: number('connectionAttempts', at(origin, 'ConnectionAttempts')),
    connectTimeoutSeconds: number('connectTimeoutSeconds', at(origin, 'ConnectionTimeout')),
    readTimeoutSeconds: number('readTimeoutSeconds', at(server, 'OriginReadTimeout')),
    keepAliveSeconds: number('keepAliveSeconds', at(server, 'OriginKeepaliveTimeout')),
  };
}

function readOriginGroup(group: unknown): EdgeOriginGroup {
  const codes = asList(at(group, 'FailoverCriteria', 'StatusCodes', 'Items'));
  return {
    id: asText(at(group, 'Id')) ?? '',
    origins: asList(at(group, 'Members', 'Items')).flatMap((member) => asText(at(member, 'OriginId')) ?? []),
    failoverStatusCodes: codes.map(Number).filter(Number.isInteger),
  };
}

function readTtl(
  behavior: unknown,
  path: string,
  settings: Settings,
  context: ReadContext,
  note: NoteSink,
): Ttl {
  const policy = asText(at(behavior, 'CachePolicyId'));
  if (policy !== undefined && Object.hasOwn(MANAGED_POLICIES, policy))
    return MANAGED_POLICIES[policy] ?? UNSAID;
  const own = context.resource(referencedId(policy) ?? '');
  const isKnown = own?.type === CACHE_POLICY_TYPE;
  if (policy !== undefined && !isKnown) {
    note(`caches ${path} by the policy ${policy}, which is not known here; read as CloudFront's defaults`);
  }
  // Without a policy the behavior itself says it, in the older way.
  const source = isKnown ? own.properties['CachePolicyConfig'] : policy === undefined ? behavior : undefined;
  const number = (name: keyof Ttl, property: string): number =>
    settings.number(`${path}.${name}`, at(source, property), UNSAID[name]);
  const minTtlSeconds = number('minTtlSeconds', 'MinTTL');
  return {
    minTtlSeconds,
    defaultTtlSeconds: number('defaultTtlSeconds', 'DefaultTTL'),
    maxTtlSeconds: number('maxTtlSeconds', 'MaxTTL'),
  };
}

function readBehavior(
  behavior: unknown,
  settings: Settings,
  context: ReadContext,
  note: NoteSink,
): EdgeBehavior {
  const pathPattern = asText(at(behavior, 'PathPattern')) ?? '*';
  const path = `behaviors.${pathPattern}`;
  const methods = asList(at(behavior, 'AllowedMethods')).flatMap((method) => asText(method) ?? []);
  if (methods.length === 0) settings.leaveToDefault(`${path}.allowedMethods`);
  return {
    pathPattern,
    origin: asText(at(behavior, 'TargetOriginId')) ?? '',
    allowedMethods: methods.length > 0 ? sortedUnique(methods) : ['GET', 'HEAD'],
    ...readTtl(behavior, path, settings, context, note),
  };
}

function readErrorResponse(response: unknown, settings: Settings): EdgeErrorResponse {
  const status = settings.number('errorResponses.status', at(response, 'ErrorCode'), 0);
  const path = `errorResponses.${String(status)}`;
  const responseStatus = settings.optionalNumber(`${path}.responseStatus`, at(response, 'ResponseCode'));
  const responsePath = asText(at(response, 'ResponsePagePath'));
  return {
    status,
    ...(responseStatus === undefined ? {} : { responseStatus }),
    ...(responsePath === undefined ? {} : { responsePath }),
    cacheSeconds: settings.number(
      `${path}.cacheSeconds`,
      at(response, 'ErrorCachingMinTTL'),
      DEFAULTS.errorCacheSeconds,
    ),
  };
}

function read(distribution: Resource, context: ReadContext): EdgeNode[] {
  const note = context.noteOn(distribution);
  const settings = context.settingsOf(distribution);
  const config = configOf(distribution);
  if (!isObject(config)) return [];
  const origins = asList(at(config, 'Origins')).map((origin) => readOrigin(origin, settings, context));
  const originGroups = originGroupsOf(distribution).map(readOriginGroup);
  const behaviors = behaviorsOf(distribution).map((behavior) =>
    readBehavior(behavior, settings, context, note),
  );
  const known = new Set([...origins, ...originGroups].map(({ id }) => id));
  for (const { pathPattern, origin } of behaviors)
    if (!known.has(origin)) note(`sends ${pathPattern} to the origin ${origin}, which it does not have`);
  const node = {
    kind: 'edge',
    enabled: settings.boolean('enabled', at(config, 'Enabled'), true),
    aliases: asList(at(config, 'Aliases')).flatMap((alias) => asText(alias) ?? []),
    origins,
    originGroups,
    behaviors,
    errorResponses: asList(at(config, 'CustomErrorResponses')).map((response) =>
      readErrorResponse(response, settings),
    ),
    hasFirewall: at(config, 'WebACLId') !== undefined && at(config, 'WebACLId') !== '',
  } as const;
  return [{ ...nodeBase(distribution, [], settings), ...node }];
}

/**
 * An origin that a path leads to alone is hard; one of two in an origin group is soft, because the other is asked
 * instead (for reads: CloudFront never repeats a write).
 */
function links(distribution: Resource, context: ReadContext): Link[] {
  const groups = new Map(
    originGroupsOf(distribution)
      .map(readOriginGroup)
      .map((group) => [group.id, group]),
  );
  const necessity = new Map<string, Link['necessity']>();
  for (const behavior of behaviorsOf(distribution)) {
    const named = asText(at(behavior, 'TargetOriginId')) ?? '';
    const group = groups.get(named);
    for (const origin of group?.origins ?? []) if (!necessity.has(origin)) necessity.set(origin, 'soft');
    if (group === undefined) necessity.set(named, 'hard');
  }
  const found = new Map<string, Link['necessity']>();
  for (const origin of asList(at(configOf(distribution), 'Origins'))) {
    const needed = necessity.get(asText(at(origin, 'Id')) ?? '');
    const targets = needed === undefined ? [] : targetsOf(origin, context);
    for (const target of targets)
      if (found.get(target) !== 'hard') found.set(target, targets.length > 1 ? 'soft' : (needed ?? 'hard'));
  }
  return [...found].map(([to, how]) => ({ from: distribution.id, to, necessity: how, onRequestPath: true }));
}

export const edgeReader: ResourceReader = {
  types: ['AWS::CloudFront::Distribution'],
  partTypes: [CACHE_POLICY_TYPE, VPC_ORIGIN_TYPE],
  parts: (distribution, context) => [
    ...behaviorsOf(distribution).map((behavior) => referencedId(at(behavior, 'CachePolicyId')) ?? ''),
    ...asList(at(configOf(distribution), 'Origins')).map((origin) => vpcOriginOf(origin, context)?.id ?? ''),
  ],
  read,
  links,
};
