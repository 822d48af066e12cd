import type { ServerlessCloud, ServerlessRegions } from '@nines/emulator';
import { createPace } from '@nines/local-cloud';
import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { regionLoss } from './region-loss.ts';
import type { ServerlessContext } from './serverless-fault.ts';

let clock: FakeClock;
let log: string[];
let serving: string;
let hit: string[];
let takeOverEnds: 'succeeded' | 'failed';
beforeEach(() => {
  clock = createFakeClock({ startMs: 50_000 });
  log = [];
  serving = 'a';
  hit = ['its emulator with 24 processes of functions'];
  takeOverEnds = 'succeeded';
});

const say = (what: string) => log.push(`${String(clock.now() / 1000)} s: ${what}`);

function regionsOf(failover: ServerlessRegions['failover'], all: readonly string[]): ServerlessRegions {
  return {
    all,
    failover,
    consistency: 'eventual',
    get serving() {
      return serving;
    },
    heldBack: 3,
    lose: (region: string) => {
      say(`lose ${region}`);
      if (failover === 'automatic') serving = 'b';
      return Promise.resolve(hit);
    },
    restore: (region: string) => {
      say(`restore ${region}`);
      return Promise.resolve();
    },
    takeOver: (region: string) => {
      say(`take over in ${region}`);
      serving = region;
      return Promise.resolve({ status: takeOverEnds, error: 'no' });
    },
    stepAside: (region: string) => {
      say(`step aside in ${region}`);
      return Promise.resolve({ status: 'succeeded' });
    },
    settle: () => {
      say('settle');
      return Promise.resolve();
    },
  } as unknown as ServerlessRegions;
}

function context(failover: ServerlessRegions['failover'], all = ['a', 'b', 'c']): ServerlessContext {
  return {
    cloud: { regions: regionsOf(failover, all) } as ServerlessCloud,
    pace: createPace('fast'),
    clock: { now: clock.now, epochNow: clock.now, sleep: clock.sleep },
    signal: new AbortController().signal,
    mark: say,
    awaitRecovery: (fromMs: number, limitSeconds: number) => {
      say(`recovery since ${String(fromMs / 1000)} s, at most ${String(limitSeconds)} s`);
      return Promise.resolve(true);
    },
  } as unknown as ServerlessContext;
}

describe('the loss of a region without servers', () => {
  it('is noticed by a person after her twenty minutes, who then does one thing in the region that survives', async () => {
    const injection = await regionLoss.inject(context('decided', ['a', 'b']));
    expect(injection.target()).toBe('a (its emulator with 24 processes of functions)');
    const held = injection.hold();
    await clock.advance(120_000);
    await held;
    expect(injection.humanActions?.()).toBe(1);
    await injection.heal();
    await injection.afterwards?.();
    expect(log).toEqual([
      '50 s: lose a',
      '170 s: a person decides to run the takeover workflow of b',
      '170 s: take over in b',
      '170 s: recovery since 50 s, at most 300 s',
      '170 s: restore a',
      '170 s: a is back, with 3 changes that it had not handed on',
      '170 s: step aside in b',
      '170 s: take over in a',
      '170 s: settle',
    ]);
  });

  it('is nobody’s business where all regions serve, and nothing is moved back', async () => {
    const injection = await regionLoss.inject(context('automatic'));
    await injection.hold();
    await injection.afterwards?.();
    expect(injection.humanActions?.()).toBe(0);
    expect(log).toEqual([
      '50 s: lose a',
      '50 s: recovery since 50 s, at most 300 s',
      '50 s: restore a',
      '50 s: a is back, with 3 changes that it had not handed on',
      '50 s: settle',
    ]);
  });

  it('fails when the takeover that a person starts does', async () => {
    takeOverEnds = 'failed';
    const injection = await regionLoss.inject(context('decided', ['a', 'b']));
    const held = expect(injection.hold()).rejects.toThrow('the takeover workflow of b failed: no');
    await clock.advance(120_000);
    await held;
  });

  it('is an error where there is nothing to lose', async () => {
    await expect(regionLoss.inject(context('decided', ['a']))).rejects.toThrow('found no region to lose');
    await expect(regionLoss.inject({ cloud: {} } as ServerlessContext)).rejects.toMatchObject({
      code: 'fault-hit-nothing',
    });
    hit = [];
    await expect(regionLoss.inject(context('automatic'))).rejects.toThrow('nothing ran in a');
  });
});
