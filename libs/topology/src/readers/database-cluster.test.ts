import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, readAssembly, type DatabaseNode, type Topology } from '../index.ts';

const cluster = (properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::RDS::DBCluster',
  Properties: {
    Engine: 'aurora-postgresql',
    MasterUsername: 'shop',
    DBSubnetGroupName: { Ref: 'Subnets' },
    ...properties,
  },
});
const instance = (properties: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  Type: 'AWS::RDS::DBInstance',
  Properties: { DBClusterIdentifier: { Ref: 'Cluster' }, DBInstanceClass: 'db.r7g.large', ...properties },
  ...rest,
});
const subnets = {
  Type: 'AWS::RDS::DBSubnetGroup',
  Properties: { SubnetIds: [{ Ref: 'A' }, { Ref: 'B' }, { Ref: 'C' }] },
};
const zones = {
  A: subnet('eu-west-1a'),
  B: subnet('eu-west-1b'),
  C: subnet('eu-west-1c'),
  Subnets: subnets,
};

const read = (resources: Record<string, unknown>): Topology => readResources({ ...zones, ...resources });
const clusterOf = (topology: Topology): DatabaseNode => findNodeOfKind(topology, 'database', 'Cluster')!;
const membersOf = (topology: Topology) => clusterOf(topology).cluster?.members ?? [];
const notesOf = (topology: Topology): string[] => topology.notes.map((note) => note.message);

