import { describe, expect, it } from 'vitest';
import { twoZones } from '../test/templates/two-zones.ts';
import {
  findNode,
  inRegion,
  linksFrom,
  readAssembly,
  readTopology,
  stacksOfAssembly,
  TopologyTemplateError,
} from './index.ts';

const stack = (
  templateFile: string,
  properties: Record<string, unknown> = {},
  environment = 'aws://unknown-account/unknown-region',
) => ({
  type: 'aws:cloudformation:stack',
  environment,
  properties: { templateFile, ...properties },
});
const manifestOf = (artifacts: Record<string, unknown>) => ({ version: '55.0.0', artifacts });

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof TopologyTemplateError) return error.code;
    throw error;
  }
  return 'nothing thrown';
};

describe('an assembly of one stack', () => {
  const manifest = manifestOf({
    'nines-three-nines': stack('nines.template.json', { tags: { 'nines:tier': 'three-nines' } }),
    'nines-three-nines.assets': { type: 'cdk:asset-manifest', properties: { file: 'x' } },
    Tree: { type: 'cdk:tree' },
  });

  it('reads as its template does, with the tier from the stack tags', () => {
    const topology = readAssembly({ manifest, templates: { 'nines.template.json': twoZones } });
    expect(topology).toEqual(
      readTopology(twoZones, { stackName: 'nines-three-nines', metadata: { 'nines:tier': 'three-nines' } }),
    );
    expect(topology.tier).toBe('three-nines');
  });

  it('says which files to read before they are read', () => {
    expect(stacksOfAssembly(manifest)).toEqual([
      {
        artifactId: 'nines-three-nines',
        stackName: 'nines-three-nines',
        templateFile: 'nines.template.json',
        tags: { 'nines:tier': 'three-nines' },
      },
    ]);
  });

  it('takes the region of its environment', () => {
    const topology = readAssembly({
      manifest: manifestOf({ S: stack('a.json', {}, 'aws://123456789012/eu-central-1') }),
      templates: { 'a.json': twoZones },
    });
    expect(topology.regions).toEqual([{ id: 'eu-central-1', zones: ['zone-a', 'zone-b'] }]);
  });
});

describe('an assembly of several stacks', () => {
  const data = {
    Resources: { Database: { Type: 'AWS::RDS::DBInstance', Properties: { Engine: 'postgres' } } },
    Outputs: {
      Address: {
        Value: { 'Fn::GetAtt': ['Database', 'Endpoint.Address'] },
        Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Address' } },
      },
    },
  };
  const passedOn = {
    Resources: { Nothing: { Type: 'AWS::SNS::Topic' } },
    Outputs: { Address: { Value: { 'Fn::ImportValue': 'data:Address' }, Export: { Name: 'alias:Address' } } },
  };
  const web = {
    Resources: {
      Template: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: {
          LaunchTemplateData: {
            UserData: {
              'Fn::Base64': {
                'Fn::Join': [
                  '',
                  [
                    'cat > /etc/systemd/system/a.service <<E\n[Service]\nExecStart=/a\nEnvironment=DATABASE_HOST=',
                    { 'Fn::ImportValue': 'alias:Address' },
                    '\nE\n',
                  ],
                ],
              },
            },
          },
        },
      },
      Group: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          MinSize: 1,
          MaxSize: 1,
          AvailabilityZones: ['eu-west-1a'],
          LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' } },
        },
      },
    },
  };
  const manifest = manifestOf({
    A: stack('web.json', { stackName: 'web', tags: { 'nines:tier': 'three-nines' } }),
    B: stack('alias.json', { stackName: 'alias' }),
    C: stack('data.json', { stackName: 'data', tags: { 'nines:tier': 'three-nines' } }),
  });
  const templates = { 'web.json': web, 'alias.json': passedOn, 'data.json': data };

  it('reads as one topology, ids prefixed, exports followed over two steps', () => {
    const topology = readAssembly({ manifest, templates });
    expect(topology.name).toBe('alias+data+web');
    expect(topology.tier).toBe('three-nines');
    expect(topology.nodes.map((node) => node.id)).toEqual(['data/Database', 'web/Group']);
    expect(linksFrom(topology, 'web/Group').map((link) => link.to)).toEqual(['data/Database']);
    expect(findNode(topology, 'web/Group')).toMatchObject({
      process: { environment: { DATABASE_HOST: '${data/Database.Endpoint.Address}' } },
    });
  });

  it('reads the stacks that are chosen, by name or artifact id', () => {
    const topology = readAssembly({ manifest, templates, stacks: ['C'] });
    expect(topology.name).toBe('data');
    expect(topology.nodes.map((node) => node.id)).toEqual(['Database']);
  });

  it('refuses stacks of several tiers unless one is chosen', () => {
    const mixed = manifestOf({
      A: stack('data.json', { stackName: 'a', tags: { 'nines:tier': 'two-nines' } }),
      B: stack('data.json', { stackName: 'b', tags: { 'nines:tier': 'three-nines' } }),
    });
    expect(codeOf(() => readAssembly({ manifest: mixed, templates }))).toBe('assembly-ambiguous');
    expect(readAssembly({ manifest: mixed, templates, stacks: ['b'] }).tier).toBe('three-nines');
  });

  it('says what is there when a stack is not', () => {
    expect(() => readAssembly({ manifest, templates, stacks: ['wep'] })).toThrow(
      'The assembly has no stack wep. It has: web, alias, data.',
    );
  });
});

