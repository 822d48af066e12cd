import { acceptancesOf } from '@nines/availability';
import { createPace } from '@nines/local-cloud';
import type { LocalCloud, LocalDatabase, ThirdPartyBehaviour, ThirdPartyService } from '@nines/local-cloud';
import type { Topology } from '@nines/topology';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeInstance } from '../../test/fake-instance.ts';
import type { FakeInstance } from '../../test/fake-instance.ts';
import { CLUSTER, MULTI_AZ, SINGLE_SERVER } from '../../test/topologies.ts';
import { FaultHitNothingError, FAULTS } from './index.ts';
import type { Fault, FaultContext, Injection } from './index.ts';

const faultOf = (name: string, variant?: string): Fault =>
  FAULTS.find((fault) => fault.name === name && fault.variant === variant)!;

let instances: FakeInstance[];
let zones: { primary: string; standby: string | undefined };
let hasPrimary: boolean;
let hit: string[];
let log: string[];
let behaviours: ThirdPartyBehaviour[];
let services: Map<string, ThirdPartyService>;

beforeEach(async () => {
  instances = [
    await createFakeInstance('instance-1', 'zone-a'),
    await createFakeInstance('instance-2', 'zone-b'),
  ];
  zones = { primary: 'zone-a', standby: 'zone-b' };
  hasPrimary = true;
  hit = ['instance-2', 'standby in zone-b'];
  log = [];
  behaviours = [];
  services = new Map([
    [
      'payment',
      {
        name: 'payment',
        address: { host: '127.0.0.1', port: 1 },
        url: 'http://127.0.0.1:1',
        behave: (behaviour) => {
          behaviours.push(behaviour);
          return Promise.resolve();
        },
      },
    ],
  ]);
});
afterEach(() => {
  for (const instance of instances) instance.close();
});

function context(): FaultContext {
  const database = {
    get endpoint() {
      return hasPrimary ? { host: '127.0.0.1', port: 5432 } : undefined;
    },
    get primaryZone() {
      return zones.primary;
    },
    get standbyZone() {
      return zones.standby;
    },
    losePrimary: () =>
      hasPrimary
        ? Promise.resolve('primary database-1 in zone-a')
        : Promise.reject(new Error('there is no primary to lose')),
  } as LocalDatabase;
  const cloud = {
    url: 'http://127.0.0.1:1',
    zones: ['zone-a', 'zone-b'],
    instances,
    database,
    services,
    loseZone: (zone: string) => {
      log.push(`lose ${zone}`);
      return Promise.resolve(hit);
    },
    restoreZone: (zone: string) => log.push(`restore ${zone}`),
  } as unknown as LocalCloud;
  return {
    cloud,
    pace: createPace('full'),
    capacityRps: 200,
    loadRps: 120,
    extraLoad: {
      start: (rate) => {
        log.push(`start ${String(rate)}/s`);
        return Promise.resolve({
          startedAtMs: 1_234_000,
          stop: () => {
            log.push('stop');
            return Promise.resolve();
          },
        });
      },
    },
  };
}

const SOME_LOAD = { offeredRps: 120 };

const inject = async (name: string, variant?: string): Promise<Injection> =>
  faultOf(name, variant).inject(context());

const hitsNothing = (injecting: Promise<unknown>, message: string) =>
  Promise.all([
    expect(injecting).rejects.toBeInstanceOf(FaultHitNothingError),
    expect(injecting).rejects.toThrow(message),
  ]);

describe('the faults of a game day', () => {
  it('are those that the tier has an acceptance for, in that order, with both zones lost', () => {
    expect([...new Set(FAULTS.map((fault) => fault.name))]).toEqual(
      acceptancesOf('five-nines').map((acceptance) => acceptance.fault),
    );
    expect(FAULTS.filter((fault) => fault.name === 'zone-loss').map((fault) => fault.variant)).toEqual([
      'database-standby',
      'database-primary',
    ]);
  });

  it.each([
    ['zone-loss', 'database-standby', MULTI_AZ, 305, 35],
    ['zone-loss', 'database-primary', CLUSTER, 305, 35],
    ['database-primary-loss', undefined, MULTI_AZ, 380, 56],
    ['process-kill', undefined, MULTI_AZ, 60, 60],
    // Half an hour to decide and twice the forty minutes that the paper gives the recovery.
    ['zone-loss', 'database-primary', SINGLE_SERVER, 6605, 665],
    ['database-primary-loss', undefined, SINGLE_SERVER, 4820, 500],
  ])('%s (%s) lasts until recovery, and at most so long', (name, variant, topology, full, fast) => {
    const { hold } = faultOf(name, variant);
    if (hold.kind !== 'until-recovered') throw new Error('it lasts a fixed time');
    const atMost = (pace: 'full' | 'fast') => hold.atMostSeconds(createPace(pace), topology);
    expect([atMost('full'), atMost('fast')]).toEqual([full, fast]);
  });

  it('lose one zone only where one server holds everything', () => {
    const zonesLostIn = (topology: Topology) =>
      FAULTS.filter(({ name, appliesTo }) => name === 'zone-loss' && appliesTo!(topology)).map(
        ({ variant }) => variant,
      );
    expect(zonesLostIn(SINGLE_SERVER)).toEqual(['database-primary']);
    expect(zonesLostIn(CLUSTER)).toEqual(['database-standby', 'database-primary']);
  });

  it.each([
    ['payment-slow', 45, 15],
    ['payment-away', 45, 15],
    ['overload', 30, 15],
  ])('%s lasts %d s, and %d s at fast pace', (name, full, fast) => {
    const { hold } = faultOf(name);
    if (hold.kind !== 'fixed') throw new Error('it lasts until recovery');
    expect([hold.seconds(createPace('full')), hold.seconds(createPace('fast'))]).toEqual([full, fast]);
  });
});