describe('an Aurora cluster', () => {
  it('is one database with the instances it has, and nothing of it is left over', () => {
    const topology = read({
      Cluster: cluster({
        Port: 5432,
        DatabaseName: 'shop',
        StorageEncrypted: true,
        BackupRetentionPeriod: 14,
      }),
      Writer: instance({ AvailabilityZone: 'eu-west-1a', PromotionTier: 0 }),
      Reader: instance({ AvailabilityZone: 'eu-west-1b', PromotionTier: 2 }, { DependsOn: ['Writer'] }),
    });
    expect(clusterOf(topology)).toEqual({
      id: 'Cluster',
      type: 'AWS::RDS::DBCluster',
      kind: 'database',
      region: 'eu-west-1',
      zones: ['eu-west-1a', 'eu-west-1b'],
      engine: 'aurora-postgresql',
      engineVersion: 'default',
      port: 5432,
      databaseName: 'shop',
      multiAz: true,
      standbyReplication: 'synchronous',
      encrypted: true,
      backupRetentionDays: 14,
      deletionProtection: false,
      cluster: {
        members: [
          {
            id: 'Writer',
            role: 'writer',
            zone: 'eu-west-1a',
            instanceClass: 'db.r7g.large',
            promotionTier: 0,
          },
          {
            id: 'Reader',
            role: 'replica',
            zone: 'eu-west-1b',
            instanceClass: 'db.r7g.large',
            promotionTier: 2,
          },
        ],
      },
      defaulted: ['deletionProtection', 'engineVersion'],
    });
    expect(topology.nodes).toHaveLength(1);
    expect(topology.others).toEqual([]);
    expect(topology.notes).toEqual([]);
  });

  it('listens on 3306 unless it is told otherwise, PostgreSQL or not', () => {
    expect(clusterOf(read({ Cluster: cluster(), Only: instance() })).port).toBe(3306);
  });

  it('is written by the instance that the others wait for, whatever it is called', () => {
    const topology = read({
      Cluster: cluster(),
      A1: instance({}, { DependsOn: 'Z9' }),
      A2: instance({}, { DependsOn: ['Z9', 'Elsewhere'] }),
      Z9: instance({}, { DependsOn: 'Elsewhere' }),
    });
    expect(membersOf(topology).map(({ id, role }) => `${id} ${role}`)).toEqual([
      'Z9 writer',
      'A1 replica',
      'A2 replica',
    ]);
    expect(clusterOf(topology).defaulted).not.toContain('cluster.members.writer');
  });

  it('is written by the first of a row of instances that wait for each other', () => {
    const topology = read({
      Cluster: cluster(),
      A1: instance({}, { DependsOn: 'Z9' }),
      A2: instance({}, { DependsOn: 'A1' }),
      Z9: instance(),
    });
    expect(membersOf(topology)[0]?.id).toBe('Z9');
  });

  it('that orders its instances nowhere is written by the first, and says so', () => {
    const topology = read({ Cluster: cluster(), A1: instance(), A2: instance() });
    expect(membersOf(topology).map(({ role }) => role)).toEqual(['writer', 'replica']);
    expect(clusterOf(topology).defaulted).toContain('cluster.members.writer');
  });

  it('promotes by tier, and by name within one', () => {
    const topology = read({
      Cluster: cluster(),
      W: instance({ PromotionTier: 15 }),
      R3: instance({ PromotionTier: '3' }, { DependsOn: 'W' }),
      R2: instance({}, { DependsOn: 'W' }),
      R1: instance({}, { DependsOn: 'W' }),
      R0: instance({ PromotionTier: 0 }, { DependsOn: 'W' }),
    });
    expect(membersOf(topology).map(({ id }) => id)).toEqual(['W', 'R0', 'R1', 'R2', 'R3']);
  });

  it('has its unplaced instances spread over the zones of its subnets', () => {
    const topology = read({
      Cluster: cluster(),
      I1: instance({ AvailabilityZone: 'eu-west-1a' }),
      I2: instance({}, { DependsOn: 'I1' }),
      I3: instance({}, { DependsOn: 'I1' }),
    });
    expect(membersOf(topology).map(({ zone }) => zone)).toEqual(['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
    expect(clusterOf(topology).defaulted).toEqual(
      expect.arrayContaining(['cluster.members.I2.zone', 'cluster.members.I3.zone']),
    );
    expect(clusterOf(topology).defaulted).not.toContain('cluster.members.I1.zone');
  });

  it('of one instance has nothing that takes over, and one of none has nothing at all', () => {
    expect(clusterOf(read({ Cluster: cluster(), Only: instance() }))).toMatchObject({
      multiAz: false,
      standbyReplication: 'none',
    });
    const empty = read({ Cluster: cluster() });
    expect(clusterOf(empty)).toMatchObject({ zones: [], standbyReplication: 'none' });
    expect(notesOf(empty)).toEqual(['has no instance in this template, so nothing answers for it']);
  });

  it('over one zone only survives the loss of an instance, not of the zone', () => {
    const inA = { AvailabilityZone: 'eu-west-1a' };
    expect(clusterOf(read({ Cluster: cluster(), I1: instance(inA), I2: instance(inA) }))).toMatchObject({
      multiAz: false,
      standbyReplication: 'synchronous',
    });
  });

  it('is what the servers need when they are given its address', () => {
    const topology = read({
      Cluster: cluster(),
      Writer: instance(),
      Template: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: {
          LaunchTemplateData: {
            UserData: {
              'Fn::Sub':
                'cat > /etc/systemd/system/a.service <<E\n[Service]\nExecStart=/a\nEnvironment=H=${Cluster.Endpoint.Address} R=${Cluster.ReadEndpoint.Address}\nE\n',
            },
          },
        },
      },
      Group: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' } },
          VPCZoneIdentifier: [{ Ref: 'A' }],
        },
      },
    });
    expect(topology.links).toEqual([
      { from: 'Group', to: 'Cluster', necessity: 'hard', onRequestPath: true },
    ]);
    expect(findNodeOfKind(topology, 'compute-group', 'Group')?.process?.environment).toEqual({
      H: '${Cluster.Endpoint.Address}',
      R: '${Cluster.ReadEndpoint.Address}',
    });
  });
});

describe('replica auto scaling', () => {
  const target = (properties: Record<string, unknown>) => ({
    Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
    Properties: {
      ServiceNamespace: 'rds',
      ScalableDimension: 'rds:cluster:ReadReplicaCount',
      MinCapacity: 2,
      MaxCapacity: 5,
      ...properties,
    },
  });
  const policy = {
    Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
    Properties: {
      ScalingTargetId: { Ref: 'Target' },
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'RDSReaderAverageCPUUtilization' },
        TargetValue: 60,
      },
    },
  };

  it.each([
    ['by reference', { 'Fn::Join': ['', ['cluster:', { Ref: 'Cluster' }]] }],
    ['by name', 'cluster:orders'],
  ])('is read from the target that names the cluster %s', (_case, ResourceId) => {
    const topology = read({
      Cluster: cluster({ DBClusterIdentifier: 'orders' }),
      Writer: instance(),
      Target: target({ ResourceId }),
      Policy: policy,
    });
    expect(clusterOf(topology).cluster?.replicaScaling).toEqual({
      minReplicas: 2,
      maxReplicas: 5,
      cpuTargetPercent: 60,
    });
    expect(topology.others).toEqual([]);
  });

  it('of another cluster, or of something else, is left over', () => {
    const topology = read({
      Cluster: cluster(),
      Writer: instance(),
      Elsewhere: target({ ResourceId: 'cluster:other' }),
      Table: target({
        ResourceId: { 'Fn::Sub': 'cluster:${Cluster}' },
        ScalableDimension: 'dynamodb:table:ReadCapacityUnits',
      }),
    });
    expect(clusterOf(topology).cluster).not.toHaveProperty('replicaScaling');
    expect(topology.others.map(({ id }) => id)).toEqual(['Elsewhere', 'Table']);
  });
});

