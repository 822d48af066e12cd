/**
 * Holds what is left in the emulator against what the templates say will be left (`readLeftovers` of libs/topology),
 * and against the emulator's own habits. What neither explains is a defect: of the stack, or of the reading.
 */
import type { Leftover } from '@nines/topology';
import type { Left } from '../inventory.ts';

/** CloudFormation's name for a service, by the emulator's. */
const NAMESPACES: Readonly<Record<string, string>> = {
  appconfig: 'AppConfig',
  autoscaling: 'AutoScaling',
  backup: 'Backup',
  cloudfront: 'CloudFront',
  cloudwatch: 'CloudWatch',
  cloudwatch_logs: 'Logs',
  dynamodb: 'DynamoDB',
  ec2: 'EC2',
  iam: 'IAM',
  kms: 'KMS',
  lambda_svc: 'Lambda',
  rds: 'RDS',
  route53: 'Route53',
  s3: 'S3',
  secretsmanager: 'SecretsManager',
  sns: 'SNS',
  sqs: 'SQS',
  ssm: 'SSM',
};

/** What the emulator leaves and AWS does not, whatever the template says. */
export interface Habit {
  readonly service: string;
  readonly kind: string;
  readonly why: string;
}

export const HABITS: readonly Habit[] = [
  {
    service: 'lambda_svc',
    kind: 'layers',
    why: 'the name of a layer stays when its only version is deleted; AWS has no such thing',
  },
  {
    service: 'stepfunctions',
    kind: 'executions',
    why: 'runs that are over stay as records when their workflow is deleted; AWS keeps none of an express workflow',
  },
];

export interface ExplainedLeft extends Left {
  /** Undefined: nothing explains it. */
  readonly because: string | undefined;
}

/** Logs that AWS makes beside a resource are log groups, whatever the resource is. */
const explains = ({ type, kind }: Leftover, service: string): boolean =>
  type.startsWith(`AWS::${NAMESPACES[service] ?? service}::`) ||
  (service === 'cloudwatch_logs' && kind === 'unlisted');

/** @param predicted What the templates of the destroyed stacks are said to leave. */
export function explainLeft(
  left: readonly Left[],
  predicted: readonly Leftover[],
  habits: readonly Habit[] = HABITS,
): ExplainedLeft[] {
  return left.map((one) => {
    const { service, kind, names } = one;
    const habit = habits.find((known) => known.service === service && known.kind === kind);
    if (habit !== undefined) return { ...one, because: habit.why };
    const reasons = predicted.filter((leftover) => explains(leftover, service));
    // Fewer reasons than names: at least one of the names has none.
    if (reasons.length < names.length) return { ...one, because: undefined };
    return { ...one, because: reasons.map(({ resource, reason }) => `${resource} ${reason}`).join('; ') };
  });
}
