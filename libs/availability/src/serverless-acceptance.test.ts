import { describe, expect, it } from 'vitest';
import { judgeAcceptance } from './acceptance.ts';
import type { Measurements } from './acceptance.ts';
import {
  findServerlessAcceptance,
  serverlessAcceptances,
  serverlessAcceptancesOf,
} from './serverless-acceptance.ts';
import type { ServerlessFaultId } from './serverless-acceptance.ts';
import { tierIds } from './tiers.ts';
import type { TierId } from './tiers.ts';

function isMet(tier: TierId, fault: ServerlessFaultId, measured: Measurements): boolean {
  const acceptance = findServerlessAcceptance(tier, fault);
  if (!acceptance) throw new Error(`${tier} has no acceptance for ${fault}`);
  return judgeAcceptance(acceptance, measured, { baseSeconds: () => 90 }).met;
}

const unharmed = { lost: 0, doubled: 0 } as const;

describe('what a tier without servers must show', () => {
  it.each<[TierId, ServerlessFaultId, Measurements, Measurements]>([
    [
      'warm-standby',
      'region-loss',
      // 90 s to decide here, and ten minutes.
      { rtoSeconds: 690, rpoSeconds: 5, doubled: 0 },
      { rtoSeconds: 691, rpoSeconds: 5, doubled: 0 },
    ],
    [
      'warm-standby',
      'region-loss',
      { rtoSeconds: 100, rpoSeconds: 0, doubled: 0 },
      { rtoSeconds: 100, rpoSeconds: 5.1, doubled: 0 },
    ],
    [
      'five-nines',
      'region-loss',
      { rtoSeconds: 60, humanActions: 0, ...unharmed },
      { rtoSeconds: 60, humanActions: 1, ...unharmed },
    ],
    [
      'five-nines',
      'region-loss',
      { rtoSeconds: 30, humanActions: 0, ...unharmed },
      { rtoSeconds: 30, humanActions: 0, lost: 1, doubled: 0 },
    ],
    [
      'two-nines',
      'function-kill',
      { failedPerKill: 1, repeatSeconds: 2, ...unharmed },
      { failedPerKill: 1.2, repeatSeconds: 2, ...unharmed },
    ],
    [
      'four-nines',
      'function-kill',
      { failedPerKill: 0, repeatSeconds: 0.1, ...unharmed },
      { failedPerKill: 0, repeatSeconds: 2.1, ...unharmed },
    ],
    [
      'three-nines',
      'payment-away',
      { otherRoutesGoodShare: 0.999, attemptsPerRequest: 1.1, ...unharmed },
      { otherRoutesGoodShare: 0.999, attemptsPerRequest: 1.11, ...unharmed },
    ],
    [
      'two-nines',
      'payment-slow',
      { otherRoutesGoodShare: 0.999, attemptsPerRequest: 1, ...unharmed },
      { otherRoutesGoodShare: 0.998, attemptsPerRequest: 1, ...unharmed },
    ],
    [
      'two-nines',
      'duplicate-delivery',
      { goodShare: 0.99, untakenPayments: 0, ...unharmed },
      { goodShare: 0.989, untakenPayments: 0, ...unharmed },
    ],
    [
      'three-nines',
      'duplicate-delivery',
      { goodShare: 0.999, untakenPayments: 0, ...unharmed },
      { goodShare: 0.999, untakenPayments: 0, lost: 0, doubled: 1 },
    ],
    [
      'four-nines',
      'duplicate-delivery',
      { goodShare: 0.9999, untakenPayments: 0, ...unharmed },
      { goodShare: 0.9999, untakenPayments: 1, ...unharmed },
    ],
    [
      'three-nines',
      'poison-message',
      { strandedMessages: 0, putAsideSeconds: 120, goodShare: 1, untakenPayments: 0, ...unharmed },
      { strandedMessages: 0, putAsideSeconds: 120.1, goodShare: 1, untakenPayments: 0, ...unharmed },
    ],
    [
      'three-nines',
      'poison-message',
      { strandedMessages: 0, putAsideSeconds: 90, goodShare: 1, untakenPayments: 0, ...unharmed },
      { strandedMessages: 1, putAsideSeconds: 90, goodShare: 1, untakenPayments: 0, ...unharmed },
    ],
    [
      'two-nines',
      'table-refusing',
      { recoverySeconds: 10, ...unharmed },
      { recoverySeconds: 10.1, ...unharmed },
    ],
    [
      'three-nines',
      'table-throttled',
      { catalogueGoodShare: 0.99, recoverySeconds: 3, ...unharmed },
      { catalogueGoodShare: 0.98, recoverySeconds: 3, ...unharmed },
    ],
    [
      'four-nines',
      'table-refusing',
      {
        catalogueGoodShare: 0.9999,
        ordersGoodShare: 0.99,
        unstoredOrders: 0,
        recoverySeconds: 0,
        ...unharmed,
      },
      {
        catalogueGoodShare: 0.9999,
        ordersGoodShare: 0.98,
        unstoredOrders: 0,
        recoverySeconds: 0,
        ...unharmed,
      },
    ],
    [
      'four-nines',
      'table-refusing',
      { catalogueGoodShare: 1, ordersGoodShare: 1, unstoredOrders: 0, recoverySeconds: 0, ...unharmed },
      { catalogueGoodShare: 1, ordersGoodShare: 1, unstoredOrders: 1, recoverySeconds: 0, ...unharmed },
    ],
    [
      'three-nines',
      'rate-exceeded',
      { stageGoodputShare: 0.9, ordersGoodShare: 0.999, brokenRequests: 0, recoverySeconds: 10, ...unharmed },
      {
        stageGoodputShare: 0.89,
        ordersGoodShare: 0.999,
        brokenRequests: 0,
        recoverySeconds: 10,
        ...unharmed,
      },
    ],
    [
      'four-nines',
      'rate-exceeded',
      { stageGoodputShare: 1, ordersGoodShare: 1, brokenRequests: 0, recoverySeconds: 0, ...unharmed },
      { stageGoodputShare: 1, ordersGoodShare: 1, brokenRequests: 1, recoverySeconds: 0, ...unharmed },
    ],
  ])('%s, %s: holds at its limits and not past one of them', (tier, fault, within, past) => {
    expect(isMet(tier, fault, within)).toBe(true);
    expect(isMet(tier, fault, past)).toBe(false);
  });

  it('is not met by what was never measured', () => {
    for (const { tier, fault } of serverlessAcceptances) expect(isMet(tier, fault, {})).toBe(false);
  });

  it('lets no tier lose or double an order, but for the last seconds before a lost region’s standby takes over', () => {
    for (const { tier, fault, criteria } of serverlessAcceptances) {
      const mayLose = tier === 'warm-standby' && fault === 'region-loss';
      const lost = { measure: 'lost', bound: 'at-most', limit: 0 };
      const past = { measure: 'rpoSeconds', bound: 'at-most', limit: 5 };
      expect(criteria).toContainEqual(mayLose ? past : lost);
      expect(criteria).toContainEqual({ measure: 'doubled', bound: 'at-most', limit: 0 });
    }
  });

  it('promises nothing beyond a rate where no rate is set', () => {
    expect(findServerlessAcceptance('two-nines', 'rate-exceeded')).toBeUndefined();
    expect(tierIds.map((tier) => serverlessAcceptancesOf(tier).length)).toEqual([7, 8, 8, 9, 9]);
  });

  it('promises nothing for the loss of a region where there is one', () => {
    const promising = tierIds.filter((tier) => findServerlessAcceptance(tier, 'region-loss'));
    expect(promising).toEqual(['warm-standby', 'five-nines']);
  });
});
