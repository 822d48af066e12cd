import type { ComputeGroupNode } from '@nines/topology';
import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualTime, paceOf } from '../test/virtual-time.ts';
import type { VirtualTime } from '../test/virtual-time.ts';
import { createAutoScalingGroup } from './auto-scaling-group.ts';
import type { AutoScalingGroupOptions, LocalAutoScalingGroup } from './auto-scaling-group.ts';
import type { CloudEvent } from './cloud-event.ts';
import type { Instance } from './instance.ts';
import type { LoadBalancerTarget, LocalLoadBalancer, TargetState } from './load-balancer.ts';

const NODE: ComputeGroupNode = {
  kind: 'compute-group',
  id: 'Group',
  type: 'AWS::AutoScaling::AutoScalingGroup',
  region: 'region-1',
  zones: ['zone-a', 'zone-b'],
  defaulted: [],
  minInstances: 2,
  maxInstances: 8,
  desiredInstances: 4,
  instanceType: 't4g.small',
  healthCheckType: 'ELB',
  healthCheckGracePeriodSeconds: 60,
};
const START_MS = 75_000;
const NOTICING_MS = 10_000;
/** A minute and a half until status checks have told that a machine is gone. */
const LOSS_MS = 90_000;
/** The group looks ten times a second, so whatever falls due is seen at the next look. */
const LOOK_MS = 100;

class FakeInstance implements Instance {
  readonly address = { host: '127.0.0.1', port: 1 };
  readonly pid = undefined;
  readonly restarts = 0;
  readonly lastOutput = '';
  readonly id: string;
  readonly zone: string;
  readonly #log: string[];
  running = true;

  constructor(id: string, zone: string, log: string[]) {
    this.id = id;
    this.zone = zone;
    this.#log = log;
  }
  killProcess(): undefined {
    return undefined;
  }
  lose(): void {
    this.running = false;
    this.#log.push(`lose ${this.id}`);
  }
  terminate(): Promise<void> {
    this.running = false;
    this.#log.push(`terminate ${this.id}`);
    return Promise.resolve();
  }
}

/** Takes a target for what the test says; healthy once registered. */
class FakeLoadBalancer implements LocalLoadBalancer {
  readonly url = 'http://127.0.0.1:1';
  readonly states = new Map<string, TargetState>();
  readonly targets = new Map<string, LoadBalancerTarget>();
  readonly #log: string[];
  /** What a newly registered target is. */
  firstState: TargetState = 'healthy';
  /** Draining ends when the test says so. */
  drained: Promise<void> = Promise.resolve();

