/**
 * What workflows of one region call: the part of RDS, Auto Scaling, CloudWatch and SNS that moving the writer needs,
 * answered by what runs here.
 */
import { logicalIdOf, nodesOfKind, referencesIn } from '@nines/topology';
import type { Topology } from '@nines/topology';
import type { LocalAutoScalingGroup } from '../auto-scaling-group.ts';
import type { GlobalDatabase } from './global-database.ts';
import type { Metrics } from './metrics.ts';
import type { Service } from './workflow.ts';

export const CONTROL_PLANE_STAND_IN =
  'Failovers are moved by the template’s own workflows, schedules, alarms and functions, run as they stand there; what ' +
  'they call is a local stand-in: RDS’ global clusters, the minimum of Auto Scaling groups, metrics and alerts; the ' +
  'readers of a database are not scaled.';

/** A call that no workflow here is known to make. */
export class CallUnknownError extends Error {
  readonly code = 'call-unknown';
  override readonly name = 'CallUnknownError';
}

export interface ControlPlaneOptions {
  readonly topology: Topology;
  readonly global: Pick<GlobalDatabase, 'writerRegion' | 'status' | 'failOver' | 'switchOver'>;
  /** Groups of the region by id in the topology. */
  readonly groups: ReadonlyMap<
    string,
    Pick<LocalAutoScalingGroup, 'desiredInstances' | 'setMinimum' | 'instances' | 'isInService'>
  >;
  readonly metrics: Pick<Metrics, 'put'>;
  readonly tell: (message: string) => void;
}

interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Value: string | number;
}

/** The id in the topology of what a text refers to, such as a group's name or a cluster's ARN. */
const idIn = (text: unknown): string =>
  referencesIn(String(text))
    .filter((name) => !name.startsWith('AWS::'))
    .map(logicalIdOf)[0] ?? String(text);

/** The ARN of a cluster as the template's own text has it: what only AWS knows stays a reference. */
export const clusterArn = (region: string, id: string): string =>
  `arn:aws:rds:${region}:\${AWS::AccountId}:cluster:\${${id}}`;

export function createControlPlane(options: ControlPlaneOptions): Service {
  const { topology, global, groups, metrics, tell } = options;
  const clusters = nodesOfKind(topology, 'database');
  const regionOf = (arn: unknown): string => {
    const id = idIn(arn);
    const cluster = clusters.find((one) => one.id === id);
    if (!cluster) throw new CallUnknownError(`there is no cluster ${String(arn)}`);
    return cluster.region;
  };
  const groupNamed = (name: unknown) => {
    const group = groups.get(idIn(name));
    if (!group) throw new CallUnknownError(`there is no group ${String(name)}`);
    return group;
  };

  const calls: Readonly<Record<string, (parameters: Readonly<Record<string, unknown>>) => unknown>> = {
    'sns:publish': ({ Message }) => {
      tell(String(Message));
      return {};
    },
    'rds:describeGlobalClusters': () => ({
      GlobalClusters: [
        {
          Status: global.status,
          GlobalClusterMembers: clusters.map(({ id, region }) => ({
            DbClusterArn: clusterArn(region, id),
            IsWriter: region === global.writerRegion,
          })),
        },
      ],
    }),
    'rds:failoverGlobalCluster': ({ TargetDbClusterIdentifier }) => {
      global.failOver(regionOf(TargetDbClusterIdentifier));
      return {};
    },
    'rds:switchoverGlobalCluster': ({ TargetDbClusterIdentifier }) => {
      global.switchOver(regionOf(TargetDbClusterIdentifier));
      return {};
    },
    'autoscaling:updateAutoScalingGroup': ({ AutoScalingGroupName, MinSize }) => {
      const group = groupNamed(AutoScalingGroupName);
      if (Number(MinSize) > group.desiredInstances) group.setMinimum(Number(MinSize));
      return {};
    },
    'autoscaling:describeAutoScalingGroups': ({ AutoScalingGroupNames }) => ({
      AutoScalingGroups: (AutoScalingGroupNames as readonly unknown[]).map(groupNamed).map((group) => ({
        Instances: group.instances.map((instance) => ({
          LifecycleState: 'InService',
          HealthStatus: group.isInService(instance) ? 'Healthy' : 'Unhealthy',
        })),
      })),
    }),
    'applicationautoscaling:registerScalableTarget': () => ({}),
    'cloudwatch:putMetricData': ({ Namespace, MetricData }) => {
      for (const { MetricName, Dimensions = [], Value } of MetricData as readonly MetricDatum[]) {
        metrics.put({
          namespace: String(Namespace),
          metricName: MetricName,
          dimensions: Object.fromEntries(Dimensions.map((one) => [one.Name, one.Value])),
          value: Number(Value),
        });
      }
      return {};
    },
  };
  return (call, parameters) => {
    const answer = calls[call];
    if (!answer) throw new CallUnknownError(`workflows here do not call ${call}`);
    return answer(parameters);
  };
}
