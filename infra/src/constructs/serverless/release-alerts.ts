/** Alerts on releases that are taken back, by CloudFormation or, where functions are released in steps, by CodeDeploy. */
import { Stack } from 'aws-cdk-lib';
import { EventField, type EventPattern, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { AlertChannel } from '../alert-channel.ts';

export interface ReleaseAlertsProps {
  readonly alerts: AlertChannel;
  /** The stack that is released. */
  readonly stackId: string;
  /**
   * Application of CodeDeploy that moves the aliases.
   * @default none: releases are made in place
   */
  readonly deployments?: string;
}

export class ReleaseAlerts extends Construct {
  readonly failedDeployment: Rule;
  /** None where releases are made in place. */
  readonly takenBack?: Rule;

  constructor(scope: Construct, id: string, { alerts, stackId, deployments }: ReleaseAlertsProps) {
    super(scope, id);
    this.failedDeployment = this.rule('FailedDeployment', alerts, 'A deployment failed and is rolled back', {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [stackId],
        'status-details': {
          status: ['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_FAILED', 'UPDATE_FAILED', 'DELETE_FAILED'],
        },
      },
    });
    if (deployments !== undefined) {
      this.takenBack = this.rule('TakenBack', alerts, 'A release of a function was taken back', {
        source: ['aws.codedeploy'],
        detailType: ['CodeDeploy Deployment State-change Notification'],
        detail: { application: [deployments], state: ['FAILURE', 'STOP'] },
      });
    }
  }

  private rule(id: string, alerts: AlertChannel, description: string, eventPattern: EventPattern): Rule {
    const message =
      `${description}, seen by ${Stack.of(this).stackName} at ${EventField.fromPath('$.time')}: ` +
      `${EventField.fromPath('$.detail')}\nPlaybook: docs/playbooks/failed-deployment.md`;
    return new Rule(this, id, {
      description,
      eventPattern,
      targets: [new SnsTopic(alerts.topic, { message: RuleTargetInput.fromText(message) })],
    });
  }
}
