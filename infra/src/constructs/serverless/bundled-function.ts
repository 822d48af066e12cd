/**
 * A Lambda function that runs one of the bundles of the application: everything in one file, the SDK included, so that
 * what was tested is what runs (docs/adr/0063-what-a-function-loads.md).
 *
 * Each function has a role of its own that may write its own log and nothing else; whoever makes one grants the rest.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { ApplicationBundleMissingError } from '../application-bundle.ts';

/** More than half of a virtual CPU, which is what a cold start is made of; the code itself needs a tenth of it. */
const MEMORY_MB = 1_024;

/** Folders of `apps/shop-api/dist/functions`. */
export type BundleName = 'shop-api' | 'order-worker' | 'seed-catalogue';

export interface BundledFunctionProps {
  /** Folder of the application's build. */
  readonly appDist: string;
  readonly bundle: BundleName;
  /** What it does, in a few words. */
  readonly description: string;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: ILogGroup;
  /**
   * Concurrency that is kept for this function, and that it cannot exceed.
   * @default none: it shares what the account has with all other functions
   */
  readonly reservedConcurrency?: number;
  /**
   * Whether requests are traced by X-Ray.
   * @default false
   */
  readonly isTraced?: boolean;
}

export class BundledFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);
    const folder = join(props.appDist, 'functions', props.bundle);
    const file = join(folder, 'index.mjs');
    if (!existsSync(file)) throw new ApplicationBundleMissingError(file);
    this.role = this.createRole(props);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(folder),
      handler: 'index.handler',
      memorySize: MEMORY_MB,
      timeout: props.timeout,
      environment: { ...props.environment, LOG_LEVEL: 'info' },
      logGroup: props.logGroup,
      role: this.role,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      ...(props.isTraced === true && { tracing: Tracing.ACTIVE }),
    });
    if (props.isTraced === true) {
      acknowledge(this.role, {
        'AwsSolutions-IAM5[Resource::*]':
          'Sending traces knows no resources: X-Ray has no others than all of them.',
      });
    }
  }

  /** Not the policy of AWS, which may write to every log of the account. */
  private createRole({ description, logGroup }: BundledFunctionProps): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description,
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'WriteItsLog',
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    return role;
  }
}
