/**
 * A function behind an alias that releases move in two steps: a tenth of the requests for five minutes, then all. An
 * alarm in that time moves it back, and the deployment of the stack fails and is rolled back with it.
 *
 * The capacity that the peak needs stands ready before requests come: no control plane has to answer for it
 * (static stability), and nobody waits for a cold start. Use it from 99.99% on.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  MathExpression,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import {
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
  type LambdaApplication,
} from 'aws-cdk-lib/aws-codedeploy';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { ALARM_PERIOD } from '../alarm.ts';

const DEPLOYMENT_POLICY = 'service-role/AWSCodeDeployRoleForLambdaLimited';

/** Of the new version, so that a tenth of the traffic is enough to be seen. */
const MOST_FAILED_PERCENT = 1;

/** Slower than this for one of a hundred is slower than any release should be. */
const SLOWEST = Duration.seconds(2);

export interface GuardedReleaseProps {
  readonly function: LambdaFunction;
  readonly application: LambdaApplication;
  /** Environments that stand ready. */
  readonly provisionedConcurrency: number;
  /** Released before this one: one part after the other, not all at once. */
  readonly after?: GuardedRelease;
}

export class GuardedRelease extends Construct {
  /** What requests go to. */
  readonly alias: Alias;
  readonly group: LambdaDeploymentGroup;
  /** More failures, or slower answers, than a release may have. */
  readonly alarms: Readonly<Record<'errors' | 'latency', Alarm>>;

  constructor(scope: Construct, id: string, props: GuardedReleaseProps) {
    super(scope, id);
    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      version: props.function.currentVersion,
      provisionedConcurrentExecutions: props.provisionedConcurrency,
      description: 'What requests go to; releases move it in two steps',
    });
    this.alarms = this.createAlarms();
    this.group = new LambdaDeploymentGroup(this, 'Deployment', {
      application: props.application,
      alias: this.alias,
      deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: Object.values(this.alarms),
      role: this.createRole(),
    });
    if (props.after !== undefined) this.alias.node.addDependency(props.after.alias);
  }

  private createAlarms(): GuardedRelease['alarms'] {
    const period = ALARM_PERIOD;
    const invocations = this.alias.metricInvocations({ period });
    const errors = this.alias.metricErrors({ period });
    return {
      errors: new Alarm(this, 'Errors', {
        alarmDescription: 'More than 1% of invocations failed: a release in progress is taken back.',
        metric: new MathExpression({
          label: 'Failed invocations, percent',
          expression: 'IF(invocations > 0, 100 * FILL(errors, 0) / invocations, 0)',
          usingMetrics: { invocations, errors },
          period,
        }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: MOST_FAILED_PERCENT,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
      latency: new Alarm(this, 'Latency', {
        alarmDescription:
          'One of a hundred answers takes more than 2 s: a release in progress is taken back.',
        metric: this.alias.metricDuration({ period, statistic: Stats.percentile(99) }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: SLOWEST.toMilliseconds(),
        evaluationPeriods: 2,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
    };
  }

  private createRole(): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: 'Moves the alias, looks at alarms',
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName(DEPLOYMENT_POLICY)],
    });
    acknowledge(role, {
      [`AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${DEPLOYMENT_POLICY}]`]:
        'Moving an alias and looking at alarms, in calls that change with the service; there is no narrower policy of AWS.',
    });
    return role;
  }
}
