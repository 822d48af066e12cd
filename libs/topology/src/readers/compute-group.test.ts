import { describe, expect, it } from 'vitest';
import { readResources, subnet } from '../../test/read-resources.ts';
import { findNodeOfKind, nodesOfKind, type ComputeGroupNode, type Topology } from '../index.ts';

const unit = (environment: string) =>
  `#!/bin/sh\ncat > /etc/systemd/system/app.service <<'E'\n[Service]\nExecStart=/app\n${environment}\nE\n`;

const group = (properties: Record<string, unknown>, metadata: Record<string, unknown> = {}) => ({
  Type: 'AWS::AutoScaling::AutoScalingGroup',
  Metadata: metadata,
  Properties: { MinSize: '1', MaxSize: '4', VPCZoneIdentifier: [{ Ref: 'A' }, { Ref: 'B' }], ...properties },
});
const launchTemplate = (data: Record<string, unknown>, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::EC2::LaunchTemplate',
  Properties: { LaunchTemplateData: data, ...properties },
});
const database = { Type: 'AWS::RDS::DBInstance', Properties: { Engine: 'postgres' } };
const zones = { A: subnet('eu-west-1a'), B: subnet('eu-west-1b') };

const read = (resources: Record<string, unknown>): Topology => readResources({ ...zones, ...resources });
const groupOf = (topology: Topology): ComputeGroupNode => findNodeOfKind(topology, 'compute-group', 'G')!;
const notesOf = (topology: Topology): string[] =>
  topology.notes.filter((note) => note.resource === 'G').map((note) => note.message);

describe('what a group launches', () => {
  const data = { InstanceType: 't4g.small', UserData: { 'Fn::Base64': unit('Environment=PORT=8080') } };

  it.each([
    ['a launch template', group({ LaunchTemplate: { LaunchTemplateId: { Ref: 'T' } } })],
    ['a launch template by its name', group({ LaunchTemplate: { LaunchTemplateName: 'servers' } })],
    [
      'a launch template behind a mixed-instances policy',
      group({
        MixedInstancesPolicy: {
          LaunchTemplate: { LaunchTemplateSpecification: { LaunchTemplateId: { Ref: 'T' } } },
        },
      }),
    ],
  ])('is read from %s', (_case, resource) => {
    const topology = read({ G: resource, T: launchTemplate(data, { LaunchTemplateName: 'servers' }) });
    expect(groupOf(topology).instanceType).toBe('t4g.small');
    expect(groupOf(topology).process?.environment).toEqual({ PORT: '8080' });
    expect(topology.others).toEqual([]);
    expect(notesOf(topology)).toEqual([]);
  });

  it('takes the first override of a mixed-instances policy', () => {
    const topology = read({
      G: group({
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateId: { Ref: 'T' } },
            Overrides: [{ InstanceType: 'm7g.large' }, { InstanceType: 'm6g.large' }],
          },
        },
      }),
      T: launchTemplate(data),
    });
    expect(groupOf(topology).instanceType).toBe('m7g.large');
  });

  it('is read from a legacy launch configuration, whose user data may be base64 already', () => {
    const topology = read({
      G: group({ LaunchConfigurationName: { Ref: 'C' } }),
      C: {
        Type: 'AWS::AutoScaling::LaunchConfiguration',
        Properties: { InstanceType: 'm5.large', UserData: btoa(unit('Environment=PORT=80')) },
      },
    });
    expect(groupOf(topology).instanceType).toBe('m5.large');
    expect(groupOf(topology).process?.environment).toEqual({ PORT: '80' });
  });

  it('is unknown, with a note, when the template lies elsewhere', () => {
    const topology = read({ G: group({ LaunchTemplate: { LaunchTemplateId: 'lt-0123' } }) });
    expect(groupOf(topology).process).toBeUndefined();
    expect(notesOf(topology)).toEqual([
      'is launched from a template that is not here, so its instance type and process are unknown',
    ]);
  });

  it('is what EC2 launches by default when no type is named', () => {
    const topology = read({
      G: group({ LaunchTemplate: { LaunchTemplateId: { Ref: 'T' } } }),
      T: launchTemplate({}),
    });
    expect(groupOf(topology).instanceType).toBe('m1.small');
    expect(groupOf(topology).defaulted).toContain('instanceType');
    expect(notesOf(topology)).toEqual([
      'writes no systemd service unit that could be read, so its process is unknown',
    ]);
  });

  it('is left over when no group launches it, even if it names a database', () => {
    const topology = read({
      Db: database,
      Unused: launchTemplate({ UserData: unit('Environment=HOST=${Db.Endpoint.Address}') }),
    });
    expect(topology.others).toEqual([{ id: 'Unused', type: 'AWS::EC2::LaunchTemplate' }]);
  });
});

