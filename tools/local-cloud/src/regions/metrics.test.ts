import { describe, expect, it } from 'vitest';
import { alarm } from '../../test/region-nodes.ts';
import { createVirtualTime, paceOf } from '../../test/virtual-time.ts';
import { createMetrics, evaluateAlarm } from './metrics.ts';
import type { Sample } from './metrics.ts';

const tookOver = alarm('took-over', {});
/** As the watch on the other region has it: three periods of ten seconds, the lowest value of each. */
const lost = alarm('lost', {
  statistic: 'Minimum',
  periodSeconds: 10,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  treatMissingData: 'notBreaching',
});

const at = (...pairs: readonly (readonly [number, number])[]): Sample[] =>
  pairs.map(([atSeconds, value]) => ({ atSeconds, value }));

describe('an alarm', () => {
  it.each([
    ['needs all three periods', at([1, 1], [11, 1], [21, 1]), 30, 'alarm'],
    ['looks at whole periods only', at([1, 1], [11, 1], [21, 1]), 29, 'ok'],
    ['is off when one of them was well', at([1, 1], [11, 0], [21, 1]), 30, 'ok'],
    ['is off when one look of a period was well', at([1, 1], [11, 1], [15, 0], [21, 1]), 30, 'ok'],
    ['is off when nobody looked in one of them', at([1, 1], [21, 1]), 30, 'ok'],
    ['counts a value at the end of a period to the next', at([10, 1], [20, 1], [30, 1]), 30, 'ok'],
  ] as const)('of three periods %s', (_, samples, now, state) => {
    expect(evaluateAlarm(lost, samples, now, 'unknown')).toBe(state);
  });

  it('keeps its state without news when it ignores missing data', () => {
    expect(evaluateAlarm(tookOver, at([30, 1]), 60, 'ok')).toBe('alarm');
    expect(evaluateAlarm(tookOver, at([30, 1]), 120, 'alarm')).toBe('alarm');
    expect(evaluateAlarm(tookOver, at([30, 1], [70, 0]), 120, 'alarm')).toBe('ok');
  });

  it.each([
    ['breaching', 'alarm'],
    ['notBreaching', 'ok'],
    ['missing', 'unknown'],
    ['ignore', 'ok'],
  ])('that treats missing data as %s is then %s', (treatMissingData, state) => {
    expect(evaluateAlarm({ ...tookOver, treatMissingData }, [], 60, 'ok')).toBe(state);
  });

  it.each([
    ['Minimum', 2],
    ['Maximum', 6],
    ['Sum', 12],
    ['Average', 4],
    ['SampleCount', 3],
  ])('of the %s compares %d with its threshold', (statistic, value) => {
    const samples = at([1, 2], [2, 4], [3, 6]);
    expect(evaluateAlarm({ ...tookOver, statistic, threshold: value }, samples, 60, 'ok')).toBe('alarm');
    expect(evaluateAlarm({ ...tookOver, statistic, threshold: value + 1 }, samples, 60, 'ok')).toBe('ok');
  });
});

describe('metrics over time', () => {
  it('raise an alarm once at the end of the period, on their own dimensions only, and tell who acts on it', async () => {
    const { clock, advance } = createVirtualTime();
    const raised: string[] = [];
    const events: string[] = [];
    const metrics = createMetrics({
      alarms: [tookOver],
      onAlarm: (id) => raised.push(id),
      pace: paceOf(1000),
      clock,
      onEvent: ({ message }) => events.push(message),
    });
    metrics.start();
    const put = (region: string, value: number) => {
      metrics.put({ namespace: 'Shop', metricName: 'Writes', dimensions: { Region: region }, value });
    };
    put('b', 0);
    await advance(61_000);
    expect(metrics.stateOf('took-over')).toBe('ok');
    put('a', 1);
    await advance(60_000);
    expect(metrics.stateOf('took-over')).toBe('ok');
    put('b', 1);
    await advance(50_000);
    expect(metrics.stateOf('took-over')).toBe('ok');
    await advance(10_000);
    expect(metrics.stateOf('took-over')).toBe('alarm');
    await advance(300_000);
    expect(raised).toEqual(['took-over']);
    put('b', 0);
    await advance(60_000);
    expect(events).toEqual(['alarm took-over is alarm', 'alarm took-over is ok']);
    const closed = metrics.close();
    await advance(1);
    await closed;
  });
});
