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

  it('lets no tier lose or double an order, whatever the fault', () => {
    for (const { criteria } of serverlessAcceptances) {
      expect(criteria).toContainEqual({ measure: 'lost', bound: 'at-most', limit: 0 });
      expect(criteria).toContainEqual({ measure: 'doubled', bound: 'at-most', limit: 0 });
    }
  });

  it('promises nothing beyond a rate where no rate is set', () => {
    expect(findServerlessAcceptance('two-nines', 'rate-exceeded')).toBeUndefined();
    expect(tierIds.map((tier) => serverlessAcceptancesOf(tier).length)).toEqual([7, 8, 8, 8, 8]);
  });
});
