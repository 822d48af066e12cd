/**
 * A runbook that acts: an Automation document of SSM with a role of its own. What a person reads and what runs is the
 * same text, and what an experiment breaks is put back by the same document, also when it is stopped.
 */
import { Stack } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

/** A step as Automation writes it. */
export type Step = Readonly<Record<string, unknown>> & { readonly name: string };

export interface AutomationProps {
  readonly description: string;
  /** What it may do. */
  readonly statements: readonly PolicyStatement[];
  /** Parameters beside the role, as Automation writes them. */
  readonly parameters?: Readonly<Record<string, object>>;
  readonly steps: readonly Step[];
  readonly outputs?: readonly string[];
}

export class Automation extends Construct {
  readonly document: CfnDocument;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: AutomationProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ssm.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: props.description,
    });
    for (const statement of props.statements) this.role.addToPolicy(statement);
    this.document = new CfnDocument(this, 'Document', {
      documentType: 'Automation',
      updateMethod: 'NewVersion',
      content: {
        schemaVersion: '0.3',
        description: props.description,
        assumeRole: this.role.roleArn,
        parameters: { ...props.parameters },
        mainSteps: [...props.steps],
        ...(props.outputs !== undefined && { outputs: [...props.outputs] }),
      },
    });
    this.document.node.addDependency(this.role);
  }
}

/** One call of an API of AWS. */
export const call = (
  name: string,
  service: string,
  api: string,
  parameters: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): Step => ({
  name,
  action: 'aws:executeAwsApi',
  inputs: { Service: service, Api: api, ...parameters },
  ...more,
});

/**
 * Breaks something, waits, and puts it back: also when waiting was cut short, by a person or by the alarm that stops an
 * experiment.
 */
export const breakFor = (duration: string, broken: Step, putBack: Step): readonly Step[] => [
  { ...broken, onFailure: 'Abort', nextStep: 'Wait' },
  {
    name: 'Wait',
    action: 'aws:sleep',
    inputs: { Duration: duration },
    onCancel: `step:${putBack.name}`,
    onFailure: `step:${putBack.name}`,
    nextStep: putBack.name,
  },
  { ...putBack, isEnd: true },
];
