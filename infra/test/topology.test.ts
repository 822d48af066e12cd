/**
 * The stack as every reading of it sees it: through `libs/topology`. What is asserted here is what the local
 * cloud and the game day rely on, so that a change of a construct that would change their results is seen.
 */
import {
  findNodeOfKind,
  linksFrom,
  nodesOfKind,
  readTopology,
  targetGroupsOf,
  zonesOf,
} from '@nines/topology';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesize, synthesizeThreeNines } from './synthesized.ts';

type Topology = ReturnType<typeof readTopology>;

let topology: Topology;

beforeAll(() => {
  const { template } = synthesizeThreeNines();
  topology = readTopology(template.toJSON(), { stackName: 'nines-three-nines' });
});

describe('the 99.9% tier on servers, read from its template', () => {
  it('names its tier and is read without a note', () => {
    expect(topology.tier).toBe('three-nines');
    expect(topology.notes).toEqual([]);
  });

  it('spreads balancer, servers and database over the same two zones', () => {
    expect(zonesOf(topology)).toEqual(['zone-a', 'zone-b']);
    for (const kind of ['load-balancer', 'compute-group', 'database'] as const) {
      expect(nodesOfKind(topology, kind).map((node) => node.zones)).toEqual([['zone-a', 'zone-b']]);
    }
  });

  it('runs at least one server a zone under systemd, replaced when the balancer finds it unhealthy', () => {
    const servers = findNodeOfKind(topology, 'compute-group', 'Servers');
    expect(servers).toMatchObject({ cpuTargetPercent: 70, healthCheckType: 'ELB' });
    expect(servers?.minInstances).toBeGreaterThanOrEqual(2);
    expect(servers?.process).toMatchObject({ unit: 'shop-api.service', restart: 'always' });
    expect(targetGroupsOf(topology, 'Servers').map((group) => group.healthCheck.path)).toEqual(['/readyz']);
  });

  it('gives its servers the address of the database, to be resolved by whoever runs them', () => {
    const environment = findNodeOfKind(topology, 'compute-group', 'Servers')?.process?.environment;
    expect(environment?.['DATABASE_HOST']).toBe('${Database.Endpoint.Address}');
    expect(environment?.['DATABASE_PORT']).toBe('${Database.Endpoint.Port}');
  });

  it('keeps a synchronous, encrypted standby of the database', () => {
    expect(findNodeOfKind(topology, 'database', 'Database')).toMatchObject({
      engine: 'postgres',
      multiAz: true,
      standbyReplication: 'synchronous',
      encrypted: true,
    });
  });

  it('stops serving before it is killed, and is out of the balancer before it stops serving', () => {
    const { process } = findNodeOfKind(topology, 'compute-group', 'Servers') ?? {};
    const [group] = targetGroupsOf(topology, 'Servers');
    const drainSeconds = Number(process?.environment['DRAIN_SECONDS']);
    const { intervalSeconds = 0, unhealthyThreshold = 0, timeoutSeconds = 0 } = group?.healthCheck ?? {};
    expect(process?.stopTimeoutSeconds).toBeGreaterThan(drainSeconds);
    expect(drainSeconds).toBeGreaterThanOrEqual(intervalSeconds * unhealthyThreshold + timeoutSeconds);
  });

  it('depends hard on database and payment, and softly on reviews', () => {
    expect(linksFrom(topology, 'LoadBalancer').map((link) => link.to)).toEqual(['Servers']);
    expect(linksFrom(topology, 'Servers').map((link) => [link.to, link.necessity])).toEqual([
      ['Database', 'hard'],
      ['external:payment', 'hard'],
      ['external:reviews', 'soft'],
    ]);
  });

  it('has no alarm that tells nobody', () => {
    const silent = nodesOfKind(topology, 'alarm').filter((alarm) => alarm.actionCount === 0);
    // Conditions of composite alarms, which tell.
    expect(silent.map((alarm) => alarm.id).filter((id) => !id.endsWith('Condition'))).toEqual([]);
    expect(nodesOfKind(topology, 'alarm').length).toBeGreaterThan(0);
  });

  it('leaves to AWS no setting of the health check', () => {
    const { defaulted = [] } = findNodeOfKind(topology, 'load-balancer', 'LoadBalancer') ?? {};
    expect(defaulted.filter((path) => path.includes('healthCheck'))).toEqual([]);
  });
});

describe('the 99.99% tier on servers, read from its template', () => {
  let fourNines: Topology;

  beforeAll(() => {
    fourNines = readTopology(synthesize('four-nines').template.toJSON(), { stackName: 'nines-four-nines' });
  });

  it('names its tier and is read without a note', () => {
    expect(fourNines.tier).toBe('four-nines');
    expect(fourNines.notes).toEqual([]);
  });

  it('has a group of servers in each of three zones, alike in everything else', () => {
    const groups = nodesOfKind(fourNines, 'compute-group');
    expect(groups.map(({ id, zones, minInstances }) => [id, zones, minInstances])).toEqual([
      ['ServersZone1', ['zone-a'], 2],
      ['ServersZone2', ['zone-b'], 2],
      ['ServersZone3', ['zone-c'], 2],
    ]);
    expect(new Set(groups.map(({ process }) => JSON.stringify(process))).size).toBe(1);
  });

  it('has a database with an instance in each zone, for reads and for taking over', () => {
    const database = findNodeOfKind(fourNines, 'database', 'Database');
    expect(database?.zones).toEqual(['zone-a', 'zone-b', 'zone-c']);
    expect(database?.cluster?.members.map(({ role, zone }) => [role, zone])).toEqual([
      ['writer', 'zone-a'],
      ['replica', 'zone-b'],
      ['replica', 'zone-c'],
    ]);
    const [group] = nodesOfKind(fourNines, 'compute-group');
    expect(group?.process?.environment['DATABASE_READ_HOST']).toBe('${Database.ReadEndpoint.Address}');
  });

  it('leads every request through the edge', () => {
    expect(linksFrom(fourNines, 'Distribution').map(({ to }) => to)).toEqual([
      'LoadBalancer',
      'StaticContent',
    ]);
    expect(findNodeOfKind(fourNines, 'load-balancer', 'LoadBalancer')?.internetFacing).toBe(false);
  });
});