  constructor(log: string[]) {
    this.#log = log;
  }
  register(target: LoadBalancerTarget): void {
    this.targets.set(target.id, target);
    this.states.set(target.id, this.firstState);
  }
  async deregister(id: string): Promise<void> {
    this.states.set(id, 'draining');
    this.#log.push(`deregister ${id}`);
    await this.drained;
    this.states.delete(id);
  }
  stateOf(id: string): TargetState {
    return this.states.get(id) ?? 'unregistered';
  }
  loseZone(): void {
    throw new Error('a group loses no zone of the load balancer');
  }
  restoreZone(): void {
    throw new Error('a group restores no zone of the load balancer');
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

let time: VirtualTime;
let log: string[];
let events: CloudEvent[];
let balancer: FakeLoadBalancer;

beforeEach(() => {
  time = createVirtualTime();
  log = [];
  events = [];
  balancer = new FakeLoadBalancer(log);
});

type Changes = Partial<Omit<AutoScalingGroupOptions, 'node'>> & { node?: Partial<ComputeGroupNode> };

async function startGroup({ node, ...options }: Changes = {}): Promise<LocalAutoScalingGroup> {
  const group = createAutoScalingGroup({
    node: { ...NODE, ...node },
    loadBalancer: balancer,
    launch: (id, zone) => Promise.resolve(new FakeInstance(id, zone, log)),
    drawInstanceStartSeconds: () => START_MS / 1000,
    drawUnhealthyDetectionSeconds: () => NOTICING_MS / 1000,
    drawInstanceLossSeconds: () => LOSS_MS / 1000,
    pace: paceOf(1000),
    clock: time.clock,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const started = group.start();
  started.catch(() => undefined);
  // Lets the sleeps of no length end.
  await time.advance(0);
  await started;
  return group;
}

const whereAbouts = (group: LocalAutoScalingGroup) =>
  group.instances.map((instance) => `${instance.id} ${instance.zone}`);
const idsOf = (group: LocalAutoScalingGroup) => group.instances.map((instance) => instance.id);

describe('the first fleet', () => {
  it('is there at once, spread over the zones and known to the load balancer', async () => {
    const group = await startGroup();
    expect(whereAbouts(group)).toEqual([
      'instance-1 zone-a',
      'instance-2 zone-b',
      'instance-3 zone-a',
      'instance-4 zone-b',
    ]);
    expect([...balancer.states.keys()]).toEqual(idsOf(group));
    expect(time.clock.now()).toBe(0);
    await group.close();
  });

  it('is settled when every instance is healthy', async () => {
    balancer.firstState = 'initial';
    const group = await startGroup();
    expect(group.settled).toBe(false);
    for (const id of idsOf(group)) balancer.states.set(id, 'healthy');
    expect(group.settled).toBe(true);
    await group.close();
  });

  it('fails the start when an instance cannot be launched', async () => {
    const start = startGroup({ launch: () => Promise.reject(new Error('no such bundle')) });
    await expect(start).rejects.toThrow('no such bundle');
  });
});

describe('a fleet that does not divide evenly', () => {
  it('is left as it is', async () => {
    const group = await startGroup({ node: { desiredInstances: 3 } });
    expect(group.settled).toBe(true);
    await time.advance(10 * START_MS);
    expect(idsOf(group)).toEqual(['instance-1', 'instance-2', 'instance-3']);
    await group.close();
  });
});

describe('a lost zone', () => {
  it('makes its instances, and no others, unreachable to the load balancer', async () => {
    const group = await startGroup();
    const reachable = () => [...balancer.targets.values()].map((target) => target.reachable?.());
    expect(reachable()).toEqual([true, true, true, true]);
    group.loseZone('zone-b');
    group.restoreZone('zone-b');
    expect(reachable()).toEqual([true, false, true, false]);
    await group.close();
  });

  it('takes along an instance that was just being ended', async () => {
    const group = await startGroup();
    group.season();
    let drained: () => void = () => undefined;
    balancer.drained = new Promise((resolve) => (drained = resolve));
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS + LOOK_MS);
    expect(log).toEqual(['deregister instance-2']);
    expect(group.loseZone('zone-b').map(({ id }) => id)).toEqual(['instance-4', 'instance-2']);
    expect(log).toEqual(['deregister instance-2', 'lose instance-4', 'lose instance-2']);
    drained();
    await group.close();
  });
});

describe('an unhealthy instance', () => {
  it('is replaced once the group has noticed, by one that starts as late as AWS starts it', async () => {
    const group = await startGroup();
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS);
    expect(idsOf(group)).toContain('instance-2');
    await time.advance(LOOK_MS);
    expect(idsOf(group)).toEqual(['instance-1', 'instance-3', 'instance-4']);
    expect(log).toEqual(['deregister instance-2', 'terminate instance-2']);
    expect(group.settled).toBe(false);
    await time.advance(START_MS);
    expect(whereAbouts(group)).toEqual([
      'instance-1 zone-a',
      'instance-3 zone-a',
      'instance-4 zone-b',
      'instance-5 zone-b',
    ]);
    expect(group.settled).toBe(true);
    await group.close();
  });

  it('is replaced in its own zone when others are replaced at the same time', async () => {
    const group = await startGroup();
    group.season();
    for (const id of ['instance-1', 'instance-2']) balancer.states.set(id, 'unhealthy');
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    expect(whereAbouts(group).slice(2)).toEqual(['instance-5 zone-a', 'instance-6 zone-b']);
    await group.close();
  });

  it('is left alone within its grace period', async () => {
    const group = await startGroup();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(60_000 + NOTICING_MS - LOOK_MS);
    expect(idsOf(group)).toContain('instance-2');
    await time.advance(3 * LOOK_MS);
    expect(idsOf(group)).not.toContain('instance-2');
    await group.close();
  });

  it('is noticed anew when it was healthy in between', async () => {
    const group = await startGroup();
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS - LOOK_MS);
    balancer.states.set('instance-2', 'healthy');
    await time.advance(2 * LOOK_MS);
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS);
    expect(idsOf(group)).toContain('instance-2');
    await time.advance(2 * LOOK_MS);
    expect(idsOf(group)).not.toContain('instance-2');
    await group.close();
  });

  it('is not replaced when the group looks at the machine’s status alone', async () => {
    const group = await startGroup({ node: { healthCheckType: 'EC2' } });
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(3_600_000);
    expect(idsOf(group)).toContain('instance-2');
    await group.close();
  });

  it('ends only when the load balancer has drained it, and the group is not settled before', async () => {
    let drain: () => void = () => undefined;
    balancer.drained = new Promise((resolve) => {
      drain = resolve;
    });
    const group = await startGroup();
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS + START_MS + 2 * LOOK_MS);
    expect(group.instances).toHaveLength(4);
    expect(log).toEqual(['deregister instance-2']);
    expect(group.settled).toBe(false);
    drain();
    await time.advance(LOOK_MS);
    expect(log).toEqual(['deregister instance-2', 'terminate instance-2']);
    expect(group.settled).toBe(true);
    await group.close();
  });

