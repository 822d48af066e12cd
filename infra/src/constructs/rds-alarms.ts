/**
 * How alarms on a database of RDS are made, and how its events are told: for `DatabaseAlarms` and `AuroraAlarms`, which
 * say what is watched.
 */
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEventSubscription, type CfnEventSubscriptionProps } from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import { AlertingAlarm, type AlertingAlarmProps } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

/** Above so much CPU, in percent, for ten minutes, a database has no room for a peak. */
export const BUSY_CPU_PERCENT = 80;

/** Alarms when less than 30% of the connections are left. */
export const mostConnections = (maxConnections: number): number => Math.floor(maxConnections * 0.7);

/** @param scope Where it belongs to; `id` is part of the deployed stacks. */
export const createDatabaseAlarm = (
  scope: Construct,
  id: string,
  props: Pick<AlertingAlarmProps, 'alerts' | 'problem' | 'metric' | 'comparison' | 'threshold'>,
): AlertingAlarm =>
  new AlertingAlarm(scope, id, {
    ...props,
    playbook: 'docs/playbooks/database-problems.md',
    periods: 10,
    // During a failover the metrics stop; the event tells of that, sooner.
    missingData: TreatMissingData.NOT_BREACHING,
  });

export function createDatabaseEvents(
  scope: Construct,
  id: string,
  alerts: AlertChannel,
  events: Pick<CfnEventSubscriptionProps, 'sourceType' | 'sourceIds' | 'eventCategories'>,
): CfnEventSubscription {
  const subscription = new CfnEventSubscription(scope, id, {
    snsTopicArn: alerts.topic.topicArn,
    ...events,
  });
  // RDS sends a message to the topic when it subscribes, so the permission must be there before.
  subscription.node.addDependency(alerts);
  return subscription;
}
