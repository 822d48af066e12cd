/**
 * Turns the environment that the template's systemd unit sets into one for a process on this machine: the same
 * variables, with references into the template replaced by local addresses.
 */
import type { Address } from './fault-link.ts';

export class EnvironmentUnresolvedError extends Error {
  readonly code = 'environment-unresolved';
  override readonly name = 'EnvironmentUnresolvedError';
}

export interface EnvironmentOverrides {
  readonly database: Address;
  /** Where reads go that may be a moment old; the unit decides whether the process is told. */
  readonly databaseRead: Address;
  readonly databaseName: string;
  readonly databaseUser: string;
  readonly databasePasswordFile: string;
  /** Where the process looks for the positions of its emergency levers, if the unit says that it has some. */
  readonly leversFile: string;
  /** Where orders are kept that the database refuses; the unit decides whether the process is told. */
  readonly orderIntakeQueueUrl: string;
  /** The queues of other regions by their region; where there is none the process is not told, whatever the unit says. */
  readonly otherOrderIntakeQueueUrls: ReadonlyMap<string, string>;
  /** Variable to base URL, for every service outside the template. */
  readonly services: Readonly<Record<string, string>>;
}

/** Meaningful on AWS alone: TLS to a loopback database would prove nothing, and there is no secret to fetch. */
const LEFT_OUT = ['DATABASE_CA_FILE', 'DATABASE_SECRET_ARN', 'AWS_CONFIG_FILE'];

/** Requests are signed here too, for a queue that believes any signature. */
const ANY_CREDENTIALS = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/**
 * @throws EnvironmentUnresolvedError when a variable still refers to something in the template that has no local
 * counterpart, because a process that starts with `${Some.Ref}` as a value fails later and less clearly.
 */
export function resolveEnvironment(
  unit: Readonly<Record<string, string>>,
  overrides: EnvironmentOverrides,
): Record<string, string> {
  const otherQueues = [...overrides.otherOrderIntakeQueueUrls].map(([region, url]) => `${region}=${url}`);
  const environment: Record<string, string> = {
    ...unit,
    ...overrides.services,
    DATABASE_HOST: overrides.database.host,
    DATABASE_PORT: String(overrides.database.port),
    DATABASE_NAME: overrides.databaseName,
    DATABASE_USER: overrides.databaseUser,
    DATABASE_PASSWORD_FILE: overrides.databasePasswordFile,
    ...(unit['DATABASE_READ_HOST'] === undefined
      ? {}
      : {
          DATABASE_READ_HOST: overrides.databaseRead.host,
          DATABASE_READ_PORT: String(overrides.databaseRead.port),
        }),
    ...(unit['LEVERS_FILE'] === undefined ? {} : { LEVERS_FILE: overrides.leversFile }),
    ...(unit['ORDER_INTAKE_QUEUE_URL'] === undefined
      ? {}
      : { ...ANY_CREDENTIALS, ORDER_INTAKE_QUEUE_URL: overrides.orderIntakeQueueUrl }),
    ...(unit['ORDER_INTAKE_OTHER_QUEUES'] === undefined
      ? {}
      : { ORDER_INTAKE_OTHER_QUEUES: otherQueues.join(' ') }),
  };
  const leftOut = [...LEFT_OUT, ...(otherQueues.length === 0 ? ['ORDER_INTAKE_OTHER_QUEUES'] : [])];
  for (const name of leftOut) Reflect.deleteProperty(environment, name);
  for (const [name, value] of Object.entries(environment)) {
    // The zone and the machine's name are set per instance, whatever the unit takes them from.
    if (!value.includes('${') || name === 'ZONE' || name === 'INSTANCE_ID') continue;
    const known = value.replaceAll('${AWS::Region}', 'local').replaceAll('${AWS::StackName}', 'local');
    if (known.includes('${')) {
      throw new EnvironmentUnresolvedError(
        `the unit sets ${name}=${value}, which refers to something that the local cloud does not run. ` +
          'Give it a local value in tools/local-cloud/src/instance-environment.ts.',
      );
    }
    environment[name] = known;
  }
  return environment;
}