  it('is divided by the pace in everything that AWS decides', async () => {
    const group = await startGroup({ pace: paceOf(100) });
    balancer.states.set('instance-2', 'unhealthy');
    // Grace 6 s, noticing 1 s, start 7.5 s.
    await time.advance(6_000 + 1_000 - LOOK_MS);
    expect(idsOf(group)).toContain('instance-2');
    await time.advance(3 * LOOK_MS);
    expect(idsOf(group)).not.toContain('instance-2');
    await time.advance(7_500);
    expect(idsOf(group)).toContain('instance-5');
    await group.close();
  });
});

describe('a group that looks at machines only', () => {
  const single = () =>
    startGroup({ node: { healthCheckType: 'EC2', desiredInstances: 1, zones: ['zone-a'] } });

  it('replaces a machine that is gone once its status checks have told', async () => {
    const group = await single();
    expect(group.loseInstances().map(({ id }) => id)).toEqual(['instance-1']);
    await time.advance(LOSS_MS - LOOK_MS);
    expect(group.instances.map(({ id }) => id)).toEqual(['instance-1']);
    await time.advance(2 * LOOK_MS + START_MS);
    expect(group.instances.map(({ id, zone }) => `${id} ${zone}`)).toEqual(['instance-2 zone-a']);
  });

  it('leaves a machine that is there alone, whatever the load balancer says', async () => {
    const group = await single();
    balancer.states.set('instance-1', 'unhealthy');
    await time.advance(10 * LOSS_MS);
    expect(group.instances.map(({ id }) => id)).toEqual(['instance-1']);
  });

  it('launches nothing, and draws nothing for it, while its only zone is lost', async () => {
    const drawn: number[] = [];
    const group = await startGroup({
      node: { healthCheckType: 'EC2', desiredInstances: 1, zones: ['zone-a'] },
      drawInstanceStartSeconds: () => drawn.push(START_MS / 1000) && START_MS / 1000,
    });
    group.loseZone('zone-a');
    await time.advance(10 * LOSS_MS);
    expect([group.instances, drawn]).toEqual([[], []]);
  });
});

describe('a group that is moved to another zone', () => {
  it('ends what is elsewhere when its number shrinks, and launches in the new zone', async () => {
    const group = await startGroup({ node: { minInstances: 0, desiredInstances: 1, zones: ['zone-a'] } });
    group.moveTo(['zone-c']);
    await time.advance(LOSS_MS);
    expect(group.instances.map(({ zone }) => zone)).toEqual(['zone-a']);
    group.setMinimum(0);
    await time.advance(LOOK_MS);
    expect(log).toEqual(['deregister instance-1', 'terminate instance-1']);
    group.setMinimum(1);
    await time.advance(2 * LOOK_MS + START_MS);
    expect(group.instances.map(({ id, zone }) => `${id} ${zone}`)).toEqual(['instance-2 zone-c']);
  });
});

describe('a launch', () => {
  it('that fails is told and tried again', async () => {
    let launches = 0;
    const group = await startGroup({
      launch: (id, zone) => {
        launches += 1;
        // The fifth is the first replacement.
        if (launches === 5) return Promise.reject(new Error('no port was free'));
        return Promise.resolve(new FakeInstance(id, zone, log));
      },
    });
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    expect(events.map((event) => event.message)).toContain(
      'an instance could not be launched: no port was free',
    );
    expect(group.instances).toHaveLength(3);
    await time.advance(START_MS + LOOK_MS);
    expect(group.instances).toHaveLength(4);
    await group.close();
  });

  it('that is under way when the group closes is ended too', async () => {
    const group = await startGroup({
      launch: async (id, zone) => {
        if (id === 'instance-5') await time.clock.sleep(1_000);
        return new FakeInstance(id, zone, log);
      },
    });
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    const closed = group.close();
    await time.advance(1_000);
    await closed;
    expect(log).toContain('terminate instance-5');
  });
});

