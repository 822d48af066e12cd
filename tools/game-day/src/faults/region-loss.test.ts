import { createPace } from '@nines/local-cloud';
import type { LocalCloud, LocalRegions } from '@nines/local-cloud';
import { beforeEach, describe, expect, it } from 'vitest';
import { ACTIVE_ACTIVE, WARM_STANDBY } from '../../test/region-topologies.ts';
import { MULTI_AZ } from '../../test/topologies.ts';
import { FaultHitNothingError } from './fault.ts';
import type { FaultContext } from './fault.ts';
import { regionLoss } from './region-loss.ts';

let log: string[];
let writer: string;
let hit: string[];
beforeEach(() => {
  log = [];
  writer = 'a';
  hit = ['instance-1', 'primary database-1 in a-zone-a'];
});

function context(failover: LocalRegions['failover'], all: readonly string[] = ['a', 'b']): FaultContext {
  const regions: LocalRegions = {
    all,
    failover,
    get writer() {
      return writer;
    },
    lose: (region) => {
      log.push(`lose ${region}`);
      return Promise.resolve(hit);
    },
    restore: (region) => log.push(`restore ${region}`),
    takeOver: (region) => {
      log.push(`take over in ${region}`);
      writer = region;
      return Promise.resolve({ status: 'succeeded' });
    },
    handOver: (region) => {
      log.push(`hand over from ${region}`);
      return Promise.resolve({ status: 'succeeded' });
    },
    sizeBack: () => log.push('size back'),
  };
  return { cloud: { regions } as LocalCloud, pace: createPace('full') } as FaultContext;
}

describe('region-loss', () => {
  it('loses the region that writes, and a person makes the other one take over after twenty minutes', async () => {
    const injection = await regionLoss.inject(context('decided'));
    expect(injection.target).toBe('a (instance-1, primary database-1 in a-zone-a)');
    expect(injection.response).toMatchObject({
      what: 'run the takeover workflow of b',
      afterSeconds: 1200,
    });
    await injection.response?.act();
    await injection.heal();
    await injection.afterwards?.();
    expect(log).toEqual(['lose a', 'take over in b', 'restore a', 'hand over from b', 'size back']);
  });

  it('is left to the tier itself where that takes over by itself', async () => {
    const injection = await regionLoss.inject(context('automatic'));
    expect(injection.response).toBeUndefined();
    writer = 'b';
    await injection.heal();
    await injection.afterwards?.();
    expect(log).toEqual(['lose a', 'restore a', 'hand over from b', 'size back']);
  });

  it('hands nothing back when nobody took over', async () => {
    const injection = await regionLoss.inject(context('automatic'));
    await injection.afterwards?.();
    expect(log).toEqual(['lose a', 'size back']);
  });

  it('fails when what is to be handed back could not be', async () => {
    const all = context('automatic');
    const injection = await regionLoss.inject(all);
    writer = 'b';
    const { regions } = all.cloud;
    if (regions)
      Object.assign(regions, { handOver: () => Promise.resolve({ status: 'failed', error: 'no' }) });
    await expect(injection.afterwards?.()).rejects.toThrow('the writer was not handed back: failed, no');
  });

  it('is an error when there is nothing to lose', async () => {
    await expect(regionLoss.inject(context('decided', ['a']))).rejects.toThrow(FaultHitNothingError);
    await expect(regionLoss.inject({ cloud: {} } as FaultContext)).rejects.toThrow(
      'region-loss found no region to lose',
    );
    hit = [];
    await expect(regionLoss.inject(context('decided'))).rejects.toThrow('nothing ran in a');
  });

  it('is for tiers of several regions, and may last twice the decision and recovery that the paper gives', () => {
    expect([WARM_STANDBY, ACTIVE_ACTIVE, MULTI_AZ].map((one) => regionLoss.appliesTo?.(one))).toEqual([
      true,
      true,
      false,
    ]);
    const { hold } = regionLoss;
    if (hold.kind !== 'until-recovered') throw new Error('it lasts a fixed time');
    const atMost = (pace: 'full' | 'fast') => hold.atMostSeconds(createPace(pace), WARM_STANDBY);
    expect([atMost('full'), atMost('fast')]).toEqual([2460, 300]);
  });
});
