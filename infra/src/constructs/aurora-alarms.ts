/** What goes wrong in an Aurora cluster before it goes away, and the events when it does. */
import {
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { AURORA_MAX_CONNECTIONS, type AuroraDatabase } from './aurora-database.ts';

export interface AuroraAlarmsProps {
  readonly alerts: AlertChannel;
  readonly database: AuroraDatabase;
}

/** Event categories that mean that something healed, broke or is about to. */
const CLUSTER_EVENTS = ['failover', 'failure', 'global-failover', 'maintenance', 'notification'];
const INSTANCE_EVENTS = ['availability', 'failure', 'maintenance', 'notification', 'recovery'];

const GIB = 1024 ** 3;

export class AuroraAlarms extends Construct {
  readonly clusterEvents: CfnEventSubscription;
  readonly instanceEvents: CfnEventSubscription;
  readonly cpu: AlertingAlarm;
  readonly memory: AlertingAlarm;
  readonly connections: AlertingAlarm;
  readonly replicaLag: AlertingAlarm;

  constructor(scope: Construct, id: string, props: AuroraAlarmsProps) {
    super(scope, id);
    const { cluster } = props.database;
    this.clusterEvents = this.events(props, 'ClusterEvents', 'db-cluster', CLUSTER_EVENTS, [
      cluster.clusterIdentifier,
    ]);
    this.instanceEvents = this.events(
      props,
      'InstanceEvents',
      'db-instance',
      INSTANCE_EVENTS,
      cluster.instanceIdentifiers,
    );
    // The worst instance counts: an average over three hides the writer.
    const worst = (metricName: string, statistic: string) =>
      new Metric({
        namespace: 'AWS/RDS',
        metricName,
        dimensionsMap: { DBClusterIdentifier: cluster.clusterIdentifier },
        statistic,
        period: ALARM_PERIOD,
      });
    const above = ComparisonOperator.GREATER_THAN_THRESHOLD;
    this.cpu = this.alarm(
      props,
      'Cpu',
      'An instance of the database has been above 80% CPU for ten minutes.',
      {
        metric: worst('CPUUtilization', Stats.MAXIMUM),
        comparison: above,
        threshold: 80,
      },
    );
    this.memory = this.alarm(
      props,
      'Memory',
      'An instance of the database has less than 1 GiB of memory left.',
      {
        metric: worst('FreeableMemory', Stats.MINIMUM),
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold: GIB,
      },
    );
    this.connections = this.alarm(
      props,
      'Connections',
      'An instance of the database has less than 30% of its connections left.',
      {
        metric: worst('DatabaseConnections', Stats.MAXIMUM),
        comparison: above,
        threshold: Math.floor(AURORA_MAX_CONNECTIONS * 0.7),
      },
    );
    this.replicaLag = this.alarm(
      props,
      'ReplicaLag',
      'A reader of the database has been more than 2 s behind for ten minutes.',
      // Milliseconds; 20 are usual.
      { metric: worst('AuroraReplicaLagMaximum', Stats.MAXIMUM), comparison: above, threshold: 2_000 },
    );
  }

  private events(
    { alerts }: AuroraAlarmsProps,
    id: string,
    sourceType: string,
    eventCategories: string[],
    sourceIds: string[],
  ): CfnEventSubscription {
    const subscription = new CfnEventSubscription(this, id, {
      snsTopicArn: alerts.topic.topicArn,
      sourceType,
      sourceIds,
      eventCategories,
    });
    // RDS sends a message to the topic when it subscribes, so the permission must be there before.
    subscription.node.addDependency(alerts);
    return subscription;
  }

  private alarm(
    { alerts }: AuroraAlarmsProps,
    id: string,
    problem: string,
    condition: {
      readonly metric: IMetric;
      readonly comparison: ComparisonOperator;
      readonly threshold: number;
    },
  ): AlertingAlarm {
    return new AlertingAlarm(this, id, {
      alerts,
      problem,
      playbook: 'docs/playbooks/database-problems.md',
      ...condition,
      periods: 10,
      // During a failover the metrics stop; the event tells of that, sooner.
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
