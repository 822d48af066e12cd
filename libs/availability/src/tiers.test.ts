import { describe, expect, it } from 'vitest';
import {
  allowanceSeconds,
  findTier,
  formatDuration,
  goalShare,
  isTierId,
  renderThresholds,
  renderTierTable,
  THIRTY_DAYS_SECONDS,
  tierOf,
  tiers,
  yearBudget,
  YEAR_SECONDS,
} from './index.ts';

describe('the tiers', () => {
  it.each([
    ['two-nines', 315_360, '3 d 15 h', 25_920],
    ['three-nines', 31_536, '8 h 45 min', 2592],
    ['four-nines', 3153.6, '52 min 33 s', 259.2],
    ['warm-standby', 15_768, '4 h 22 min', 1296],
    ['five-nines', 315.36, '5 min 15 s', 25.92],
  ] as const)('%s may lose %d s a year (%s) and %d s in 30 days', (id, year, text, month) => {
    expect(allowanceSeconds(tierOf(id), YEAR_SECONDS)).toBe(year);
    expect(formatDuration(year)).toBe(text);
    expect(allowanceSeconds(tierOf(id), THIRTY_DAYS_SECONDS)).toBe(month);
  });

  it('gives 99.979%, a goal whose published allowance was wrong elsewhere, its 9.07 minutes in 30 days', () => {
    expect(allowanceSeconds({ lossPerMillion: 210 }, THIRTY_DAYS_SECONDS) / 60).toBeCloseTo(9.072, 10);
  });

  it.each([
    // id, unplanned, planned, total minutes, availability from events alone, with planned downtime
    ['two-nines', 280, 1440, 1720, 0.999467, 0.996728],
    ['three-nines', 120, 150, 270, 0.999772, 0.999486],
    ['four-nines', 30, 0, 30, 0.999943, 0.999943],
    ['warm-standby', 60, 0, 60, 0.999886, 0.999886],
    ['five-nines', 4, 0, 4, 0.999992, 0.999992],
  ] as const)(
    '%s adds up to %d unplanned and %d planned minutes a year',
    (id, unplanned, planned, total, events, all) => {
      const budget = yearBudget(tierOf(id));
      expect(budget.unplannedMinutes).toBe(unplanned);
      expect(budget.plannedMinutes).toBe(planned);
      expect(budget.totalMinutes).toBe(total);
      expect(budget.eventsOnlyShare).toBeCloseTo(events, 6);
      expect(budget.share).toBeCloseTo(all, 6);
      expect(budget.isWithinGoal).toBe(true);
    },
  );

  it('keeps the paper beside the computed bound where they differ: 280 minutes are 99.95%, printed as 99.9%', () => {
    expect(tierOf('two-nines').publishedUpperBound).toBe('99.9%');
    expect(yearBudget(tierOf('two-nines')).eventsOnlyShare.toFixed(4)).toBe('0.9995');
    expect(tierOf('three-nines').publishedUpperBound).toBe('99.95%');
    expect(yearBudget(tierOf('three-nines')).eventsOnlyShare.toFixed(4)).toBe('0.9998');
  });

  it('sees a budget that its goal cannot hold', () => {
    const overdrawn = {
      ...tierOf('four-nines'),
      events: { eventsPerYear: 4, decideMinutes: 10, recoverMinutes: 5 },
    };
    expect(yearBudget(overdrawn).isWithinGoal).toBe(false);
  });

  it('has the goal in words and in parts per million agree', () => {
    for (const tier of tiers) expect(`${String(Math.round(goalShare(tier) * 1e6) / 1e4)}%`).toBe(tier.goal);
  });

  it('has no tier with fewer zones or a longer event than a weaker one of its kind', () => {
    const minutes = (id: Parameters<typeof tierOf>[0]) => {
      const { decideMinutes, recoverMinutes } = tierOf(id).events;
      return decideMinutes + recoverMinutes;
    };
    const single = ['two-nines', 'three-nines', 'four-nines'] as const;
    expect(single.map((id) => tierOf(id).zonesPerRegion)).toEqual([1, 2, 3]);
    expect(single.map(minutes)).toEqual([70, 60, 15]);
    expect([minutes('warm-standby'), minutes('five-nines')]).toEqual([30, 1]);
  });

  it('finds a tier by its id and none by another name', () => {
    expect(findTier('four-nines')?.goal).toBe('99.99%');
    expect(findTier('six-nines')).toBeUndefined();
    expect(isTierId('three-nines')).toBe(true);
    expect(isTierId('99.9%')).toBe(false);
  });
});

describe('what is generated from the tiers', () => {
  it('is thresholds by tier id, with the goal as a ratio that k6 can compare with', () => {
    expect(JSON.parse(renderThresholds())).toEqual({
      'two-nines': { goodRatio: 0.99, p95Ms: 500, p99Ms: 1000 },
      'three-nines': { goodRatio: 0.999, p95Ms: 500, p99Ms: 1000 },
      'four-nines': { goodRatio: 0.9999, p95Ms: 500, p99Ms: 1000 },
      'warm-standby': { goodRatio: 0.9995, p95Ms: 500, p99Ms: 1000 },
      'five-nines': { goodRatio: 0.99999, p95Ms: 500, p99Ms: 1000 },
    });
    expect(renderThresholds().endsWith('}\n')).toBe(true);
  });

  it('is a Markdown table with a row for each tier', () => {
    const lines = renderTierTable().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[3]).toBe(
      '| `three-nines` | 99.9% | 1 region, 2 zones | 8 h 45 min | 43 min 12 s | servers and database heal themselves; the rest by runbook | internal tools: knowledge management, project tracking |',
    );
  });
});
