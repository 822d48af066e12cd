/**
 * What goes wrong in a database before it goes away, and the events when it does: failover, failure, storage
 * running low.
 */
import { ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { MAX_CONNECTIONS, type PostgresDatabase } from './postgres-database.ts';

export interface DatabaseAlarmsProps {
  readonly alerts: AlertChannel;
  readonly database: PostgresDatabase;
}

/** Event categories of RDS that mean that something healed, broke or is about to. */
const EVENT_CATEGORIES = [
  'availability',
  'failover',
  'failure',
  'low storage',
  'maintenance',
  'notification',
  'recovery',
];

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

export class DatabaseAlarms extends Construct {
  readonly events: CfnEventSubscription;
  readonly cpu: AlertingAlarm;
  readonly storage: AlertingAlarm;
  readonly memory: AlertingAlarm;
  readonly connections: AlertingAlarm;

  constructor(scope: Construct, id: string, props: DatabaseAlarmsProps) {
    super(scope, id);
    const { instance } = props.database;
    const metricOptions = { period: ALARM_PERIOD, statistic: Stats.AVERAGE };
    this.events = new CfnEventSubscription(this, 'Events', {
      snsTopicArn: props.alerts.topic.topicArn,
      sourceType: 'db-instance',
      sourceIds: [instance.instanceIdentifier],
      eventCategories: EVENT_CATEGORIES,
    });
    // RDS sends a message to the topic when it subscribes, so the permission must be there before.
    this.events.node.addDependency(props.alerts);
    const above = ComparisonOperator.GREATER_THAN_THRESHOLD;
    const below = ComparisonOperator.LESS_THAN_THRESHOLD;
    this.cpu = this.alarm(props, 'Cpu', 'The database has been above 80% CPU for ten minutes.', {
      metric: instance.metricCPUUtilization(metricOptions),
      comparison: above,
      threshold: 80,
    });
    this.storage = this.alarm(props, 'Storage', 'The database has less than 2 GiB of storage left.', {
      metric: instance.metricFreeStorageSpace(metricOptions),
      comparison: below,
      threshold: 2 * GIB,
    });
    this.memory = this.alarm(props, 'Memory', 'The database has less than 256 MiB of memory left.', {
      metric: instance.metricFreeableMemory(metricOptions),
      comparison: below,
      threshold: 256 * MIB,
    });
    this.connections = this.alarm(
      props,
      'Connections',
      'The database has less than 30% of its connections left.',
      {
        metric: instance.metricDatabaseConnections(metricOptions),
        comparison: above,
        threshold: Math.floor(MAX_CONNECTIONS * 0.7),
      },
    );
  }

  private alarm(
    { alerts }: DatabaseAlarmsProps,
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
