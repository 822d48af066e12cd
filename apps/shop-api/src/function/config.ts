/** The functions' settings from environment variables, checked while they are initialised. */
import type { AppConfigAddress } from '../adapters/aws/app-config-levers.ts';
import { LOG_LEVELS, type LogLevel } from '../adapters/json-log.ts';
import { createEnvironmentReader, type Environment } from '../environment-reader.ts';

export interface FunctionConfig {
  readonly tableName: string;
  readonly paymentUrl: string;
  readonly logLevel: LogLevel;
  /** Set by Lambda. */
  readonly functionName: string;
  /** Tells the environments of one function apart; from the log stream's name, which is one for each. */
  readonly instanceId: string;
  readonly region: string;
  /** Where the emergency levers are kept; absent: nobody can pull any. */
  readonly levers?: AppConfigAddress;
  /** How an order is written: whole, or item by item in a table that takes no transactions. @default transaction */
  readonly orderWrites: OrderWrites;
}

const ORDER_WRITES = ['transaction', 'single-item'] as const;
export type OrderWrites = (typeof ORDER_WRITES)[number];

export interface HttpFunctionConfig extends FunctionConfig {
  readonly reviewsUrl: string;
  /** Takes orders that the table refuses; absent: they are refused. */
  readonly orderIntakeQueueUrl?: string;
}

/** The identifiers of the levers' place in AppConfig, named as in the servers' units. */
const LEVER_NAMES = ['LEVERS_APPLICATION', 'LEVERS_ENVIRONMENT', 'LEVERS_PROFILE'];

/** @throws ConfigInvalidError naming every variable that is missing or wrong, not just the first. */
export function readHttpFunctionConfig(environment: Environment): HttpFunctionConfig {
  return read(environment, (url) => ({
    reviewsUrl: url('REVIEWS_URL'),
    ...(environment['ORDER_INTAKE_QUEUE_URL'] ? { orderIntakeQueueUrl: url('ORDER_INTAKE_QUEUE_URL') } : {}),
  }));
}

/** @throws ConfigInvalidError naming every variable that is missing or wrong, not just the first. */
export function readFunctionConfig(environment: Environment): FunctionConfig {
  return read(environment, () => ({}));
}

function read<More extends object>(
  environment: Environment,
  more: (url: (name: string) => string) => More,
): FunctionConfig & More {
  const { text, oneOf, url, throwIfWrong } = createEnvironmentReader(environment);

  /** All three or none. */
  function levers(): { levers?: AppConfigAddress } {
    if (LEVER_NAMES.every((name) => !environment[name])) return {};
    const [application, environmentId, profile] = LEVER_NAMES.map((name) => text(name));
    return { levers: { application, environment: environmentId, profile } as AppConfigAddress };
  }

  const config = {
    tableName: text('TABLE_NAME'),
    paymentUrl: url('PAYMENT_URL'),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info') as LogLevel,
    orderWrites: oneOf('ORDER_WRITES', ORDER_WRITES, 'transaction') as OrderWrites,
    functionName: text('AWS_LAMBDA_FUNCTION_NAME', 'local'),
    // `2026/11/21/[7]0f3a...`: what follows the version is random.
    instanceId:
      text('AWS_LAMBDA_LOG_STREAM_NAME', 'local')
        .split(/[\]/@]/)
        .at(-1) ?? 'local',
    region: text('AWS_REGION', 'local'),
    ...levers(),
    ...more(url),
  };
  throwIfWrong();
  return config;
}
