import { describe, expect, it } from 'vitest';
import {
  acceptancesOf,
  clientRetriesOf,
  findAcceptance,
  judgeAcceptance,
  tierIds,
  type FaultId,
  type JudgeOptions,
  type Measurements,
  type TierId,
} from './index.ts';

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
    const options = { baseSeconds: () => 73.2 };
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
});

const judgeOf = (tier: TierId, fault: FaultId, measurements: Measurements, options: JudgeOptions = {}) =>
  judgeAcceptance(findAcceptance(tier, fault)!, { ...harmless, ...measurements }, options);

describe('the acceptances of the other tiers', () => {
  const quarterHour = { baseSeconds: () => 900 };

  it.each<[TierId, FaultId, Measurements, Measurements, JudgeOptions?]>([
    // Ten minutes to build, as the paper has it.
    ['two-nines', 'process-kill', { rtoSeconds: 600 }, { rtoSeconds: 600.1 }],
    ['two-nines', 'process-kill', { rtoSeconds: 1 }, { rtoSeconds: 1, lost: 1 }],
    // 40 min to build and restore, on top of what the person took; here both bases are a quarter of an hour.
    [
      'two-nines',
      'zone-loss',
      { rtoSeconds: 3300, rpoSeconds: 900 },
      { rtoSeconds: 3300.1, rpoSeconds: 900 },
      quarterHour,
    ],
    [
      'two-nines',
      'zone-loss',
      { rtoSeconds: 1, rpoSeconds: 900 },
      { rtoSeconds: 1, rpoSeconds: 900.1 },
      quarterHour,
    ],
    [
      'two-nines',
      'database-primary-loss',
      { rtoSeconds: 2400, rpoSeconds: 900 },
      { rtoSeconds: 2400.1, rpoSeconds: 900 },
      quarterHour,
    ],
    [
      'two-nines',
      'database-primary-loss',
      { rtoSeconds: 1, rpoSeconds: 900, lost: 70 },
      { rtoSeconds: 1, rpoSeconds: 900, lost: 70, doubled: 1 },
      quarterHour,
    ],
    ['four-nines', 'process-kill', { errorShareIncrease: 0.0001 }, { errorShareIncrease: 0.00011 }],
    ['four-nines', 'zone-loss', { lossSeconds: 35, shedRequests: 0 }, { lossSeconds: 35.1, shedRequests: 0 }],
    ['four-nines', 'zone-loss', { lossSeconds: 1, shedRequests: 0 }, { lossSeconds: 1, shedRequests: 1 }],
    [
      'four-nines',
      'database-primary-loss',
      { writeRtoSeconds: 35, readsGoodShare: 0.9999 },
      { writeRtoSeconds: 36, readsGoodShare: 0.9999 },
    ],
    [
      'four-nines',
      'database-primary-loss',
      { writeRtoSeconds: 1, readsGoodShare: 1 },
      { writeRtoSeconds: 1, readsGoodShare: 0.99989 },
    ],
    ['warm-standby', 'process-kill', { lossSeconds: 10 }, { lossSeconds: 10.1 }],
    ['warm-standby', 'zone-loss', { lossSeconds: 120, rpoSeconds: 0 }, { lossSeconds: 120, rpoSeconds: 0.1 }],
    // The longest failover that Aurora declares is a minute.
    [
      'warm-standby',
      'database-primary-loss',
      { rtoSeconds: 75, rpoSeconds: 0, readsGoodShare: 1 },
      { rtoSeconds: 75.1, rpoSeconds: 0, readsGoodShare: 1 },
    ],
    // 20 min to decide, as the paper has it, and ten to recover.
    [
      'warm-standby',
      'region-loss',
      { rtoSeconds: 1800, rpoSeconds: 5, lost: 9 },
      { rtoSeconds: 1800.1, rpoSeconds: 5 },
    ],
    ['warm-standby', 'region-loss', { rtoSeconds: 1, rpoSeconds: 5 }, { rtoSeconds: 1, rpoSeconds: 5.1 }],
    ['five-nines', 'process-kill', { failedRequests: 0 }, { failedRequests: 1 }],
    ['five-nines', 'zone-loss', { lossSeconds: 5 }, { lossSeconds: 5.1 }],
    ['five-nines', 'database-primary-loss', { rtoSeconds: 61 }, { rtoSeconds: 61.1 }],
    [
      'five-nines',
      'region-loss',
      { rtoSeconds: 60, humanActions: 0, rpoSeconds: 1, lost: 9 },
      { rtoSeconds: 60.1, humanActions: 0, rpoSeconds: 1 },
    ],
    [
      'five-nines',
      'region-loss',
      { rtoSeconds: 1, humanActions: 0, rpoSeconds: 1 },
      { rtoSeconds: 1, humanActions: 0, rpoSeconds: 1.1 },
    ],
    [
      'five-nines',
      'region-loss',
      { rtoSeconds: 1, humanActions: 0, rpoSeconds: 0 },
      { rtoSeconds: 1, humanActions: 1, rpoSeconds: 0 },
    ],
  ])('%s, %s is met at its limits %o and missed beyond them %o', (tier, fault, met, missed, options) => {
    expect(judgeOf(tier, fault, met, options).met).toBe(true);
    expect(judgeOf(tier, fault, missed, options).met).toBe(false);
  });

  it.each(tierIds)('of %s lose no order but where a copy or a region is all that is left', (tier) => {
    const mayLose = acceptancesOf(tier)
      .filter(({ criteria }) => !criteria.some(({ measure }) => measure === 'lost'))
      .map(({ fault }) => fault);
    const expected: Readonly<Record<TierId, FaultId[]>> = {
      'two-nines': ['zone-loss', 'database-primary-loss'],
      'three-nines': [],
      'four-nines': [],
      'warm-standby': ['region-loss'],
      'five-nines': ['region-loss'],
    };
    expect(mayLose).toEqual(expected[tier]);
  });

  it.each(tierIds)('of %s never forgive a doubled order', (tier) => {
    for (const { criteria } of acceptancesOf(tier))
      expect(criteria).toContainEqual({ measure: 'doubled', bound: 'at-most', limit: 0 });
  });

  it('lose a region only where there is another', () => {
    expect(tierIds.filter((tier) => findAcceptance(tier, 'region-loss'))).toEqual([
      'warm-standby',
      'five-nines',
    ]);
  });

  it('divide by the pace what is a wait for AWS, and not what is the machine’s', () => {
    const fast = { paceDivisor: 10 };
    expect(judgeOf('three-nines', 'zone-loss', {}, fast).verdicts[0]?.criterion).toBe('L <= 12 s');
    expect(judgeOf('three-nines', 'process-kill', {}, fast).verdicts[0]?.criterion).toBe('L <= 10 s');
    // 30 / 10 for AWS and 5 for the application.
    expect(judgeOf('four-nines', 'database-primary-loss', {}, fast).verdicts[0]?.criterion).toBe(
      'RTO of writes <= 8 s',
    );
    // 54 / 10 for the checks and the TTL, and 6 for the time that checkers give a busy machine.
    expect(judgeOf('five-nines', 'region-loss', {}, fast).verdicts[0]?.criterion).toBe('RTO <= 11.4 s');
    expect(judgeOf('five-nines', 'region-loss', {}).verdicts[0]?.criterion).toBe('RTO <= 60 s');
  });

  it('do not hold when the time that they count from is not known', () => {
    expect(judgeOf('two-nines', 'zone-loss', { rtoSeconds: 1, rpoSeconds: 0 }).verdicts[1]).toEqual({
      criterion: 'RPO <= unknown',
      measured: '0 s',
      met: false,
    });
  });

  it('print errors that rose by less than a hundredth of a percent as that', () => {
    expect(judgeOf('four-nines', 'process-kill', { errorShareIncrease: 0.00004 }).verdicts[0]).toEqual({
      criterion: 'errors up by <= 0.01%',
      measured: '0.004%',
      met: true,
    });
  });

  it('let the clients of five-nines alone try once more', () => {
    expect(tierIds.map(clientRetriesOf)).toEqual([0, 0, 0, 0, 1]);
  });
});
