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

export interface ExplainOptions {
  /** @default what is known of MiniStack */
  readonly habits?: readonly Habit[];
  /** @default none */
  readonly remadeLogs?: readonly string[];
}

/** Logs that AWS makes beside a resource are log groups, whatever the resource is. */
const explains = ({ type, kind }: Leftover, service: string): boolean =>
  type.startsWith(`AWS::${NAMESPACES[service] ?? service}::`) ||
  (service === 'cloudwatch_logs' && kind === 'unlisted');

const REMADE_WHY =
  'a function that was still at work wrote its last lines, for which the emulator makes its deleted log group anew; ' +
  'in AWS its role does not allow that';

/** Sets apart what is there only because the emulator made it again. */
function withoutRemade(left: readonly Left[], remadeLogs: readonly string[]): (Left | ExplainedLeft)[] {
  return left.flatMap((one) => {
    if (one.service !== 'cloudwatch_logs') return [one];
    // The emulator names a record by account, region and name.
    const isRemade = (name: string) => remadeLogs.some((log) => name.includes(`'${log}'`));
    const [again, rest] = [one.names.filter(isRemade), one.names.filter((name) => !isRemade(name))];
    return [
      ...(again.length > 0 ? [{ ...one, names: again, because: REMADE_WHY }] : []),
      ...(rest.length > 0 ? [{ ...one, names: rest }] : []),
    ];
  });
}

/**
 * @param predicted What the templates of the destroyed stacks are said to leave.
 * @param remadeLogs Names of log groups that may be there again (`readRemadeLogs`).
 */
export function explainLeft(
  left: readonly Left[],
  predicted: readonly Leftover[],
  { habits = HABITS, remadeLogs = [] }: ExplainOptions = {},
): ExplainedLeft[] {
  return withoutRemade(left, remadeLogs).map((one) => {
    if ('because' in one) return one;
    const { service, kind, names } = one;
    const habit = habits.find((known) => known.service === service && known.kind === kind);
    if (habit !== undefined) return { ...one, because: habit.why };
    const reasons = predicted.filter((leftover) => explains(leftover, service));
    // Fewer reasons than names: at least one of the names has none.
    if (reasons.length < names.length) return { ...one, because: undefined };
    return { ...one, because: reasons.map(({ resource, reason }) => `${resource} ${reason}`).join('; ') };
  });
}
