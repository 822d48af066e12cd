import { describe, expect, it } from 'vitest';
import { twoZones } from '../test/templates/two-zones.ts';
import {
  findNode,
  findNodeOfKind,
  linkedNodes,
  linksFrom,
  linksTo,
  nodesInZone,
  nodesOfKind,
  readTopology,
  resolveReferences,
  targetGroupsOf,
  zonesOf,
} from './index.ts';

const topology = readTopology(twoZones, { stackName: 'shop' });

describe('queries', () => {
  it('find nodes by kind and by id', () => {
    expect(nodesOfKind(topology, 'database').map((node) => node.engine)).toEqual(['postgres']);
    expect(nodesOfKind(topology, 'bucket')).toEqual([]);
    expect(findNode(topology, 'Group')?.kind).toBe('compute-group');
    expect(findNode(topology, 'Nobody')).toBeUndefined();
    expect(findNodeOfKind(topology, 'database', 'Group')).toBeUndefined();
  });

  it('follow links both ways', () => {
    expect(linksFrom(topology, 'LoadBalancer').map((link) => link.to)).toEqual(['Group']);
    expect(linksTo(topology, 'Database').map((link) => link.from)).toEqual(['Group']);
    expect(linkedNodes(topology, 'Group', 'database').map((node) => node.id)).toEqual(['Database']);
    expect(linkedNodes(topology, 'Group', 'external-service').map((node) => node.name)).toEqual([
      'payment',
      'reviews',
    ]);
  });

  it('know zones and what lies in them', () => {
    expect(zonesOf(topology)).toEqual(['zone-a', 'zone-b']);
    expect(zonesOf(topology, 'region-1')).toEqual(['zone-a', 'zone-b']);
    expect(zonesOf(topology, 'elsewhere')).toEqual([]);
    expect(nodesInZone(topology, 'zone-b').map((node) => node.id)).toEqual([
      'Database',
      'Group',
      'LoadBalancer',
    ]);
  });

  it('find the target groups of a compute group', () => {
    expect(targetGroupsOf(topology, 'Group').map((group) => group.id)).toEqual(['TargetGroup']);
    expect(targetGroupsOf(topology, 'Database')).toEqual([]);
  });
});

describe('resolving references', () => {
  const addresses: Record<string, string> = {
    'Database.Endpoint.Address': '127.0.0.1',
    PaymentUrl: 'http://pay',
  };

  it('puts addresses in their place and leaves what is unknown', () => {
    expect(
      resolveReferences(
        'pg://${Database.Endpoint.Address}/${Other}?p=${PaymentUrl}',
        (name) => addresses[name],
      ),
    ).toBe('pg://127.0.0.1/${Other}?p=http://pay');
  });

  it('takes an address literally, dollar signs and all', () => {
    expect(resolveReferences('${A}', () => '$&$1')).toBe('$&$1');
  });
});
