/** What goes wrong in an Aurora cluster before it goes away, and the events when it does. */
import { ComparisonOperator, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { ALARM_PERIOD, type AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { AURORA_MAX_CONNECTIONS, type AuroraDatabase } from './aurora-database.ts';
import {
  BUSY_CPU_PERCENT,
  createDatabaseAlarm,
  createDatabaseEvents,
  mostConnections,
} from './rds-alarms.ts';

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

  constructor(scope: Construct, id: string, { alerts, database }: AuroraAlarmsProps) {
    super(scope, id);
    const { clusterIdentifier, instanceIdentifiers } = database.cluster;
    this.clusterEvents = createDatabaseEvents(this, 'ClusterEvents', alerts, {
      sourceType: 'db-cluster',
      sourceIds: [clusterIdentifier],
      eventCategories: CLUSTER_EVENTS,
    });
    this.instanceEvents = createDatabaseEvents(this, 'InstanceEvents', alerts, {
      sourceType: 'db-instance',
      sourceIds: instanceIdentifiers,
      eventCategories: INSTANCE_EVENTS,
    });
    // The worst instance counts: an average over three hides the writer.
    const worst = (metricName: string, statistic: string) =>
      new Metric({
        namespace: 'AWS/RDS',
        metricName,
        dimensionsMap: { DBClusterIdentifier: clusterIdentifier },
        statistic,
        period: ALARM_PERIOD,
      });
    const above = ComparisonOperator.GREATER_THAN_THRESHOLD;
    this.cpu = createDatabaseAlarm(this, 'Cpu', {
      alerts,
      problem: 'An instance of the database has been above 80% CPU for ten minutes.',
      metric: worst('CPUUtilization', Stats.MAXIMUM),
      comparison: above,
      threshold: BUSY_CPU_PERCENT,
    });
    this.memory = createDatabaseAlarm(this, 'Memory', {
      alerts,
      problem: 'An instance of the database has less than 1 GiB of memory left.',
      metric: worst('FreeableMemory', Stats.MINIMUM),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: GIB,
    });
    this.connections = createDatabaseAlarm(this, 'Connections', {
      alerts,
      problem: 'An instance of the database has less than 30% of its connections left.',
      metric: worst('DatabaseConnections', Stats.MAXIMUM),
      comparison: above,
      threshold: mostConnections(AURORA_MAX_CONNECTIONS),
    });
    this.replicaLag = createDatabaseAlarm(this, 'ReplicaLag', {
      alerts,
      problem: 'A reader of the database has been more than 2 s behind for ten minutes.',
      // Milliseconds; 20 are usual.
      metric: worst('AuroraReplicaLagMaximum', Stats.MAXIMUM),
      comparison: above,
      threshold: 2_000,
    });
  }
}
