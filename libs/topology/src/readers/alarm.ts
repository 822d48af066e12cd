/** `AWS::CloudWatch::Alarm`, on one metric or on an expression over several. */
import { asList, asText, at, byText } from '../json.ts';
import type { Resource } from '../stack.ts';
import type { AlarmNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

/** An alarm's own metric, or the first of the metrics that its expression combines. */
function metricOf(alarm: Resource): { metric: unknown; period: unknown; statistic: unknown } {
  const { properties } = alarm;
  if (properties['MetricName'] !== undefined) {
    const statistic = properties['Statistic'] ?? properties['ExtendedStatistic'];
    return { metric: properties, period: properties['Period'], statistic };
  }
  const statistic = asList(properties['Metrics'])
    .map((entry) => at(entry, 'MetricStat'))
    .find((found) => found !== undefined);
  return {
    metric: at(statistic, 'Metric'),
    period: at(statistic, 'Period'),
    // An expression makes its own value of those of its metrics.
    statistic: undefined,
  };
}

function dimensionsOf(metric: unknown): Record<string, string> {
  const dimensions = asList(at(metric, 'Dimensions')).flatMap((dimension) => {
    const name = asText(at(dimension, 'Name'));
    return name === undefined ? [] : [[name, asText(at(dimension, 'Value')) ?? ''] as const];
  });
  return Object.fromEntries(dimensions.sort(([a], [b]) => byText(a, b)));
}

function read(alarm: Resource, context: ReadContext): AlarmNode[] {
  const settings = context.settingsOf(alarm);
  const { properties } = alarm;
  const { metric, period, statistic } = metricOf(alarm);
  const statisticName = asText(statistic);
  const comparison = asText(properties['ComparisonOperator']);
  const namespace = asText(at(metric, 'Namespace'));
  const metricName = asText(at(metric, 'MetricName'));
  const threshold = settings.optionalNumber('threshold', properties['Threshold']);
  const periodSeconds = settings.optionalNumber('periodSeconds', period);
  const evaluationPeriods = settings.number('evaluationPeriods', properties['EvaluationPeriods'], 1);
  // Actions are on unless switched off.
  const isSilenced = String(properties['ActionsEnabled']) === 'false';
  const node: Omit<AlarmNode, keyof ReturnType<typeof nodeBase>> = {
    kind: 'alarm',
    ...(namespace === undefined ? {} : { namespace }),
    ...(metricName === undefined ? {} : { metricName }),
    dimensions: dimensionsOf(metric),
    ...(statisticName === undefined ? {} : { statistic: statisticName }),
    ...(comparison === undefined ? {} : { comparison }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(periodSeconds === undefined ? {} : { periodSeconds }),
    evaluationPeriods,
    datapointsToAlarm: settings.number(
      'datapointsToAlarm',
      properties['DatapointsToAlarm'],
      evaluationPeriods,
    ),
    treatMissingData: settings.text('treatMissingData', properties['TreatMissingData'], 'missing'),
    actionCount: isSilenced ? 0 : asList(properties['AlarmActions']).length,
  };
  return [{ ...nodeBase(alarm, [], settings), ...node }];
}

export const alarmReader: ResourceReader = { types: ['AWS::CloudWatch::Alarm'], read };