describe('the loss of a zone', () => {
  const loseIn = (group: LocalAutoScalingGroup, zone: string) => {
    const lost = group.loseZone(zone);
    for (const { id } of lost) balancer.states.set(id, 'unhealthy');
    return lost;
  };

  it('takes the instances in it, and the group makes up for them in the others', async () => {
    const group = await startGroup();
    group.season();
    expect(loseIn(group, 'zone-a').map((instance) => instance.id)).toEqual(['instance-1', 'instance-3']);
    expect(log).toEqual(['lose instance-1', 'lose instance-3']);
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    expect(whereAbouts(group)).toEqual([
      'instance-2 zone-b',
      'instance-4 zone-b',
      'instance-5 zone-b',
      'instance-6 zone-b',
    ]);
    await group.close();
  });

  it('answers nothing when nothing ran there', async () => {
    const group = await startGroup({ node: { zones: ['zone-a'] } });
    expect(group.loseZone('zone-b')).toEqual([]);
    await group.close();
  });

  it('never leaves fewer healthy instances than wanted while the group comes into balance again', async () => {
    const group = await startGroup();
    group.season();
    loseIn(group, 'zone-a');
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    group.restoreZone('zone-a');
    balancer.firstState = 'initial';
    const healthy: number[] = [];
    for (let look = 0; look < 4_000 && !group.settled; look += 1) {
      await time.advance(LOOK_MS);
      healthy.push(idsOf(group).filter((id) => balancer.stateOf(id) === 'healthy').length);
      // A new instance needs some looks until it is healthy.
      if (look % 50 === 0)
        for (const [id, state] of balancer.states)
          if (state === 'initial') balancer.states.set(id, 'healthy');
    }
    expect(group.settled).toBe(true);
    expect(Math.min(...healthy)).toBe(4);
    expect(group.instances.map((instance) => instance.zone).sort()).toEqual([
      'zone-a',
      'zone-a',
      'zone-b',
      'zone-b',
    ]);
    await group.close();
  });

  it('ends nothing for the sake of balance when the zone goes again before it has a new instance', async () => {
    const group = await startGroup();
    group.season();
    loseIn(group, 'zone-a');
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    group.restoreZone('zone-a');
    await time.advance(START_MS / 2);
    group.loseZone('zone-a');
    await time.advance(2 * START_MS);
    expect(idsOf(group)).toEqual(['instance-2', 'instance-4', 'instance-5', 'instance-6']);
    await group.close();
  });

  it('stops a launch that was under way in it, and the group launches elsewhere', async () => {
    const group = await startGroup();
    group.season();
    balancer.states.set('instance-1', 'unhealthy');
    await time.advance(NOTICING_MS + LOOK_MS + 1_000);
    loseIn(group, 'zone-a');
    await time.advance(START_MS);
    expect(group.instances.some((instance) => instance.id === 'instance-5')).toBe(false);
    await time.advance(START_MS);
    expect(whereAbouts(group)).toContain('instance-6 zone-b');
    await group.close();
  });

  it('takes along an instance whose process is just being started in it', async () => {
    const group = await startGroup({
      launch: async (id, zone) => {
        if (id === 'instance-5') await time.clock.sleep(1_000);
        return new FakeInstance(id, zone, log);
      },
    });
    group.season();
    balancer.states.set('instance-1', 'unhealthy');
    await time.advance(NOTICING_MS + START_MS + LOOK_MS);
    loseIn(group, 'zone-a');
    await time.advance(1_000);
    expect(log).toContain('lose instance-5');
    await group.close();
  });

  it('is survived even when it is the only one: instances come back with it', async () => {
    const group = await startGroup({ node: { zones: ['zone-a'], desiredInstances: 2 } });
    group.season();
    loseIn(group, 'zone-a');
    await time.advance(NOTICING_MS + START_MS + 10_000);
    expect(group.instances).toEqual([]);
    group.restoreZone('zone-a');
    await time.advance(START_MS + LOOK_MS);
    expect(group.instances).toHaveLength(2);
    await group.close();
  });
});

describe('closing', () => {
  it('waits for no process that drains, be it in the group or just leaving it', async () => {
    /** Ends at once when its machine is lost, and after a quarter of a minute when it is asked. */
    class Draining extends FakeInstance {
      #lost = false;
      override lose(): void {
        super.lose();
        this.#lost = true;
      }
      override async terminate(): Promise<void> {
        for (let waited = 0; waited < 15_000 && !this.#lost; waited += 100) await time.clock.sleep(100);
        await super.terminate();
      }
    }
    const group = await startGroup({
      launch: (id, zone) => Promise.resolve(new Draining(id, zone, log)),
    });
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS + LOOK_MS);
    const closed = group.close();
    await time.advance(100);
    await closed;
    expect(log.filter((line) => line.startsWith('terminate'))).toHaveLength(4);
  });

  it('ends every instance and launches no other', async () => {
    const group = await startGroup();
    group.season();
    balancer.states.set('instance-2', 'unhealthy');
    await time.advance(NOTICING_MS + LOOK_MS);
    await group.close();
    expect(log.filter((line) => line.startsWith('terminate')).sort()).toEqual([
      'terminate instance-1',
      'terminate instance-2',
      'terminate instance-3',
      'terminate instance-4',
    ]);
    await time.advance(10 * START_MS);
    expect(events.filter((event) => event.kind === 'instance-started')).toHaveLength(4);
  });
});
