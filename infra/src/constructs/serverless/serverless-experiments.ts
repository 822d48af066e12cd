/**
 * Faults of serverless tiers as experiments of AWS Fault Injection Service. None can run without an alarm that stops it.
 *
 * FIS knows no fault of its own for a function without its extension in each environment, which customers would wait for
 * at each cold start, none for a table that refuses, and none for an API. So an experiment starts an Automation document
 * that breaks the part by its own settings and puts it back, also when the experiment is stopped. Replication between
 * regions FIS can pause itself.
 *
 * An experiment changes nothing until somebody starts it: docs/runbooks/run-a-fault-experiment.md.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnExperimentTemplate } from 'aws-cdk-lib/aws-fis';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Automation, breakFor, call } from './automation.ts';
import { documentArn } from './table-runbooks.ts';
import type { Throttle } from './http-api.ts';
import type { TableAddress } from './shop-table.ts';

/** Longer than any retry lasts, short enough for a working day. */
const FAULT = Duration.minutes(5);
/** As long as a person may take to decide, and the recovery after that. */
const REGION_LOSS = Duration.minutes(30);
/** For stopping: the document still has to put things back. */
const MORE_THAN = (duration: Duration): string => `PT${String(duration.toMinutes() + 5)}M`;

const iso = (duration: Duration): string => `PT${String(duration.toMinutes())}M`;

export interface ServerlessExperimentsProps {
  /** Ends an experiment when users feel more than the tier promises. */
  readonly stopAlarm: Alarm;
  /** Functions that can be taken away: those without environments that stand ready, which forbid it. */
  readonly functions: Readonly<Record<string, { readonly function: IFunction; readonly reserved?: number }>>;
  /**
   * The table, where it may be made to refuse writes.
   * @default none: the table of several regions would refuse in all of them
   */
  readonly refusingTable?: TableAddress;
  /**
   * For tiers of several regions: the table whose replication is paused, the API that is lost with its region, and what
   * ends that experiment when no other region takes over.
   * @default none
   */
  readonly region?: {
    readonly table: TableAddress;
    readonly apiId: string;
    readonly throttle: Throttle;
    /** Of routes that have one of their own, which would else be admitted. */
    readonly routeThrottles: Readonly<Record<string, Throttle>>;
    readonly stopAlarm: Alarm;
  };
}

interface Fault {
  readonly description: string;
  readonly statements: readonly PolicyStatement[];
  readonly duration: Duration;
  readonly broken: ReturnType<typeof call>;
  readonly putBack: ReturnType<typeof call>;
}

export class ServerlessExperiments extends Construct {
  readonly role: Role;
  /** By the name of the function. */
  readonly functionLosses: Readonly<Record<string, CfnExperimentTemplate>>;
  readonly tableRefusal?: CfnExperimentTemplate;
  readonly replicationPause?: CfnExperimentTemplate;
  readonly regionLoss?: CfnExperimentTemplate;

  constructor(scope: Construct, id: string, props: ServerlessExperimentsProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('fis.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: 'What experiments may break: this tier and nothing else',
    });
    this.functionLosses = Object.fromEntries(
      Object.entries(props.functions).map(([name, lost]) => [
        name,
        this.startsDocument(`${name}Loss`, functionLoss(name, lost), props.stopAlarm),
      ]),
    );
    if (props.refusingTable !== undefined)
      this.tableRefusal = this.startsDocument(
        'TableRefusal',
        tableRefusal(props.refusingTable),
        props.stopAlarm,
      );
    if (props.region !== undefined) {
      this.replicationPause = this.createReplicationPause(props.region.table, props.stopAlarm);
      this.regionLoss = this.startsDocument(
        'RegionLoss',
        regionLoss(this, props.region),
        props.region.stopAlarm,
      );
    }
  }

  private createReplicationPause({ tableArn }: TableAddress, stopAlarm: Alarm): CfnExperimentTemplate {
    this.role.addToPolicy(
      new PolicyStatement({
        sid: 'PauseReplication',
        actions: [
          'dynamodb:DescribeTable',
          'dynamodb:GetResourcePolicy',
          'dynamodb:PutResourcePolicy',
          'dynamodb:DeleteResourcePolicy',
        ],
        resources: [tableArn],
      }),
    );
    return this.template(
      'ReplicationPause',
      'Nothing arrives from other regions, and nothing there',
      stopAlarm,
      {
        targets: {
          table: {
            resourceType: 'aws:dynamodb:global-table',
            resourceArns: [tableArn],
            selectionMode: 'ALL',
          },
        },
        actions: {
          pause: {
            actionId: 'aws:dynamodb:global-table-pause-replication',
            targets: { Tables: 'table' },
            parameters: { duration: iso(FAULT) },
          },
        },
      },
    );
  }

  private startsDocument(id: string, fault: Fault, stopAlarm: Alarm): CfnExperimentTemplate {
    const automation = new Automation(this, `${id}Automation`, {
      description: fault.description,
      statements: fault.statements,
      steps: breakFor(iso(fault.duration), fault.broken, fault.putBack),
    });
    const document = documentArn(this, automation.document.ref);
    this.role.addToPolicy(
      new PolicyStatement({
        sid: `Start${id}`,
        actions: ['ssm:StartAutomationExecution'],
        resources: [
          documentArn(this, automation.document.ref).replace(':document/', ':automation-definition/') +
            ':$DEFAULT',
        ],
      }),
    );
    this.role.addToPolicy(
      new PolicyStatement({
        sid: `Pass${id}`,
        actions: ['iam:PassRole'],
        resources: [automation.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
      }),
    );
    return this.template(id, fault.description, stopAlarm, {
      targets: {},
      actions: {
        break: {
          actionId: 'aws:ssm:start-automation-execution',
          parameters: {
            documentArn: document,
            documentParameters: '{}',
            maxDuration: MORE_THAN(fault.duration),
          },
        },
      },
    });
  }

  private template(
    id: string,
    description: string,
    stopAlarm: Alarm,
    fault: Pick<CfnExperimentTemplate, 'targets' | 'actions'>,
  ): CfnExperimentTemplate {
    const template = new CfnExperimentTemplate(this, id, {
      description: `${description} (${Stack.of(this).stackName})`,
      roleArn: this.role.roleArn,
      stopConditions: [{ source: 'aws:cloudwatch:alarm', value: stopAlarm.alarmArn }],
      targets: fault.targets,
      actions: fault.actions,
      experimentOptions: { accountTargeting: 'single-account', emptyTargetResolutionMode: 'fail' },
      tags: { Name: `${Stack.of(this).stackName} ${id}` },
    });
    template.node.addDependency(this.role);
    return template;
  }
}

