/** `AWS::Route53::RecordSet` and the entries of `AWS::Route53::RecordSetGroup`. */
import { asList, asText, at, isObject, sortedUnique } from '../json.ts';
import { referencedId } from '../references.ts';
import type { Settings } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { DnsRecordNode, DnsRouting, Link } from '../topology.ts';
import { normalName, RECORD_GROUP_TYPE, RECORD_TYPE, recordsIn, targetsOfName } from './name-targets.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

/** Route 53 developer guide, "TTL": an alias to a load balancer, a distribution or a bucket has one of 60 s. */
const ALIAS_TTL_SECONDS = 60;

/** What Route 53's console proposes; CloudFormation itself refuses a record without a TTL. */
const USUAL_TTL_SECONDS = 300;

function policyOf(record: unknown): DnsRouting['policy'] {
  const says = (property: string): boolean => at(record, property) !== undefined;
  if (says('Failover')) return 'failover';
  if (says('Weight')) return 'weighted';
  if (says('Region')) return 'latency';
  if (says('GeoLocation')) return 'geolocation';
  if (says('GeoProximityLocation')) return 'geoproximity';
  if (says('CidrRoutingConfig')) return 'cidr';
  return String(at(record, 'MultiValueAnswer')) === 'true' ? 'multivalue' : 'simple';
}

function readRouting(record: unknown, path: string, settings: Settings): DnsRouting {
  const policy = policyOf(record);
  const setIdentifier = asText(at(record, 'SetIdentifier'));
  const region = asText(at(record, 'Region'));
  return {
    policy,
    ...(setIdentifier === undefined ? {} : { setIdentifier }),
    ...(policy === 'failover'
      ? { failover: at(record, 'Failover') === 'SECONDARY' ? 'secondary' : 'primary' }
      : {}),
    ...(policy === 'weighted' ? { weight: settings.number(`${path}weight`, at(record, 'Weight'), 0) } : {}),
    ...(policy === 'latency' && region !== undefined ? { region } : {}),
  };
}

interface Answer {
  readonly targets: readonly string[];
  readonly values: readonly string[];
}

/** What the record answers with: ids of this template where there are some, else the text. */
function answerOf(record: unknown, context: ReadContext): Answer {
  const alias = asText(at(record, 'AliasTarget', 'DNSName'));
  const values = asList(at(record, 'ResourceRecords')).flatMap((value) => asText(value) ?? []);
  const own = normalName(at(record, 'Name'));
  // A record is never its own answer, however its template reads.
  const targets = (value: string): string[] =>
    normalName(value) === own ? [] : targetsOfName(value, context);
  const all = alias === undefined ? values : [alias];
  return {
    targets: sortedUnique(all.flatMap(targets)),
    values: all.filter((value) => targets(value).length === 0),
  };
}

function readRecord(resource: Resource, id: string, record: unknown, context: ReadContext): DnsRecordNode {
  const settings = context.settingsOf(resource);
  const isAlias = isObject(at(record, 'AliasTarget'));
  const healthCheck = asText(at(record, 'HealthCheckId'));
  return {
    kind: 'dns-record',
    name: normalName(at(record, 'Name')),
    recordType: settings.text('recordType', at(record, 'Type'), 'A'),
    ttlSeconds: isAlias
      ? ALIAS_TTL_SECONDS
      : settings.number('ttlSeconds', at(record, 'TTL'), USUAL_TTL_SECONDS),
    routing: readRouting(record, 'routing.', settings),
    ...answerOf(record, context),
    evaluatesTargetHealth: settings.boolean(
      'evaluatesTargetHealth',
      at(record, 'AliasTarget', 'EvaluateTargetHealth') ?? false,
      false,
    ),
    ...(healthCheck === undefined ? {} : { healthCheck: referencedId(healthCheck) ?? healthCheck }),
    ...nodeBase(resource, [], settings),
    id,
  };
}

function read(resource: Resource, context: ReadContext): DnsRecordNode[] {
  return recordsIn(resource).map(({ id, record }) => readRecord(resource, id, record, context));
}

/** The only record of its name is hard; of several, another one answers. */
function links(resource: Resource, context: ReadContext): Link[] {
  return recordsIn(resource).flatMap(({ id, record }) =>
    answerOf(record, context).targets.map((to) => ({
      from: id,
      to,
      necessity: policyOf(record) === 'simple' ? ('hard' as const) : ('soft' as const),
      onRequestPath: true,
    })),
  );
}

export const dnsRecordReader: ResourceReader = { types: [RECORD_TYPE, RECORD_GROUP_TYPE], read, links };
