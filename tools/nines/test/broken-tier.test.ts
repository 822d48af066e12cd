/**
 * A game day that cannot fail proves nothing. These run real ones, at fast pace, on tiers that were broken in
 * their template, and see them refused.
 */
import { describe, expect, it } from 'vitest';
import { runGameDay } from '@nines/game-day';
import type { FaultName, GameDayOptions, GameDayResult } from '@nines/game-day';
import { ensureK6 } from '@nines/k6';
import { createPace, systemClock } from '@nines/local-cloud';
import type { Topology, TopologyNode } from '@nines/topology';
import { BUNDLES, LOAD_SCRIPT, readTopologyOf } from '../src/workspace.ts';

const LONGEST_MS = 300_000;

/** The tier's own topology with some of its nodes changed. */
async function brokenTier(change: (node: TopologyNode) => TopologyNode): Promise<Topology> {
  const topology = await readTopologyOf('three-nines');
  return { ...topology, nodes: topology.nodes.map(change) };
}

async function gameDay(
  topology: Topology,
  fault: FaultName,
  signal: AbortSignal,
  durations: GameDayOptions['durations'] = {},
): Promise<GameDayResult> {
  const { result } = await runGameDay({
    tier: 'three-nines',
    topology,
    bundles: BUNDLES,
    k6: process.env['NINES_K6'] ?? (await ensureK6({ log: () => undefined })),
    loadScript: LOAD_SCRIPT,
    pace: createPace('fast'),
    seed: 1,
    faults: [fault],
    durations,
    clock: systemClock,
    onProgress: () => undefined,
    signal,
    environment: {},
  });
  return result;
}

const unmet = (result: GameDayResult): string[] =>
  result.faults.flatMap((fault) => fault.acceptance.filter((one) => !one.met).map((one) => one.criterion));

describe('a game day of a broken tier', () => {
  it(
    'is refused when the load balancer checks no health: a lost zone keeps getting requests',
    { timeout: LONGEST_MS },
    async ({ signal }) => {
      const topology = await brokenTier((node) =>
        node.kind === 'load-balancer'
          ? {
              ...node,
              targetGroups: node.targetGroups.map((group) => ({
                ...group,
                healthCheck: { ...group.healthCheck, enabled: false },
              })),
            }
          : node,
      );
      const result = await gameDay(topology, 'zone-loss', signal);
      expect(result.met).toBe(false);
      expect(unmet(result)).toContain('L <= 12 s');
    },
  );

  it(
    'is refused when everything stands in one zone: losing it loses the shop',
    { timeout: LONGEST_MS },
    async ({ signal }) => {
      const topology = await brokenTier((node) => {
        if (node.kind === 'compute-group' || node.kind === 'load-balancer')
          return { ...node, zones: ['zone-a'] };
        return node.kind === 'database'
          ? { ...node, zones: ['zone-a'], multiAz: false, standbyReplication: 'none' }
          : node;
      });
      const result = await gameDay(topology, 'zone-loss', signal);
      expect(result.met).toBe(false);
      expect(unmet(result)).toContain('L <= 12 s');
      expect(result.faults[0]?.rtoSeconds).toBeNull();
    },
  );

  it(
    'is refused when the standby trails behind: acknowledged orders are lost',
    { timeout: LONGEST_MS },
    async ({ signal }) => {
      const topology = await brokenTier((node) =>
        node.kind === 'database' ? { ...node, standbyReplication: 'asynchronous' } : node,
      );
      // Ten seconds behind, one at fast pace: some twenty orders at the usual load.
      const result = await gameDay(topology, 'database-primary-loss', signal, { replicationLagSeconds: 10 });
      expect(result.met).toBe(false);
      expect(result.lost).toBeGreaterThan(0);
      expect(unmet(result)).toEqual(expect.arrayContaining(['RPO <= 0 s', 'orders lost <= 0']));
    },
  );
});
