/**
 * What a domain name leads to in the template: the resource whose attribute it is (`${Balancer.DNSName}`), or the
 * DNS records of that name.
 */
import { asList, asText, at } from '../json.ts';
import { referencesIn, logicalIdOf } from '../references.ts';
import type { Resource } from '../stack.ts';
import type { ReadContext } from './reader.ts';

export const RECORD_TYPE = 'AWS::Route53::RecordSet';
export const RECORD_GROUP_TYPE = 'AWS::Route53::RecordSetGroup';

/** A name as Route 53 compares it: lower case, without the dot at the end. References keep their case. */
export function normalName(value: unknown): string {
  const text = (asText(value) ?? '').replace(/\.$/, '');
  return text
    .split(/(\$\{[^${}\s]+\})/)
    .map((part) => (part.startsWith('${') ? part : part.toLowerCase()))
    .join('');
}

/** The entries of a record set or a record set group, each with the id of its node. */
export function recordsIn(resource: Resource): { readonly id: string; readonly record: unknown }[] {
  if (resource.type === RECORD_TYPE) return [{ id: resource.id, record: resource.properties }];
  return asList(resource.properties['RecordSets']).map((record, index) => ({
    id: `${resource.id}.${String(index + 1)}`,
    record,
  }));
}

/** Ids of the DNS records of this name, of whatever type. */
function recordsNamed(name: string, context: ReadContext): string[] {
  if (name === '') return [];
  return [...context.resourcesOfType(RECORD_TYPE), ...context.resourcesOfType(RECORD_GROUP_TYPE)]
    .flatMap(recordsIn)
    .filter(({ record }) => normalName(at(record, 'Name')) === name)
    .map(({ id }) => id);
}

/** A bucket that names itself is known by that name, which is how an edge in another region finds it. */
function bucketsNamed(name: string, context: ReadContext): string[] {
  const bucket = /^(.+)\.s3[.-]/.exec(name)?.[1];
  if (bucket === undefined) return [];
  return context
    .resourcesOfType('AWS::S3::Bucket')
    .filter(({ properties }) => properties['BucketName'] === bucket)
    .map(({ id }) => id);
}

/** Ids of what the name leads to; empty when that is nothing of this template. */
export function targetsOfName(value: unknown, context: ReadContext): string[] {
  const name = normalName(value);
  const records = recordsNamed(name, context);
  if (records.length > 0) return records;
  const buckets = bucketsNamed(name, context);
  if (buckets.length > 0) return buckets;
  // A reference to the resource itself would be an id; a name is always an attribute of it.
  return referencesIn(name)
    .filter((found) => found.includes('.'))
    .map(logicalIdOf)
    .filter((id) => context.resource(id) !== undefined);
}