describe('process-kill', () => {
  it('kills the first process that runs and names it', async () => {
    instances[0]!.running = false;
    expect((await inject('process-kill')).target).toBe('instance-2 in zone-b (process 4711)');
    expect(instances[1]!.running).toBe(false);
  });

  it('is an error when nothing runs', async () => {
    for (const instance of instances) instance.running = false;
    await hitsNothing(inject('process-kill'), 'process-kill found no running process to kill');
  });
});

describe('zone-loss', () => {
  it('loses the standby’s zone, names what was in it, and gives it back', async () => {
    const injection = await inject('zone-loss', 'database-standby');
    expect(injection.target).toBe('zone-b (instance-2, standby in zone-b)');
    await injection.heal();
    expect(log).toEqual(['lose zone-b', 'restore zone-b']);
  });

  it('needs a person where a single server has to be rebuilt, half an hour later, and nobody elsewhere', async () => {
    expect(await inject('zone-loss', 'database-primary')).not.toHaveProperty('response');
    const one = context();
    const { response } = await faultOf('zone-loss', 'database-primary').inject({
      ...one,
      cloud: { ...one.cloud, rebuildElsewhere: () => Promise.resolve('zone-b') },
    });
    expect(response).toMatchObject({ what: 'rebuild the server in another zone', afterSeconds: 1800 });
    expect(await response?.act()).toBe('zone-b');
  });

  it('loses the standby’s zone even where another zone has neither', async () => {
    zones = { primary: 'zone-a', standby: 'zone-c' };
    const three = context();
    await faultOf('zone-loss', 'database-standby').inject({
      ...three,
      cloud: { ...three.cloud, zones: ['zone-a', 'zone-b', 'zone-c'] },
    });
    expect(log).toEqual(['lose zone-c']);
  });

  it('loses the zone that the primary is in at that moment', async () => {
    zones = { primary: 'zone-b', standby: 'zone-a' };
    await inject('zone-loss', 'database-primary');
    expect(log).toEqual(['lose zone-b']);
  });

  it('loses another zone than the primary’s when there is no standby, and the only one when there is no other', async () => {
    zones = { primary: 'zone-a', standby: undefined };
    await inject('zone-loss', 'database-standby');
    expect(log).toEqual(['lose zone-b']);
    const one = context();
    await faultOf('zone-loss', 'database-standby').inject({
      ...one,
      cloud: { ...one.cloud, zones: ['zone-a'] },
    });
    expect(log).toEqual(['lose zone-b', 'lose zone-a']);
  });

  it('is an error when nothing ran there', async () => {
    hit = [];
    await hitsNothing(
      inject('zone-loss', 'database-standby'),
      'zone-loss hit nothing: nothing ran in zone-b',
    );
  });
});

describe('database-primary-loss', () => {
  it('crashes the primary and names it', async () => {
    expect((await inject('database-primary-loss')).target).toBe('primary database-1 in zone-a');
  });

  it('is an error when there is none', async () => {
    hasPrimary = false;
    await hitsNothing(inject('database-primary-loss'), 'database-primary-loss found no primary to lose');
  });
});

describe.each([
  ['payment-slow', { latencyMs: 400, jitterMs: 100, failureRate: 0, away: false }, 'ten times slower'],
  [
    'payment-away',
    { latencyMs: 40, jitterMs: 10, failureRate: 0, away: 'hang' },
    'accepts and never answers',
  ],
])('%s', (name, bad, words) => {
  const called = (calls: number) => {
    for (const instance of instances) instance.metrics = `shop_payment_calls_total ${String(calls)}\n`;
  };

  it('makes the service behave badly and well again', async () => {
    const injection = await inject(name);
    expect(injection.target).toBe(`payment service (${words})`);
    expect(behaviours).toEqual([bad]);
    await injection.heal();
    expect(behaviours.at(-1)).toEqual({ latencyMs: 40, jitterMs: 10, failureRate: 0, away: false });
  });

  it('is an error when nobody called the service meanwhile', async () => {
    called(5);
    const injection = await inject(name);
    await hitsNothing(injection.verify!(SOME_LOAD), `${name}: nobody called the payment service meanwhile`);
    called(6);
    await expect(injection.verify!(SOME_LOAD)).resolves.toBeUndefined();
  });

  it('is an error when there is no such service', async () => {
    services.clear();
    await hitsNothing(inject(name), `${name}: this topology calls no payment service`);
  });
});

describe('overload', () => {
  it('offers what is missing to three times the capacity, and stops', async () => {
    const injection = await inject('overload');
    expect(injection.target).toBe('load balancer (480 requests/s more, 3x capacity in all)');
    await injection.heal();
    expect(log).toEqual(['start 480/s', 'stop']);
  });

  it('begins with its load, not with the start of its generator', async () => {
    expect((await inject('overload')).beganAtMs).toBe(1_234_000);
  });

  it('is an error when the machine could not offer nine tenths of three times the capacity', async () => {
    const { verify } = await inject('overload');
    await expect(verify!({ offeredRps: 540 })).resolves.toBeUndefined();
    await hitsNothing(
      verify!({ offeredRps: 539 }),
      'overload offered 539 requests/s, less than 90% of the 600 that were meant',
    );
  });
});
