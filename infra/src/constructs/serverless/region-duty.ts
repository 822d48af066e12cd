/**
 * Which of two regions is on duty where one serves and the other stands by, and the two commands that change it, each
 * run in the region that it changes: `TakeOver` and `StepAside`.
 *
 * The duty is a parameter in its own region. Once a minute a workflow says it as a metric; in the standby an alarm on
 * that moves the traffic (`region-routing.ts`), so that DNS follows what is written down here, whoever wrote it. Nothing
 * here asks another region: the one that is lost least of all.
 *
 * Not for tiers whose regions all serve: there is nothing to decide.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  type CfnAlarm,
  ComparisonOperator,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AlertingAlarm } from '../alarm.ts';
import type { AlertChannel } from '../alert-channel.ts';
import { type EmergencyLevers, LEVER_DEFAULTS } from '../emergency-levers.ts';
import type { EncryptedLogGroup } from '../encrypted-log-group.ts';
import type { RegionNames } from '../region-names.ts';
import { RegionWorkflow, type State } from '../region-workflow.ts';

const INTERVAL = Duration.minutes(1);
const METRIC_NAME = 'OnDuty';
const PLAYBOOK = 'docs/playbooks/lost-region.md';

/** Ten minutes for environments to stand ready; they take one or two. */
const READY_TRIES = 40;
const READY_WAIT_SECONDS = 15;

/** Many times the usual lag between regions: what was written before writes stopped has arrived after that. */
const SETTLE_SECONDS = 30;

export interface RegionDutyProps {
  readonly names: RegionNames;
  readonly alerts: AlertChannel;
  readonly logGroup: EncryptedLogGroup;
  /** Whether the region is on duty when the stack is deployed. */
  readonly isOnDuty: boolean;
  /** Whether DNS follows this region's word: the one that was not made to serve. */
  readonly movesTraffic: boolean;
  readonly levers: EmergencyLevers;
  /** Functions and the environments of each that are to stand ready while on duty. */
  readonly ready: readonly {
    readonly functionArn: string;
    readonly functionName: string;
    readonly alias: string;
    readonly environments: number;
  }[];
}

export class RegionDuty extends Construct {
  readonly parameter: StringParameter;
  readonly takeOver: RegionWorkflow;
  readonly stepAside: RegionWorkflow;
  readonly beacon: RegionWorkflow;
  readonly schedule: Rule;
  /** On while this region serves although it was not made to; only where it moves traffic. */
  readonly tookOver?: AlertingAlarm;
  readonly silent: AlertingAlarm;

  private readonly props: RegionDutyProps;

  constructor(scope: Construct, id: string, props: RegionDutyProps) {
    super(scope, id);
    this.props = props;
    this.parameter = new StringParameter(this, 'Parameter', {
      description: 'Whether this region is on duty: yes or no. Changed by TakeOver and StepAside.',
      stringValue: props.isOnDuty ? 'yes' : 'no',
      allowedPattern: '^(yes|no)$',
    });
    this.beacon = this.createBeacon();
    this.schedule = new Rule(this, 'Schedule', {
      description: 'Asks once a minute whether this region is on duty',
      schedule: Schedule.rate(INTERVAL),
      targets: [new SfnStateMachine(this.beacon.stateMachine)],
    });
    this.takeOver = this.createTakeOver();
    this.stepAside = this.createStepAside();
    const { alerts, names } = props;
    const { region } = Stack.of(this);
    if (props.movesTraffic) {
      this.tookOver = new AlertingAlarm(this, 'TookOver', {
        alerts,
        problem: `${region} serves instead of the region that was made for it: traffic goes here.`,
        playbook: PLAYBOOK,
        metric: this.metric(Stats.MAXIMUM),
        comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold: 1,
        periods: 1,
        missingData: TreatMissingData.IGNORE,
      });
      (this.tookOver.node.defaultChild as CfnAlarm).alarmName = names.tookOverAlarm(region);
    }
    this.silent = new AlertingAlarm(this, 'Silent', {
      alerts,
      problem:
        'For five minutes nobody has said whether this region is on duty: a failover would not move traffic.',
      playbook: PLAYBOOK,
      metric: this.metric(Stats.SAMPLE_COUNT),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: 5,
      missingData: TreatMissingData.BREACHING,
    });
  }

