import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, type DatabaseNode, type Topology } from '../index.ts';

const database = (properties: Record<string, unknown>) => ({
  Type: 'AWS::RDS::DBInstance',
  Properties: { Engine: 'postgres', DBSubnetGroupName: { Ref: 'Subnets' }, ...properties },
});
const subnets = (...ids: string[]) => ({
  Type: 'AWS::RDS::DBSubnetGroup',
  Properties: { SubnetIds: ids.map((id) => ({ Ref: id })) },
});
const zones = { A: subnet('eu-west-1a'), B: subnet('eu-west-1b'), C: subnet('eu-west-1c') };

const read = (resources: Record<string, unknown>): Topology => readResources({ ...zones, ...resources });
const databaseOf = (topology: Topology): DatabaseNode => findNodeOfKind(topology, 'database', 'Db')!;
const notesOf = (topology: Topology): string[] => topology.notes.map((note) => note.message);

describe('a database instance', () => {
  it("that names nothing has AWS's defaults: one zone, unencrypted, a day of backups", () => {
    const topology = read({ Db: database({}), Subnets: subnets('A', 'B') });
    expect(databaseOf(topology)).toEqual({
      id: 'Db',
      type: 'AWS::RDS::DBInstance',
      kind: 'database',
      region: 'eu-west-1',
      zones: ['eu-west-1a'],
      engine: 'postgres',
      engineVersion: 'default',
      port: 5432,
      multiAz: false,
      standbyReplication: 'none',
      encrypted: false,
      backupRetentionDays: 1,
      deletionProtection: false,
      defaulted: [
        'backupRetentionDays',
        'deletionProtection',
        'encrypted',
        'engineVersion',
        'multiAz',
        'port',
        'zones',
      ],
    });
    expect(topology.others).toEqual([]);
  });

  it('over several zones replicates synchronously', () => {
    const topology = read({ Db: database({ MultiAZ: 'true' }), Subnets: subnets('B', 'A') });
    expect(databaseOf(topology)).toMatchObject({
      multiAz: true,
      standbyReplication: 'synchronous',
      zones: ['eu-west-1a', 'eu-west-1b'],
    });
    expect(databaseOf(topology).defaulted).not.toContain('zones');
  });

  it('takes two of three zones, and RDS chooses which', () => {
    const topology = read({ Db: database({ MultiAZ: true }), Subnets: subnets('A', 'B', 'C') });
    expect(databaseOf(topology).zones).toEqual(['eu-west-1a', 'eu-west-1b']);
    expect(databaseOf(topology).defaulted).toContain('zones');
  });

  it('that wants two zones and has one is noted', () => {
    const topology = read({ Db: database({ MultiAZ: true }), Subnets: subnets('A') });
    expect(databaseOf(topology).zones).toEqual(['eu-west-1a']);
    expect(notesOf(topology)).toEqual(['asks for 2 zones, but its subnets lie in 1']);
  });

  it('lies in the zone it names', () => {
    const topology = read({ Db: database({ AvailabilityZone: 'eu-west-1c' }), Subnets: subnets('A', 'B') });
    expect(databaseOf(topology).zones).toEqual(['eu-west-1c']);
    expect(databaseOf(topology).defaulted).not.toContain('zones');
  });

  it('without a subnet group here is noted', () => {
    expect(notesOf(read({ Db: database({ DBSubnetGroupName: 'default' }) }))).toEqual([
      'has no subnet group in this template, so its zones are unknown',
    ]);
  });

  it.each([
    ['postgres', 5432],
    ['mysql', 3306],
    ['mariadb', 3306],
    ['oracle-ee', 1521],
    ['sqlserver-web', 1433],
    ['db2-se', 50_000],
  ])('of engine %s listens on %d', (engine, port) => {
    expect(databaseOf(read({ Db: database({ Engine: engine }), Subnets: subnets('A') })).port).toBe(port);
  });

  it('of a cluster is kept among the others, with a note', () => {
    const topology = read({
      Db: database({ DBClusterIdentifier: { Ref: 'Cluster' } }),
      Subnets: subnets('A'),
    });
    expect(topology.nodes).toEqual([]);
    expect(topology.others).toEqual([
      { id: 'Db', type: 'AWS::RDS::DBInstance' },
      { id: 'Subnets', type: 'AWS::RDS::DBSubnetGroup' },
    ]);
    expect(notesOf(topology)).toEqual(['belongs to a database cluster that is not in this template']);
  });

  it('names the one it replicates, by reference or by name, and needs it off the request path only', () => {
    const topology = read({
      Db: database({ DBInstanceIdentifier: 'orders' }),
      ByReference: database({ SourceDBInstanceIdentifier: { Ref: 'Db' } }),
      ByName: database({ SourceDBInstanceIdentifier: 'orders' }),
      Subnets: subnets('A'),
    });
    expect(findNodeOfKind(topology, 'database', 'ByReference')?.replicaOf).toBe('Db');
    expect(findNodeOfKind(topology, 'database', 'ByName')?.replicaOf).toBe('Db');
    expect(databaseOf(topology)).not.toHaveProperty('replicaOf');
    expect(topology.links).toEqual([
      { from: 'ByName', to: 'Db', necessity: 'soft', onRequestPath: false },
      { from: 'ByReference', to: 'Db', necessity: 'soft', onRequestPath: false },
    ]);
    expect(notesOf(topology)).toEqual([]);
  });

  it('that replicates one from elsewhere is noted', () => {
    const topology = read({ Db: database({ SourceDBInstanceIdentifier: 'x' }), Subnets: subnets('A') });
    expect(notesOf(topology)).toEqual(['is a read replica of a database that is not in this template']);
  });
});
