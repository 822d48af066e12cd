/**
 * A workflow of Step Functions that acts on its own region, written down as its states are: what a person reads in a
 * failover and what runs is the same text. Use it for what must happen in an order and be waited for; no function of
 * ours is involved, so nothing has to be started or kept up to date.
 */
import { type Duration, Stack } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, LogLevel, StateMachine, type StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { EncryptedLogGroup } from './encrypted-log-group.ts';

/** A state in the Amazon States Language. */
export type State = Readonly<Record<string, unknown>>;

export interface RegionWorkflowProps {
  /** `EXPRESS` for what ends within seconds and may run twice, `STANDARD` for what a person starts and watches. */
  readonly type: StateMachineType;
  readonly comment: string;
  /** After this the execution fails, whatever it was waiting for. */
  readonly timeout: Duration;
  readonly logGroup: EncryptedLogGroup;
  /** What it may do. */
  readonly statements: readonly PolicyStatement[];
  /** Findings of cdk-nag on these statements, with reasons. */
  readonly findings: Readonly<Record<string, string>>;
  readonly startAt: string;
  readonly states: Readonly<Record<string, State>>;
}

export class RegionWorkflow extends Construct {
  readonly stateMachine: StateMachine;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: RegionWorkflowProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: props.comment,
    });
    for (const statement of props.statements) this.role.addToPolicy(statement);
    const definition = {
      Comment: props.comment,
      QueryLanguage: 'JSONata',
      TimeoutSeconds: props.timeout.toSeconds(),
      StartAt: props.startAt,
      States: props.states,
    };
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineType: props.type,
      role: this.role,
      definitionBody: DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      tracingEnabled: true,
      logs: { destination: props.logGroup, level: LogLevel.ALL, includeExecutionData: true },
    });
    acknowledge(this.role, props.findings);
  }
}
