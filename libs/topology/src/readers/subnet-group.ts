/** `AWS::RDS::DBSubnetGroup`: the zones that a database may be placed in. */
import { referencedId } from '../references.ts';
import type { NoteSink } from '../settings.ts';
import type { Resource } from '../stack.ts';
import type { ReadContext } from './reader.ts';

export const SUBNET_GROUP_TYPE = 'AWS::RDS::DBSubnetGroup';

const subnetGroupIdOf = (database: Resource): string =>
  referencedId(database.properties['DBSubnetGroupName']) ?? '';

/** Ids of the parts that a database takes in by naming its subnet group. */
export const subnetGroupPartsOf = (database: Resource): readonly string[] => [subnetGroupIdOf(database)];

/** The zones of the database's subnet group, sorted; empty when it is not in this template. */
export function candidateZones(database: Resource, context: ReadContext, note: NoteSink): readonly string[] {
  const group = context.resource(subnetGroupIdOf(database));
  return group?.type === SUBNET_GROUP_TYPE ? context.zonesOfSubnets(group.properties['SubnetIds'], note) : [];
}
