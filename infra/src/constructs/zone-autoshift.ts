/**
 * Lets AWS move traffic out of a zone that it knows to be impaired, and practise that every week: half an hour
 * without one zone, at a time of ARC's choosing. The outcome alarm says whether users noticed; alerts say when it
 * happens.
 *
 * Only for tiers that are statically stable: with a zone less, the others carry everything.
 */
import { CfnZonalAutoshiftConfiguration } from 'aws-cdk-lib/aws-arczonalshift';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { AlertChannel } from './alert-channel.ts';

export interface ZoneAutoshiftProps {
  readonly alerts: AlertChannel;
  readonly loadBalancer: ApplicationLoadBalancer;
  /** Goes off when users notice: ends a practice run and marks it as failed. */
  readonly outcomeAlarm: Alarm;
  /** No practice begins while it is in alarm. */
  readonly blockingAlarm: Alarm;
}

export class ZoneAutoshift extends Construct {
  readonly configuration: CfnZonalAutoshiftConfiguration;
  readonly shifted: Rule;

  constructor(scope: Construct, id: string, props: ZoneAutoshiftProps) {
    super(scope, id);
    const condition = ({ alarmArn }: Alarm) => ({ type: 'CLOUDWATCH', alarmIdentifier: alarmArn });
    this.configuration = new CfnZonalAutoshiftConfiguration(this, 'Configuration', {
      resourceIdentifier: props.loadBalancer.loadBalancerArn,
      zonalAutoshiftStatus: 'ENABLED',
      practiceRunConfiguration: {
        outcomeAlarms: [condition(props.outcomeAlarm)],
        blockingAlarms: [condition(props.blockingAlarm)],
        // UTC. Not while the database is backed up and maintained, nor at the weekend when nobody looks.
        blockedWindows: ['Sat:00:00-Sat:23:59', 'Sun:00:00-Sun:23:59'],
      },
    });
    this.shifted = new Rule(this, 'Shifted', {
      description: 'Traffic was moved out of a zone, or a practice of that failed',
      eventPattern: {
        source: ['aws.arc-zonal-shift'],
        detailType: [
          'Autoshift In Progress',
          'Autoshift Completed',
          'Practice Run Failed',
          'Practice Run Interrupted',
        ],
        resources: [props.loadBalancer.loadBalancerArn],
      },
      targets: [
        new SnsTopic(props.alerts.topic, {
          message: RuleTargetInput.fromText(
            `${EventField.fromPath('$.detail-type')} at ${EventField.fromPath('$.time')}: ` +
              `${EventField.fromPath('$.detail')}\nPlaybook: docs/playbooks/impaired-zone.md`,
          ),
        }),
      ],
    });
  }
}
