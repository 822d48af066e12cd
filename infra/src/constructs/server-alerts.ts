/**
 * Alerts on what heals itself or rolls back by itself: somebody must know that a server was replaced, although
 * nobody has to do anything.
 */
import { Stack } from 'aws-cdk-lib';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { EventField, type EventPattern, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ALARM_PERIOD, AlertingAlarm } from './alarm.ts';
import type { AlertChannel } from './alert-channel.ts';

export interface ServerAlertsProps {
  readonly alerts: AlertChannel;
  readonly groups: readonly AutoScalingGroup[];
  /** The log of the servers. */
  readonly serverLogs: ILogGroup;
}

/** The line of `server-files/say-restarted.sh`. */
const RESTARTED = '{ $.msg = "process restarted" }';

export class ServerAlerts extends Construct {
  /** A server was unhealthy and has been replaced; scaling in does not match. */
  readonly replaced: Rule;
  /** A server could not be launched or terminated: the group is not healing. */
  readonly notHealing: Rule;
  /** A deployment failed and is rolled back, or could not even be. */
  readonly failedDeployment: Rule;
  /** An application ended and systemd started it again; no alert for each one of a thousand. */
  readonly processRestarted: AlertingAlarm;

  constructor(scope: Construct, id: string, props: ServerAlertsProps) {
    super(scope, id);
    const group = props.groups.map(({ autoScalingGroupName }) => autoScalingGroupName);
    this.replaced = this.rule(props, 'Replaced', 'A server was unhealthy and has been replaced', {
      source: ['aws.autoscaling'],
      detailType: ['EC2 Instance Terminate Successful'],
      detail: {
        AutoScalingGroupName: group,
        // "... was taken out of service in response to an ELB system health check failure", or to an EC2 one.
        Cause: Match.wildcard('*health check*'),
      },
    });
    this.notHealing = this.rule(props, 'NotHealing', 'A server could not be launched or terminated', {
      source: ['aws.autoscaling'],
      detailType: ['EC2 Instance Launch Unsuccessful', 'EC2 Instance Terminate Unsuccessful'],
      detail: { AutoScalingGroupName: group },
    });
    this.failedDeployment = this.rule(props, 'FailedDeployment', 'A deployment failed and is rolled back', {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [Stack.of(this).stackId],
        'status-details': {
          status: ['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_FAILED', 'UPDATE_FAILED', 'DELETE_FAILED'],
        },
      },
    });
    this.processRestarted = this.createProcessRestarted(props);
  }

  private createProcessRestarted({ alerts, serverLogs }: ServerAlertsProps): AlertingAlarm {
    const restarts = new MetricFilter(this, 'Restarts', {
      logGroup: serverLogs,
      metricNamespace: `Nines/${Stack.of(this).stackName}`,
      metricName: 'ProcessRestarts',
      metricValue: '1',
      filterPattern: FilterPattern.literal(RESTARTED),
    });
    return new AlertingAlarm(this, 'ProcessRestarted', {
      alerts,
      problem: 'The application ended on a server, and systemd has started it again.',
      playbook: 'docs/playbooks/outage.md',
      metric: restarts.metric({ statistic: Stats.SUM, period: ALARM_PERIOD }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private rule(props: ServerAlertsProps, id: string, description: string, eventPattern: EventPattern): Rule {
    return new Rule(this, id, {
      description,
      eventPattern,
      targets: [
        new SnsTopic(props.alerts.topic, {
          message: RuleTargetInput.fromText(
            `${description} in ${Stack.of(this).stackName} at ${EventField.fromPath('$.time')}: ` +
              `${EventField.fromPath('$.detail')}\nPlaybook: docs/playbooks/${
                id === 'FailedDeployment' ? 'failed-deployment' : 'outage'
              }.md`,
          ),
        }),
      ],
    });
  }
}
