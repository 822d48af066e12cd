import { describe, expect, it } from 'vitest';
import { weakerAlarms } from './alarm-strictness.ts';
import type { Synthesized } from './synthesized.ts';

const ERRORS = {
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
  EvaluationPeriods: 5,
  DatapointsToAlarm: 3,
  Period: 60,
};

const withAlarm = (properties: object): Synthesized =>
  ({
    resources: { ErrorAlarm: { Type: 'AWS::CloudWatch::Alarm', Properties: properties } },
  }) as unknown as Synthesized;

describe('an alarm of the same name', () => {
  it.each([
    ['the same', {}],
    ['a stricter threshold', { Threshold: 0.5 }],
    ['sooner', { DatapointsToAlarm: 2 }],
    ['by a finer period', { Period: 30 }],
  ])('is no weaker with %s', (_, other) => {
    expect(weakerAlarms(withAlarm(ERRORS), withAlarm({ ...ERRORS, ...other }))).toEqual([]);
  });

  it.each([
    ['a laxer threshold', { Threshold: 2 }],
    ['later', { DatapointsToAlarm: 4 }],
    ['by a coarser period', { Period: 120 }],
    ['by the opposite', { ComparisonOperator: 'LessThanThreshold' }],
    [
      'by the coarser period of an expression',
      { Period: undefined, Metrics: [{}, { MetricStat: { Period: 300 } }] },
    ],
  ])('is weaker with %s', (_, other) => {
    expect(weakerAlarms(withAlarm(ERRORS), withAlarm({ ...ERRORS, ...other }))).toEqual(['ErrorAlarm']);
  });

  it('is weaker below a higher bar, where less is worse', () => {
    const healthy = { ...ERRORS, ComparisonOperator: 'LessThanThreshold', Threshold: 2 };

    expect(weakerAlarms(withAlarm(healthy), withAlarm({ ...healthy, Threshold: 1 }))).toEqual(['ErrorAlarm']);
    expect(weakerAlarms(withAlarm(healthy), withAlarm({ ...healthy, Threshold: 3 }))).toEqual([]);
  });
});