describe('a Multi-AZ cluster of RDS', () => {
  it('has a writer and two standbys in three zones, which no template names', () => {
    const topology = read({ Cluster: cluster({ Engine: 'postgres' }) });
    expect(clusterOf(topology)).toMatchObject({
      zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      multiAz: true,
      standbyReplication: 'synchronous',
      cluster: { members: [] },
    });
    expect(notesOf(topology)).toEqual([
      'is a Multi-AZ cluster of RDS, whose instances no template names; read as one in each of three zones',
    ]);
  });
});

describe('a global database over two regions', () => {
  const stack = (templateFile: string, region: string) => ({
    type: 'aws:cloudformation:stack',
    environment: `aws://unknown-account/${region}`,
    properties: { templateFile, tags: { 'nines:tier': 'warm-standby' } },
  });
  const global = {
    Type: 'AWS::RDS::GlobalCluster',
    Properties: { GlobalClusterIdentifier: 'orders', Engine: 'aurora-postgresql', StorageEncrypted: true },
  };
  const regional = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
    Resources: { ...zones, Cluster: cluster(properties), Writer: instance(), ...more },
  });
  const secondaryProperties = { GlobalClusterIdentifier: 'orders', MasterUsername: undefined };

  function readBoth(primary: unknown, secondary: unknown): Topology {
    return readAssembly({
      manifest: {
        artifacts: { West: stack('p.json', 'eu-west-1'), Central: stack('s.json', 'eu-central-1') },
      },
      templates: { 'p.json': primary, 's.json': secondary },
    });
  }

  it.each([
    ['names the user', regional({ GlobalClusterIdentifier: { Ref: 'Global' } }, { Global: global })],
    [
      'is the source of the global database',
      regional(
        { MasterUsername: undefined },
        {
          Global: {
            ...global,
            Properties: { ...global.Properties, SourceDBClusterIdentifier: { Ref: 'Cluster' } },
          },
        },
      ),
    ],
  ])('has as primary the cluster that %s, and the other follows it', (_case, primary) => {
    const topology = readBoth(primary, regional(secondaryProperties));
    expect(findNodeOfKind(topology, 'global-database', 'West/Global')).toMatchObject({
      clusters: ['West/Cluster', 'Central/Cluster'],
      encrypted: true,
      region: 'eu-west-1',
    });
    expect(findNodeOfKind(topology, 'database', 'West/Cluster')?.cluster?.global).toEqual({
      id: 'West/Global',
      role: 'primary',
    });
    expect(findNodeOfKind(topology, 'database', 'Central/Cluster')).toMatchObject({
      region: 'eu-central-1',
      replicaOf: 'West/Cluster',
      cluster: { global: { id: 'West/Global', role: 'secondary' }, members: [{ role: 'replica' }] },
    });
    expect(topology.links).toEqual([
      { from: 'Central/Cluster', to: 'West/Cluster', necessity: 'soft', onRequestPath: false },
    ]);
    expect(notesOf(topology)).toEqual([]);
  });

  it('of which only one part was read is noted', () => {
    const topology = read({ Cluster: cluster({ ...secondaryProperties }), Reader: instance() });
    expect(clusterOf(topology).cluster?.global).toEqual({ id: 'orders', role: 'secondary' });
    expect(notesOf(topology)).toEqual(['follows a cluster of the global database orders that was not read']);
    const alone = read({
      Cluster: cluster({ GlobalClusterIdentifier: { Ref: 'Global' } }),
      W: instance(),
      Global: global,
    });
    expect(notesOf(alone)).toEqual(['joins 1 of the clusters that were read, so nothing is copied']);
  });
});