describe('an assembly over several regions', () => {
  const regional = (databaseHost: unknown) => ({
    Resources: {
      Subnet: {
        Type: 'AWS::EC2::Subnet',
        Properties: { AvailabilityZone: { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] } },
      },
      Balancer: {
        Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
        Properties: { Subnets: [{ Ref: 'Subnet' }] },
      },
      Everywhere: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          AvailabilityZones: { 'Fn::GetAZs': '' },
          LaunchTemplate: { LaunchTemplateId: { Ref: 'T' } },
        },
      },
      T: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: {
          LaunchTemplateData: {
            UserData: {
              'Fn::Join': [
                '',
                [
                  'cat > /etc/systemd/system/a.service <<E\n[Service]\nExecStart=/a\nEnvironment=DATABASE_HOST=',
                  databaseHost,
                  '\nE\n',
                ],
              ],
            },
          },
        },
      },
    },
    Outputs: { Address: { Value: { 'Fn::GetAtt': ['Balancer', 'DNSName'] } } },
  });
  const templates = {
    'west.json': regional({ 'Fn::GetAtt': ['Reader', '/cdk/exports/west/Database'] }),
    'central.json': {
      ...regional({
        'Fn::GetStackOutput': { StackName: 'west', OutputName: 'Address', Region: 'eu-west-1' },
      }),
    },
    'data.json': {
      Resources: {
        Database: { Type: 'AWS::RDS::DBInstance', Properties: { Engine: 'postgres' } },
        Writer: {
          Type: 'Custom::CrossRegionExportWriter',
          Properties: {
            WriterProps: {
              region: 'eu-west-1',
              exports: { '/cdk/exports/west/Database': { 'Fn::GetAtt': ['Database', 'Endpoint.Address'] } },
            },
          },
        },
      },
    },
  };
  const manifest = manifestOf({
    west: stack('west.json', {}, 'aws://unknown-account/eu-west-1'),
    central: stack('central.json', {}, 'aws://unknown-account/eu-central-1'),
    data: stack('data.json', {}, 'aws://unknown-account/eu-central-1'),
  });
  const topology = readAssembly({ manifest, templates });
  const hostOf = (id: string): unknown => {
    const group = findNode(topology, id);
    return group?.kind === 'compute-group' ? group.process?.environment['DATABASE_HOST'] : undefined;
  };

  it('tells the zones of one region from those of another', () => {
    expect(topology.regions).toEqual([
      {
        id: 'eu-central-1',
        zones: ['eu-central-1-zone-a', 'eu-central-1-zone-b', 'eu-central-1-zone-c'],
      },
      { id: 'eu-west-1', zones: ['eu-west-1-zone-a', 'eu-west-1-zone-b', 'eu-west-1-zone-c'] },
    ]);
    expect(findNode(topology, 'west/Balancer')).toMatchObject({
      region: 'eu-west-1',
      zones: ['eu-west-1-zone-a'],
    });
  });

  it("follows what CDK carries from one region to another, and another stack's outputs", () => {
    expect(hostOf('west/Everywhere')).toBe('${data/Database.Endpoint.Address}');
    expect(hostOf('central/Everywhere')).toBe('${west/Balancer.DNSName}');
    expect(linksFrom(topology, 'west/Everywhere').map(({ to }) => to)).toEqual(['data/Database']);
  });

  it('can be looked at region by region, with the links that stay inside', () => {
    const west = inRegion(topology, 'eu-west-1');
    expect(west.regions.map(({ id }) => id)).toEqual(['eu-west-1']);
    expect(west.nodes.map(({ id }) => id)).toEqual(['west/Balancer', 'west/Everywhere']);
    // Its database is in the other region.
    expect(west.links).toEqual([]);
    expect(inRegion(topology, 'eu-central-1').nodes.map(({ id }) => id)).toContain('data/Database');
  });

  it('keeps a reference whose stack was not read', () => {
    const alone = readAssembly({ manifest, templates, stacks: ['west', 'central'] });
    const group = findNode(alone, 'west/Everywhere');
    expect(group).toMatchObject({
      process: { environment: { DATABASE_HOST: '${west/Reader./cdk/exports/west/Database}' } },
    });
  });

  it('tells stacks of one name apart by their artifacts', () => {
    const twins = manifestOf({
      First: stack('west.json', { stackName: 'shop' }, 'aws://unknown-account/eu-west-1'),
      Second: stack('central.json', { stackName: 'shop' }, 'aws://unknown-account/eu-central-1'),
    });
    const read = readAssembly({ manifest: twins, templates });
    expect(read.nodes.map(({ id }) => id)).toEqual([
      'First/Balancer',
      'First/Everywhere',
      'Second/Balancer',
      'Second/Everywhere',
    ]);
  });
});

describe('an assembly that cannot be read', () => {
  it.each([
    ['assembly-not-an-object', () => readAssembly({ manifest: 'text', templates: {} })],
    ['assembly-not-an-object', () => readAssembly({ manifest: {}, templates: {} })],
    [
      'assembly-without-stacks',
      () => readAssembly({ manifest: manifestOf({ T: { type: 'cdk:tree' } }), templates: {} }),
    ],
    [
      'assembly-template-missing',
      () => readAssembly({ manifest: manifestOf({ S: stack('a.json') }), templates: {} }),
    ],
    [
      'template-without-resources',
      () => readAssembly({ manifest: manifestOf({ S: stack('a.json') }), templates: { 'a.json': {} } }),
    ],
  ])('is refused as %s', (code, run) => {
    expect(codeOf(run)).toBe(code);
  });
});
