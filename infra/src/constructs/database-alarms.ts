/**
 * What goes wrong in a database before it goes away, and the events when it does: failover, failure, storage
 * running low.
 */
import { ComparisonOperator, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { ALARM_PERIOD, type AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';
import { MAX_CONNECTIONS, type PostgresDatabase } from './postgres-database.ts';
import {
  BUSY_CPU_PERCENT,
  createDatabaseAlarm,
  createDatabaseEvents,
  mostConnections,
} from './rds-alarms.ts';

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

  constructor(scope: Construct, id: string, { alerts, database }: DatabaseAlarmsProps) {
    super(scope, id);
    const { instance } = database;
    const metricOptions = { period: ALARM_PERIOD, statistic: Stats.AVERAGE };
    this.events = createDatabaseEvents(this, 'Events', alerts, {
      sourceType: 'db-instance',
      sourceIds: [instance.instanceIdentifier],
      eventCategories: EVENT_CATEGORIES,
    });
    const above = ComparisonOperator.GREATER_THAN_THRESHOLD;
    const below = ComparisonOperator.LESS_THAN_THRESHOLD;
    this.cpu = createDatabaseAlarm(this, 'Cpu', {
      alerts,
      problem: 'The database has been above 80% CPU for ten minutes.',
      metric: instance.metricCPUUtilization(metricOptions),
      comparison: above,
      threshold: BUSY_CPU_PERCENT,
    });
    this.storage = createDatabaseAlarm(this, 'Storage', {
      alerts,
      problem: 'The database has less than 2 GiB of storage left.',
      metric: instance.metricFreeStorageSpace(metricOptions),
      comparison: below,
      threshold: 2 * GIB,
    });
    this.memory = createDatabaseAlarm(this, 'Memory', {
      alerts,
      problem: 'The database has less than 256 MiB of memory left.',
      metric: instance.metricFreeableMemory(metricOptions),
      comparison: below,
      threshold: 256 * MIB,
    });
    this.connections = createDatabaseAlarm(this, 'Connections', {
      alerts,
      problem: 'The database has less than 30% of its connections left.',
      metric: instance.metricDatabaseConnections(metricOptions),
      comparison: above,
      threshold: mostConnections(MAX_CONNECTIONS),
    });
  }
}
