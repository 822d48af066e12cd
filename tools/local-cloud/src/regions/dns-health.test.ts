import { describe, expect, it } from 'vitest';
import { nodesOfKind } from '@nines/topology';
import { routing, topologyOf } from '../../test/region-nodes.ts';
import { createVirtualTime, paceOf } from '../../test/virtual-time.ts';
import { createChecker, createDnsHealth, createVerdicts } from './dns-health.ts';
import type { AlarmState } from './dns-health.ts';

const FULL = paceOf(1000);
const decided = topologyOf(...routing(true));
const automatic = topologyOf(...routing(false));

describe('a checker', () => {
  it('changes its mind after three answers of the other kind in a row, either way', () => {
    const { observe } = createChecker(3);
    const seen = [false, false, true, false, false, false, true, true, false, true, true, true].map(observe);
    expect(seen).toEqual([true, true, true, true, true, false, false, false, false, false, false, true]);
  });
});

describe('the verdict on a region', () => {
  const verdicts = (topology: typeof decided, shares: Record<string, number>, state: AlarmState) => {
    const verdict = createVerdicts(nodesOfKind(topology, 'dns-health-check'), {
      shareHealthy: (check) => shares[check] ?? 1,
      alarmState: () => state,
    });
    return { home: verdict('home-serves'), standby: verdict('standby-serves') };
  };

  it.each([
    // Nothing has happened: the standby answers and has not taken over.
    [decided, {}, 'ok', { home: true, standby: false }],
    // The home region is lost, and nobody has decided yet.
    [decided, { 'a-answers': 0 }, 'ok', { home: false, standby: false }],
    // The standby has taken over.
    [decided, { 'a-answers': 0 }, 'alarm', { home: false, standby: true }],
    // The home region is back, and stays out.
    [decided, {}, 'alarm', { home: false, standby: true }],
    [automatic, { 'a-answers': 0 }, 'ok', { home: false, standby: true }],
    [automatic, {}, 'unknown', { home: true, standby: true }],
  ] as const)('%# follows the checkers and the alarm', (topology, shares, state, expected) => {
    expect(verdicts(topology, shares, state)).toEqual(expected);
  });

  it.each([
    [0.19, true],
    [0.18, false],
  ])('with a share of %d of the checkers finding it healthy is %s', (share, home) => {
    expect(verdicts(automatic, { 'a-answers': share }, 'ok').home).toBe(home);
  });

  it('keeps what the alarm last said when it falls silent', () => {
    let state: AlarmState = 'alarm';
    const verdict = createVerdicts(nodesOfKind(decided, 'dns-health-check'), {
      shareHealthy: () => 1,
      alarmState: () => state,
    });
    expect(verdict('took-over')).toBe(true);
    state = 'unknown';
    expect([verdict('took-over'), verdict('not-taken-over')]).toEqual([true, true]);
    state = 'ok';
    expect([verdict('took-over'), verdict('not-taken-over')]).toEqual([false, true]);
  });
});

describe('health checks over time', () => {
  it('find a region lost within thirty seconds of its last answer, and well again as slowly', async () => {
    const { clock, advance } = createVirtualTime();
    let isLost = false;
    const events: string[] = [];
    const health = createDnsHealth({
      topology: automatic,
      probe: (check) => Promise.resolve(check.id !== 'a-answers' || !isLost),
      alarmState: () => 'ok',
      pace: FULL,
      clock,
      onEvent: ({ message }) => events.push(message),
    });
    health.start();
    await advance(60_000);
    expect(health.isHealthy('home-serves')).toBe(true);
    isLost = true;
    await advance(20_000);
    expect(health.isHealthy('home-serves')).toBe(true);
    await advance(10_000);
    expect(health.isHealthy('home-serves')).toBe(false);
    isLost = false;
    await advance(20_000);
    expect(health.isHealthy('home-serves')).toBe(false);
    await advance(10_000);
    expect(health.isHealthy('home-serves')).toBe(true);
    expect(events).toEqual([
      "a.origin.shop does not answer, say Route 53's checkers",
      "a.origin.shop answers, say Route 53's checkers",
    ]);
    const closed = health.close();
    await advance(1);
    await closed;
  });
});