/** No invocation is admitted: what callers see when a function is out of concurrency, or its release is broken. */
function functionLoss(
  name: string,
  { function: { functionArn, functionName }, reserved }: ServerlessExperimentsProps['functions'][string],
): Fault {
  const FunctionName = functionName;
  return {
    description: `${name}: no invocation is admitted for five minutes`,
    duration: FAULT,
    statements: [
      new PolicyStatement({
        sid: 'TakeItsConcurrency',
        actions: ['lambda:PutFunctionConcurrency', 'lambda:DeleteFunctionConcurrency'],
        resources: [functionArn],
      }),
    ],
    broken: call('AdmitNone', 'lambda', 'PutFunctionConcurrency', {
      FunctionName,
      ReservedConcurrentExecutions: 0,
    }),
    putBack:
      reserved === undefined
        ? call('AdmitAgain', 'lambda', 'DeleteFunctionConcurrency', { FunctionName })
        : call('AdmitAgain', 'lambda', 'PutFunctionConcurrency', {
            FunctionName,
            ReservedConcurrentExecutions: reserved,
          }),
  };
}

/** The table takes one write a second and refuses the others, as it does when a partition is hot. */
function tableRefusal({ tableArn, tableName }: TableAddress): Fault {
  const limit = (name: string, units: number) =>
    call(name, 'dynamodb', 'UpdateTable', {
      TableName: tableName,
      OnDemandThroughput: { MaxReadRequestUnits: -1, MaxWriteRequestUnits: units },
    });
  return {
    description: 'The table takes one write a second for five minutes',
    duration: FAULT,
    statements: [
      new PolicyStatement({
        sid: 'LimitTheTable',
        actions: ['dynamodb:UpdateTable'],
        resources: [tableArn],
      }),
    ],
    broken: limit('RefuseWrites', 1),
    putBack: limit('TakeAllWrites', -1),
  };
}

/** Every request is refused, those of Route 53's checkers too: to everybody outside the region is lost. */
function regionLoss(
  scope: Construct,
  { apiId, throttle, routeThrottles }: NonNullable<ServerlessExperimentsProps['region']>,
): Fault {
  const { partition, region } = Stack.of(scope);
  const settings = ({ rateLimit, burstLimit }: Throttle) => ({
    DetailedMetricsEnabled: true,
    ThrottlingRateLimit: rateLimit,
    ThrottlingBurstLimit: burstLimit,
  });
  const limit = (name: string, of: (throttle: Throttle) => Throttle) =>
    call(name, 'apigatewayv2', 'UpdateStage', {
      ApiId: apiId,
      StageName: '$default',
      DefaultRouteSettings: settings(of(throttle)),
      RouteSettings: Object.fromEntries(
        Object.entries(routeThrottles).map(([route, own]) => [route, settings(of(own))]),
      ),
    });
  return {
    description: 'The API of this region refuses everything for half an hour',
    duration: REGION_LOSS,
    statements: [
      new PolicyStatement({
        sid: 'LimitTheStage',
        actions: ['apigateway:PATCH'],
        resources: [`arn:${partition}:apigateway:${region}::/apis/${apiId}/stages/$default`],
      }),
    ],
    broken: limit('RefuseEverything', () => ({ rateLimit: 0, burstLimit: 0 })),
    putBack: limit('AdmitAgain', (own) => own),
  };
}
