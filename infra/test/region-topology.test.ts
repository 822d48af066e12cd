/**
 * The tiers of several regions as every reading of them sees them: three templates read as one topology. What is asserted
 * here is what a local region loss relies on.
 */
import { findNodeOfKind, linksFrom, nodesOfKind, readAssembly } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import { ALL_REGION_TIERS, type MultiRegionTier, synthesizeRegions } from './synthesized.ts';

/** As `cdk synth` writes it down. */
function topologyOf(tier: MultiRegionTier) {
  const parts = Object.values(synthesizeRegions(tier).parts);
  const templateFile = (stackName: string): string => `${stackName}.template.json`;
  const artifacts = parts.map(({ stack: { stackName, environment } }) => [
    stackName,
    {
      type: 'aws:cloudformation:stack',
      environment,
      properties: { templateFile: templateFile(stackName), stackName },
    },
  ]);
  return readAssembly({
    manifest: { version: '55.0.0', artifacts: Object.fromEntries(artifacts) as unknown },
    templates: Object.fromEntries(
      parts.map(({ stack, template }) => [templateFile(stack.stackName), template.toJSON()]),
    ),
  });
}

const SIZES = { 'warm-standby': { servers: 1, members: 2 }, 'five-nines': { servers: 2, members: 3 } };

describe.each(ALL_REGION_TIERS)('the %s tier, read from its templates', (tier) => {
  const topology = topologyOf(tier);
  const [home, standby, global] = ['eu-west-1', 'eu-central-1', 'global'].map(
    (part) => (id: string) => `nines-${tier}-${part}/${id}`,
  ) as [(id: string) => string, (id: string) => string, (id: string) => string];

  it('is one topology of two regions with three zones each, and an edge, read without a note', () => {
    expect(topology.tier).toBe(tier);
    expect(topology.notes).toEqual([]);
    expect(topology.regions.map(({ id, zones }) => [id, zones.length])).toEqual([
      ['eu-central-1', 3],
      ['eu-west-1', 3],
      ['us-east-1', 0],
    ]);
  });

  it('keeps orders in the queue of their own region, fetches from both, and leads whoever asks for one there', () => {
    for (const [region, otherRegion] of [
      [home, 'eu-central-1'],
      [standby, 'eu-west-1'],
    ] as const) {
      expect(findNodeOfKind(topology, 'queue', region('IntakeQueue'))).toMatchObject({
        visibilityTimeoutSeconds: 30,
        redrive: { maxReceiveCount: 1_000, to: region('IntakeDeadLetterQueue') },
      });
      for (const zone of ['1', '2', '3']) {
        const servers = region(`ServersZone${zone}`);
        const queues = linksFrom(topology, servers).filter(({ to }) => to.endsWith('Queue'));
        expect(queues).toEqual([
          { from: servers, to: region('IntakeQueue'), necessity: 'soft', onRequestPath: true },
        ]);
        const { process } = findNodeOfKind(topology, 'compute-group', servers) ?? {};
        expect(process?.environment['ORDER_INTAKE_QUEUE_URL']).toBe(`\${${region('IntakeQueue')}}`);
        expect(process?.environment['ORDER_INTAKE_OTHER_QUEUES']).toBe(
          `${otherRegion}=https://sqs.${otherRegion}.\${AWS::URLSuffix}/\${AWS::AccountId}/nines-${tier}-${otherRegion}-orders`,
        );
      }
    }
    const behaviors = nodesOfKind(topology, 'edge')[0]?.behaviors ?? [];
    const originOf = (path: string) => behaviors.find(({ pathPattern }) => pathPattern === path)?.origin;
    expect(originOf('/order-intakes*')).toBeDefined();
    expect(originOf('/order-intakes*')).toBe(originOf('/orders*'));
  });

  it('has servers in each zone of each region, which use the database of their own region', () => {
    for (const [region, minInstances] of [
      [home, 2],
      [standby, SIZES[tier].servers],
    ] as const)
      for (const zone of ['1', '2', '3']) {
        const servers = findNodeOfKind(topology, 'compute-group', region(`ServersZone${zone}`));
        expect(servers).toMatchObject({ minInstances, maxInstances: 4 });
        expect(servers?.process?.environment).toMatchObject({
          DATABASE_HOST: `\${${region('Database')}.Endpoint.Address}`,
          DATABASE_READ_HOST: `\${${region('Database')}.ReadEndpoint.Address}`,
        });
      }
  });

  it('has one global database, whose standby cluster follows the one that was made at home', () => {
    expect(findNodeOfKind(topology, 'global-database', home('GlobalDatabase'))?.clusters).toEqual([
      home('Database'),
      standby('Database'),
    ]);
    const follower = findNodeOfKind(topology, 'database', standby('Database'));
    expect(follower).toMatchObject({ replicaOf: home('Database'), standbyReplication: 'synchronous' });
    expect(follower?.cluster?.members.map(({ role }) => role)).toEqual(
      Array.from({ length: SIZES[tier].members }, () => 'replica'),
    );
  });

  it('leads from the name of each region to its load balancer', () => {
    for (const region of [home, standby])
      expect(linksFrom(topology, region('RegionRecord')).map(({ to }) => to)).toEqual([
        region('LoadBalancer'),
      ]);
  });

  it('leads the edge to a record of each region, home first', () => {
    const record = (id: string) => findNodeOfKind(topology, 'dns-record', global(id));

    expect(record('HomeRecord')).toMatchObject({
      routing: { policy: 'failover', failover: 'primary' },
      targets: [home('RegionRecord')],
      healthCheck: global('HomeServes'),
    });
    expect(record('StandbyRecord')).toMatchObject({
      routing: { policy: 'failover', failover: 'secondary' },
      targets: [standby('RegionRecord')],
      healthCheck: global('StandbyServes'),
    });
    const reached = linksFrom(topology, global('Distribution')).map(({ to }) => to);
    expect(reached).toEqual(expect.arrayContaining([global('HomeRecord'), global('StandbyRecord')]));
  });

  it('keeps answers no longer than the checks take to see a loss', () => {
    const ttls = nodesOfKind(topology, 'dns-record')
      .filter(({ routing }) => routing.policy !== 'simple')
      .map(({ ttlSeconds }) => ttlSeconds);

    expect(new Set(ttls)).toEqual(new Set([tier === 'five-nines' ? 1 : 10]));
  });

  it('decides by health checks of each region, and by an alarm in the standby', () => {
    const check = (id: string) => findNodeOfKind(topology, 'dns-health-check', global(id));

    expect(check('HomeAnswers')).toMatchObject({
      intervalSeconds: 10,
      failureThreshold: 3,
      targets: [home('RegionRecord')],
    });
    expect(check('StandbyAnswers')).toMatchObject({ targets: [standby('RegionRecord')] });
    expect(check('StandbyTookOver')).toMatchObject({
      checkType: 'CLOUDWATCH_METRIC',
      inverted: true,
      targets: [standby('TookOverAlarm')],
    });
    expect(check('StandbyServes')?.healthyChildren).toBe(tier === 'five-nines' ? 1 : 2);
  });

  it('has no alarm that tells nobody, but for the parts of composite ones', () => {
    const silent = nodesOfKind(topology, 'alarm').filter(
      ({ actionCount, id }) => actionCount === 0 && !id.endsWith('Condition'),
    );

    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});
