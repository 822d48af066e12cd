/**
 * Where every alert goes: one encrypted topic. Alarms, database events and the rules on self-healing all publish
 * here, and people (or a pager) subscribe here and nowhere else.
 */
import { Annotations, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { EncryptionKey } from './encryption-key.ts';

export interface AlertChannelProps {
  readonly encryptionKey: EncryptionKey;
  /**
   * Address that alerts are mailed to.
   * @default none, with a warning at synth
   */
  readonly email?: string;
}

const PUBLISHERS = ['cloudwatch.amazonaws.com', 'events.amazonaws.com', 'events.rds.amazonaws.com'] as const;

export class AlertChannel extends Construct {
  readonly topic: Topic;
  readonly alarmAction: SnsAction;

  constructor(scope: Construct, id: string, props: AlertChannelProps) {
    super(scope, id);
    props.encryptionKey.allowPublishers(PUBLISHERS);
    this.topic = new Topic(this, 'Topic', {
      displayName: `Alerts of ${Stack.of(this).stackName}`,
      masterKey: props.encryptionKey,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsAndDatabaseEventsOfThisAccount',
        principals: [
          new ServicePrincipal('cloudwatch.amazonaws.com'),
          new ServicePrincipal('events.rds.amazonaws.com'),
        ],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.alarmAction = new SnsAction(this.topic);
    if (props.email === undefined) {
      Annotations.of(this).addWarningV2(
        '@nines/infra:nobody-is-alerted',
        'Nobody is subscribed to the alerts: pass -c alertEmail=<address>, or subscribe a pager to the topic.',
      );
    } else {
      this.topic.addSubscription(new EmailSubscription(props.email));
    }
  }
}
