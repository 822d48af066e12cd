/** Whether an alarm says as much, and as soon, as the one of the same name in another stack. */
import type { Resource, Synthesized } from './synthesized.ts';

interface AlarmProperties {
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Period?: number;
  readonly Metrics?: readonly { readonly MetricStat?: { readonly Period: number } }[];
}

/** Thresholds that a larger machine moves, with the reason. The time that they take is compared all the same. */
const OF_THE_MACHINE: Readonly<Record<string, string>> = {
  DatabaseConnectionsAlarm: 'Seven tenths of the connections that the instance has, whatever their number.',
};

const alarmsOf = ({ resources }: Synthesized): ReadonlyMap<string, AlarmProperties> =>
  new Map(
    Object.entries(resources)
      .filter(([, { Type }]: [string, Resource]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([id, { Properties }]) => [id, Properties as unknown as AlarmProperties]),
  );

/** From the first bad moment until it goes off. */
function secondsOf({ Period, Metrics, EvaluationPeriods, DatapointsToAlarm }: AlarmProperties): number {
  const period = Math.max(Period ?? 0, ...(Metrics ?? []).map(({ MetricStat }) => MetricStat?.Period ?? 0));
  return period * (DatapointsToAlarm ?? EvaluationPeriods);
}

const isLaxer = (one: AlarmProperties, other: AlarmProperties): boolean =>
  one.ComparisonOperator.startsWith('GreaterThan')
    ? one.Threshold > other.Threshold
    : one.Threshold < other.Threshold;

/**
 * Alarms that both have and that say less, or later, in the better stack.
 *
 * @param except Those whose threshold is the tier's own business.
 */
export function weakerAlarms(worse: Synthesized, better: Synthesized, except = /^$/): string[] {
  const known = alarmsOf(better);
  return [...alarmsOf(worse)].flatMap(([id, alarm]) => {
    const other = known.get(id);
    if (other === undefined) return [];
    const saysLess =
      other.ComparisonOperator !== alarm.ComparisonOperator ||
      (isLaxer(other, alarm) && !(id in OF_THE_MACHINE) && !except.test(id));
    return saysLess || secondsOf(other) > secondsOf(alarm) ? [id] : [];
  });
}