describe('size and health', () => {
  it('reads what the group names', () => {
    const topology = read({
      G: group({
        MinSize: 2,
        MaxSize: '6',
        DesiredCapacity: '3',
        HealthCheckType: 'EBS,ELB',
        HealthCheckGracePeriod: '120',
      }),
    });
    expect(groupOf(topology)).toMatchObject({
      minInstances: 2,
      maxInstances: 6,
      desiredInstances: 3,
      healthCheckType: 'ELB',
      healthCheckGracePeriodSeconds: 120,
    });
  });

  it("takes AWS's defaults for the rest: the minimum desired, EC2 health checks without grace", () => {
    const topology = read({ G: group({ MinSize: '2' }) });
    expect(groupOf(topology)).toMatchObject({
      desiredInstances: 2,
      healthCheckType: 'EC2',
      healthCheckGracePeriodSeconds: 0,
    });
    expect(groupOf(topology).defaulted).toEqual([
      'desiredInstances',
      'healthCheckGracePeriodSeconds',
      'healthCheckType',
      'instanceType',
    ]);
    expect(groupOf(topology)).not.toHaveProperty('cpuTargetPercent');
  });

  it('finds the CPU target among its own policies', () => {
    const policy = (groupId: string, metric: string, target: number) => ({
      Type: 'AWS::AutoScaling::ScalingPolicy',
      Properties: {
        AutoScalingGroupName: { Ref: groupId },
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: metric },
          TargetValue: target,
        },
      },
    });
    const topology = read({
      G: group({}),
      Other: group({}),
      P1: policy('Other', 'ASGAverageCPUUtilization', 20),
      P2: policy('G', 'ALBRequestCountPerTarget', 1000),
      P3: policy('G', 'ASGAverageCPUUtilization', 70),
      P4: policy('Nowhere', 'ASGAverageCPUUtilization', 10),
    });
    expect(groupOf(topology).cpuTargetPercent).toBe(70);
    expect(topology.others).toEqual([{ id: 'P4', type: 'AWS::AutoScaling::ScalingPolicy' }]);
  });
});

describe('the zones of a group', () => {
  it('come from its subnets, sorted and once each', () => {
    const topology = read({ G: group({ VPCZoneIdentifier: [{ Ref: 'B' }, { Ref: 'A' }, { Ref: 'B' }] }) });
    expect(groupOf(topology).zones).toEqual(['eu-west-1a', 'eu-west-1b']);
  });

  it('come from zones it names itself', () => {
    const topology = read({ G: group({ VPCZoneIdentifier: undefined, AvailabilityZones: ['eu-west-1c'] }) });
    expect(groupOf(topology).zones).toEqual(['eu-west-1c']);
    expect(topology.regions).toEqual([
      { id: 'eu-west-1', zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] },
    ]);
  });

  it('are three, the fewest a region has, when it takes them all', () => {
    const topology = readResources({
      G: group({ VPCZoneIdentifier: undefined, AvailabilityZones: { 'Fn::GetAZs': '' } }),
    });
    expect(groupOf(topology).zones).toEqual(['zone-a', 'zone-b', 'zone-c']);
    expect(notesOf(topology)).toContain(
      'uses every zone of the region (Fn::GetAZs); read as three, the fewest a region has',
    );
  });

  it('are unknown, with a note, for subnets from outside', () => {
    const topology = read({ G: group({ VPCZoneIdentifier: ['subnet-1', { Ref: 'Elsewhere' }] }) });
    expect(groupOf(topology).zones).toEqual([]);
    expect(notesOf(topology)).toEqual(
      expect.arrayContaining([
        'is in subnet subnet-1, whose zone the template does not decide',
        'is in subnet ${Elsewhere}, whose zone the template does not decide',
      ]),
    );
  });

  it('do not come from what is no subnet, even if it lies in a zone', () => {
    const topology = read({
      G: group({ VPCZoneIdentifier: [{ Ref: 'Db' }] }),
      Db: { Type: 'AWS::RDS::DBInstance', Properties: { AvailabilityZone: 'eu-west-1a' } },
    });
    expect(groupOf(topology).zones).toEqual([]);
  });

  it('are known by the name of the parameter that decides them', () => {
    const topology = readResources({
      S1: subnet({ Ref: 'FirstZone' }),
      S2: subnet({ Ref: 'SecondZone' }),
      G: group({ VPCZoneIdentifier: [{ Ref: 'S1' }, { Ref: 'S2' }] }),
    });
    expect(topology.regions).toEqual([{ id: 'region-1', zones: ['FirstZone', 'SecondZone'] }]);
  });
});

