import { describe, expect, it } from 'vitest';
import { acceptancesOf, findAcceptance, judgeAcceptance, type FaultId, type Measurements } from './index.ts';

const harmless: Measurements = { lost: 0, doubled: 0 };

function judge(fault: FaultId, measurements: Measurements, options = {}) {
  return judgeAcceptance(findAcceptance('three-nines', fault)!, measurements, options);
}

describe('the acceptance of the 99.9% tier', () => {
  it('covers the six faults in order of injection', () => {
    expect(acceptancesOf('three-nines').map((one) => one.fault)).toEqual([
      'process-kill',
      'zone-loss',
      'database-primary-loss',
      'payment-slow',
      'payment-away',
      'overload',
    ]);
  });

  it.each([
    ['process-kill', { lossSeconds: 10 }, { lossSeconds: 10.01 }],
    ['zone-loss', { lossSeconds: 120, rpoSeconds: 0 }, { lossSeconds: 120.1, rpoSeconds: 0 }],
    ['zone-loss', { lossSeconds: 1, rpoSeconds: 0 }, { lossSeconds: 1, rpoSeconds: 0.1 }],
    [
      'database-primary-loss',
      { rtoSeconds: 135, rpoSeconds: 0, readsGoodShare: 0.99 },
      { rtoSeconds: 135.1, rpoSeconds: 0, readsGoodShare: 0.99 },
    ],
    [
      'database-primary-loss',
      { rtoSeconds: 90, rpoSeconds: 0, readsGoodShare: 1 },
      { rtoSeconds: 90, rpoSeconds: 0, readsGoodShare: 0.9899 },
    ],
    [
      'payment-slow',
      { otherRoutesGoodShare: 0.999, attemptsPerRequest: 1.1 },
      { otherRoutesGoodShare: 0.9989, attemptsPerRequest: 1.1 },
    ],
    [
      'payment-away',
      { otherRoutesGoodShare: 1, attemptsPerRequest: 1 },
      { otherRoutesGoodShare: 1, attemptsPerRequest: 1.11 },
    ],
    ['overload', { goodputShare: 0.9, recoverySeconds: 10 }, { goodputShare: 0.899, recoverySeconds: 10 }],
    ['overload', { goodputShare: 1, recoverySeconds: 0 }, { goodputShare: 1, recoverySeconds: 10.1 }],
  ] as const)('%s is met at its limits %o and missed beyond them %o', (fault, met, missed) => {
    expect(judge(fault, { ...harmless, ...met }).met).toBe(true);
    expect(judge(fault, { ...harmless, ...missed }).met).toBe(false);
  });

  it.each(acceptancesOf('three-nines').map((one) => one.fault))(
    '%s forgives no lost and no doubled order',
    (fault) => {
      const rest: Measurements = {
        lossSeconds: 0,
        rtoSeconds: 0,
        rpoSeconds: 0,
        readsGoodShare: 1,
        otherRoutesGoodShare: 1,
        attemptsPerRequest: 1,
        goodputShare: 1,
        recoverySeconds: 0,
      };
      expect(judge(fault, { ...rest, lost: 0, doubled: 0 }).met).toBe(true);
      expect(judge(fault, { ...rest, lost: 1, doubled: 0 }).met).toBe(false);
      expect(judge(fault, { ...rest, lost: 0, doubled: 1 }).met).toBe(false);
    },
  );

  it('is not met by what was not measured, never came, or is no number', () => {
    const verdicts = (measurements: Measurements) =>
      judge('database-primary-loss', { ...harmless, rpoSeconds: 0, readsGoodShare: 1, ...measurements })
        .verdicts[0];
    expect(verdicts({})).toEqual({ criterion: 'RTO <= 135 s', measured: 'not measured', met: false });
    expect(verdicts({ rtoSeconds: null })).toEqual({
      criterion: 'RTO <= 135 s',
      measured: 'never',
      met: false,
    });
    expect(verdicts({ rtoSeconds: Number.NaN })).toEqual({
      criterion: 'RTO <= 135 s',
      measured: 'not measured',
      met: false,
    });
  });

  it('adds 15 s to the failover that this run drew', () => {
    const options = { declaredSeconds: () => 73.2 };
    const measured = { ...harmless, rpoSeconds: 0, readsGoodShare: 1 };
    expect(judge('database-primary-loss', { ...measured, rtoSeconds: 88.2 }, options).verdicts[0]).toEqual({
      criterion: 'RTO <= 88.2 s',
      measured: '88.2 s',
      met: true,
    });
    expect(judge('database-primary-loss', { ...measured, rtoSeconds: 88.3 }, options).met).toBe(false);
  });

  it('prints a share just below its limit as below it', () => {
    const { verdicts } = judge('payment-slow', {
      ...harmless,
      otherRoutesGoodShare: 0.99899,
      attemptsPerRequest: 1,
    });
    expect(verdicts[0]).toEqual({
      criterion: 'good on other routes >= 99.9%',
      measured: '99.89%',
      met: false,
    });
  });

  it('has none yet for a tier whose game day does not exist', () => {
    expect(acceptancesOf('four-nines')).toEqual([]);
    expect(findAcceptance('four-nines', 'zone-loss')).toBeUndefined();
  });
});