  private metric(statistic: string): Metric {
    return new Metric({
      namespace: this.props.names.metricNamespace,
      metricName: METRIC_NAME,
      dimensionsMap: { Region: Stack.of(this).region },
      statistic,
      period: INTERVAL,
    });
  }

  private say(value: unknown): State {
    return {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:cloudwatch:putMetricData',
      Arguments: {
        Namespace: this.props.names.metricNamespace,
        MetricData: [
          {
            MetricName: METRIC_NAME,
            Dimensions: [{ Name: 'Region', Value: Stack.of(this).region }],
            Value: value,
          },
        ],
      },
      Retry: RETRY,
      End: true,
    };
  }

  private createBeacon(): RegionWorkflow {
    return this.workflow('Beacon', {
      type: StateMachineType.EXPRESS,
      comment: 'Says whether this region is on duty',
      timeout: Duration.seconds(30),
      statements: [this.may('ReadTheDuty', ['ssm:GetParameter'])],
      startAt: 'IsOnDuty',
      states: {
        IsOnDuty: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:ssm:getParameter',
          Arguments: { Name: this.parameter.parameterName },
          Assign: { duty: "{% $states.result.Parameter.Value = 'yes' ? 1 : 0 %}" },
          Retry: RETRY,
          Next: 'SayIt',
        },
        SayIt: this.say('{% $duty %}'),
      },
    });
  }

  /** Capacity first, then writes, then traffic: nobody is sent to a region that is not ready. */
  private createTakeOver(): RegionWorkflow {
    const { ready } = this.props;
    const states: Record<string, State> = {};
    ready.forEach(({ functionName, alias, environments }, index) => {
      const number = String(index + 1);
      const next = index + 1 < ready.length ? `MakeReady${String(index + 2)}` : 'AllowWrites';
      states[`MakeReady${number}`] = {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:lambda:putProvisionedConcurrencyConfig',
        Arguments: {
          FunctionName: functionName,
          Qualifier: alias,
          ProvisionedConcurrentExecutions: environments,
        },
        Assign: { tries: 0 },
        Retry: RETRY,
        Next: `IsReady${number}`,
      };
      states[`IsReady${number}`] = {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:lambda:getProvisionedConcurrencyConfig',
        Arguments: { FunctionName: functionName, Qualifier: alias },
        Assign: { tries: '{% $tries + 1 %}', status: '{% $states.result.Status %}' },
        Retry: RETRY,
        Next: `Decide${number}`,
      };
      states[`Decide${number}`] = {
        Type: 'Choice',
        // Cold starts are better than no region: when environments do not come, requests start them.
        Choices: [{ Condition: `{% $status = 'READY' or $tries >= ${String(READY_TRIES)} %}`, Next: next }],
        Default: `Wait${number}`,
      };
      states[`Wait${number}`] = { Type: 'Wait', Seconds: READY_WAIT_SECONDS, Next: `IsReady${number}` };
    });
    return this.workflow('TakeOver', {
      type: StateMachineType.STANDARD,
      comment: 'Makes this region the one that serves',
      timeout: Duration.minutes(45),
      statements: [
        ...ready.map(
          ({ functionArn }, index) =>
            new PolicyStatement({
              sid: `MakeReady${String(index + 1)}`,
              actions: ['lambda:PutProvisionedConcurrencyConfig', 'lambda:GetProvisionedConcurrencyConfig'],
              resources: [`${functionArn}:${ready[index]?.alias ?? ''}`],
            }),
        ),
        this.may('WriteTheDuty', ['ssm:PutParameter']),
        ...this.mayMoveLevers(),
      ],
      startAt: ready.length > 0 ? 'MakeReady1' : 'AllowWrites',
      states: {
        ...states,
        ...this.moveReadOnly('AllowWrites', false, 'GoOnDuty'),
        ...this.setDuty('GoOnDuty', 'yes', 1),
      },
    });
  }

  /** Writes stop first, and what was written arrives elsewhere, before traffic leaves. */
  private createStepAside(): RegionWorkflow {
    return this.workflow('StepAside', {
      type: StateMachineType.STANDARD,
      comment: 'Makes this region stand by',
      timeout: Duration.minutes(15),
      statements: [this.may('WriteTheDuty', ['ssm:PutParameter']), ...this.mayMoveLevers()],
      startAt: 'StopWrites',
      states: {
        ...this.moveReadOnly('StopWrites', true, 'LetWritesArrive'),
        LetWritesArrive: { Type: 'Wait', Seconds: SETTLE_SECONDS, Next: 'GoOffDuty' },
        ...this.setDuty('GoOffDuty', 'no', 0),
      },
    });
  }

  private setDuty(name: string, duty: 'yes' | 'no', value: number): Readonly<Record<string, State>> {
    return {
      [name]: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:ssm:putParameter',
        Arguments: { Name: this.parameter.parameterName, Value: duty, Overwrite: true },
        Retry: RETRY,
        Next: 'SayIt',
      },
      SayIt: this.say(value),
    };
  }

  /** All levers as at first but this one: what people have pulled since stands in AppConfig's history. */
  private moveReadOnly(name: string, isReadOnly: boolean, next: string): Readonly<Record<string, State>> {
    const { application, environment, profile } = this.props.levers.address;
    return {
      [name]: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:appconfig:createHostedConfigurationVersion',
        Arguments: {
          ApplicationId: application,
          ConfigurationProfileId: profile,
          ContentType: 'application/json',
          Content: JSON.stringify({ ...LEVER_DEFAULTS, 'read-only': isReadOnly }),
        },
        Assign: { version: '{% $string($states.result.VersionNumber) %}' },
        Retry: RETRY,
        Next: `${name}Everywhere`,
      },
      [`${name}Everywhere`]: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:appconfig:startDeployment',
        Arguments: {
          ApplicationId: application,
          EnvironmentId: environment,
          ConfigurationProfileId: profile,
          ConfigurationVersion: '{% $version %}',
          DeploymentStrategyId: this.props.levers.strategy.deploymentStrategyId,
        },
        Retry: RETRY,
        Next: next,
      },
    };
  }

  private may(sid: string, actions: readonly string[]): PolicyStatement {
    return new PolicyStatement({ sid, actions: [...actions], resources: [this.parameter.parameterArn] });
  }

  private mayMoveLevers(): readonly PolicyStatement[] {
    const { partition, region, account } = Stack.of(this);
    const { application, environment, profile } = this.props.levers.address;
    const arn = `arn:${partition}:appconfig:${region}:${account}`;
    const ofApplication = `${arn}:application/${application}`;
    return [
      new PolicyStatement({
        sid: 'WriteLevers',
        actions: ['appconfig:CreateHostedConfigurationVersion'],
        resources: [ofApplication, `${ofApplication}/configurationprofile/${profile}`],
      }),
      new PolicyStatement({
        sid: 'MoveLevers',
        actions: ['appconfig:StartDeployment'],
        resources: [
          ofApplication,
          `${ofApplication}/environment/${environment}`,
          `${ofApplication}/configurationprofile/${profile}`,
          `${arn}:deploymentstrategy/${this.props.levers.strategy.deploymentStrategyId}`,
        ],
      }),
    ];
  }

  private workflow(
    id: string,
    props: Omit<ConstructorParameters<typeof RegionWorkflow>[2], 'logGroup' | 'findings'>,
  ): RegionWorkflow {
    const { names, logGroup } = this.props;
    return new RegionWorkflow(this, id, {
      ...props,
      logGroup,
      statements: [
        ...props.statements,
        new PolicyStatement({
          sid: 'SayIt',
          actions: ['cloudwatch:PutMetricData'],
          resources: ['*'],
          conditions: { StringEquals: { 'cloudwatch:namespace': names.metricNamespace } },
        }),
      ],
      findings: {
        'AwsSolutions-IAM5[Resource::*]':
          'Publishing metrics, delivering logs and sending traces know no resources; a condition narrows the metrics to the namespace of this workload.',
      },
    });
  }
}

const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }];