describe('what a group depends on', () => {
  const withUserData = (environment: unknown, metadata: Record<string, unknown> = {}) => ({
    G: group({ LaunchTemplate: { LaunchTemplateId: { Ref: 'T' } } }, metadata),
    T: launchTemplate({
      UserData: { 'Fn::Base64': { 'Fn::Join': ['', [unit('Environment=A=1'), environment]] } },
    }),
  });

  it('is the database whose address it is given', () => {
    const topology = read({
      Db: database,
      Unrelated: database,
      ...withUserData({ 'Fn::GetAtt': ['Db', 'Endpoint.Address'] }),
    });
    expect(topology.links).toEqual([{ from: 'G', to: 'Db', necessity: 'hard', onRequestPath: true }]);
  });

  it('is the database whose secret it is given', () => {
    const topology = read({
      Db: database,
      Attachment: {
        Type: 'AWS::SecretsManager::SecretTargetAttachment',
        Properties: { TargetId: { Ref: 'Db' }, SecretId: { Ref: 'Secret' } },
      },
      ...withUserData({ Ref: 'Attachment' }),
    });
    expect(topology.links.map((link) => link.to)).toEqual(['Db']);
  });

  it('is no database that is not a node itself', () => {
    const member = { Type: 'AWS::RDS::DBInstance', Properties: { DBClusterIdentifier: 'cluster' } };
    const topology = read({ Db: member, ...withUserData({ 'Fn::GetAtt': ['Db', 'Endpoint.Address'] }) });
    expect(topology.links).toEqual([]);
  });

  it('is what its metadata says, hard or soft', () => {
    const metadata = {
      'nines:dependencies': [
        { name: 'payment', necessity: 'hard', addressVariable: 'PAYMENT_URL' },
        { name: 'reviews', necessity: 'soft', addressVariable: 'REVIEWS_URL' },
      ],
    };
    const topology = read(withUserData('', metadata));
    expect(
      nodesOfKind(topology, 'external-service').map(({ id, addressVariable }) => [id, addressVariable]),
    ).toEqual([
      ['external:payment', 'PAYMENT_URL'],
      ['external:reviews', 'REVIEWS_URL'],
    ]);
    expect(topology.links).toEqual([
      { from: 'G', to: 'external:payment', necessity: 'hard', onRequestPath: true },
      { from: 'G', to: 'external:reviews', necessity: 'soft', onRequestPath: true },
    ]);
  });

  it('is one service for two groups that name the same', () => {
    const metadata = { 'nines:dependencies': [{ name: 'x', necessity: 'hard', addressVariable: 'X' }] };
    const topology = read({ G: group({}, metadata), H: group({}, metadata) });
    expect(nodesOfKind(topology, 'external-service')).toHaveLength(1);
    expect(topology.links.map((link) => link.from)).toEqual(['G', 'H']);
  });

  it.each([
    ['text', 'payment', 'has metadata nines:dependencies that is no list'],
    [
      'an entry without necessity',
      [{ name: 'payment', addressVariable: 'X' }],
      'has an entry in metadata nines:dependencies that is not read: it needs name, necessity (hard or soft) and addressVariable',
    ],
    [
      'an entry that is no object',
      [7],
      'has an entry in metadata nines:dependencies that is not read: it needs name, necessity (hard or soft) and addressVariable',
    ],
  ])('is noted, not read, from metadata that is %s', (_case, value, note) => {
    const topology = read({ G: group({}, { 'nines:dependencies': value }) });
    expect(nodesOfKind(topology, 'external-service')).toEqual([]);
    expect(notesOf(topology)).toContain(note);
  });
});
