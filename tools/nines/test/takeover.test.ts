/** What the templates hold for moving the writer, run as they hold it, against stand-ins for what it calls. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createAutomation, createControlPlane, failoverOf, systemClock } from '@nines/local-cloud';
import type { Automation, Datapoint } from '@nines/local-cloud';
import { nodesOfKind } from '@nines/topology';
import type { Topology } from '@nines/topology';
import { readTopologyOf } from '../src/workspace.ts';

/** A second of AWS's time is a millisecond. */
const pace = { name: 'fast', divisor: 1000, scaleMs: (seconds: number) => seconds } as const;

const HOME = 'eu-west-1';
const OTHER = 'eu-central-1';

function groupsOf(topology: Topology, region: string) {
  const groups = nodesOfKind(topology, 'compute-group').filter((one) => one.region === region);
  return new Map(
    groups.map(({ id, desiredInstances }) => {
      let count = desiredInstances;
      const group = {
        get desiredInstances() {
          return count;
        },
        setMinimum: (minimum: number) => {
          count = minimum;
        },
        get instances() {
          return Array.from({ length: count }, () => ({}) as never);
        },
        isInService: () => true,
      };
      return [id, group] as const;
    }),
  );
}

/** A region whose database moves half a minute after it is asked to. */
function createWorld(topology: Topology, region: string, writer: string) {
  const moves: string[] = [];
  const points: Datapoint[] = [];
  const told: string[] = [];
  const global = { writerRegion: writer, status: 'available' as 'available' | 'failing-over' };
  const move = (how: string) => (to: string) => {
    moves.push(`${how} to ${to}`);
    global.status = 'failing-over';
    void systemClock.sleep(30).then(() => {
      global.status = 'available';
      global.writerRegion = to;
    });
  };
  const groups = groupsOf(topology, region);
  const service = createControlPlane({
    topology,
    global: Object.assign(global, { failOver: move('fail over'), switchOver: move('switch over') }),
    groups,
    metrics: { put: (point) => points.push(point) },
    tell: (message) => told.push(message),
  });
  const automation: Automation = createAutomation({
    topology,
    serviceOf: () => service,
    worldOf: () => ({
      fetch: () => Promise.reject(new Error('timeout')),
      resolveTxt: () => ['lost'],
      put: (point) => points.push(point),
    }),
    pace,
    clock: systemClock,
    onEvent: () => undefined,
  });
  const sizes = () => [...groups.values()].map(({ desiredInstances }) => desiredInstances);
  return { automation, moves, points, told, sizes };
}

const writes = (region: string, value: number, tier: string): Datapoint => ({
  namespace: `Nines/nines-${tier}`,
  metricName: 'Writes',
  dimensions: { Region: region },
  value,
});

const workflowOf = (topology: Topology, id: string) =>
  nodesOfKind(topology, 'workflow').find((one) => one.id === id) ?? expect.fail(`there is no ${id}`);

describe.each([
  ['warm-standby', 'decided', [1, 1, 1]],
  ['five-nines', 'automatic', [2, 2, 2]],
] as const)('the workflows of %s', (tier, failover, sizesBefore) => {
  let topology: Topology;
  beforeAll(async () => {
    topology = await readTopologyOf(tier);
  });

  it(`are started by ${failover === 'decided' ? 'a person' : 'an alarm'}`, () => {
    expect(failoverOf(topology)).toBe(failover);
  });

  it('take over: more servers, the writer, then the traffic', async () => {
    const { automation, moves, points, told, sizes } = createWorld(topology, OTHER, HOME);
    expect(sizes()).toEqual(sizesBefore);
    const execution = await automation.run(workflowOf(topology, `nines-${tier}-${OTHER}/TakeOver`));
    expect(execution).toEqual({ status: 'succeeded' });
    expect(moves).toEqual([`fail over to ${OTHER}`]);
    expect(sizes()).toEqual([2, 2, 2]);
    expect(points).toEqual([writes(OTHER, 1, tier)]);
    expect(told.map((one) => one.slice(0, one.indexOf(' Playbook')))).toEqual([
      `${OTHER} is taking over.`,
      `${OTHER} has taken over: it writes, and traffic goes there.`,
    ]);
  });

  it('move nothing when the region writes already', async () => {
    const { automation, moves } = createWorld(topology, OTHER, OTHER);
    await automation.run(workflowOf(topology, `nines-${tier}-${OTHER}/TakeOver`));
    expect(moves).toEqual([]);
  });

  it('hand over from the region that writes, and from no other', async () => {
    const { automation, moves, points } = createWorld(topology, OTHER, OTHER);
    const handOver = workflowOf(topology, `nines-${tier}-${OTHER}/HandOver`);
    expect(await automation.run(handOver)).toEqual({ status: 'succeeded' });
    expect(moves).toEqual([`switch over to ${HOME}`]);
    expect(points).toEqual([writes(OTHER, 0, tier)]);

    const wrong = createWorld(topology, OTHER, HOME);
    expect(await wrong.automation.run(handOver)).toEqual({
      status: 'failed',
      error: 'region-does-not-write',
    });
    expect(wrong.moves).toEqual([]);
  });

  it('say every minute which region writes, and see that the other one is lost where nobody decides', async () => {
    const { automation, points } = createWorld(topology, OTHER, HOME);
    automation.start();
    await expect.poll(() => points.length, { timeout: 5_000 }).toBeGreaterThan(20);
    await automation.close();
    const kinds = new Set(
      points.map(({ metricName, dimensions, value }) => JSON.stringify([metricName, dimensions, value])),
    );
    expect([...kinds].sort()).toEqual(
      [
        ...(failover === 'automatic'
          ? [
              ['Lost', { Region: OTHER, SeenFrom: HOME }, 1],
              ['Lost', { Region: HOME, SeenFrom: OTHER }, 1],
            ]
          : []),
        ['Writes', { Region: OTHER }, 0],
      ]
        .map((kind) => JSON.stringify(kind))
        .sort(),
    );
  });
});
