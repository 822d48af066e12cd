/** The server's settings from environment variables, checked before anything is started. */
import { createEnvironmentReader, type Environment } from './environment-reader.ts';

export interface ShopConfig {
  readonly host: string;
  readonly port: number;
  readonly zone: string;
  readonly instanceId: string;
  readonly databaseHost: string;
  /** Where reads go that may be a moment old; absent: they go where writes go. */
  readonly databaseReadHost?: string;
  readonly databasePort: number;
  /** Port at `databaseReadHost`. */
  readonly databaseReadPort: number;
  readonly databaseName: string;
  readonly databaseUser: string;
  readonly databasePasswordFile: string;
  /** Absent: no TLS, for local use only. */
  readonly databaseCaFile?: string;
  readonly paymentUrl: string;
  readonly reviewsUrl: string;
  readonly ratedRps: number;
  readonly logLevel: string;
  readonly drainSeconds: number;
  readonly migrateOnStart: boolean;
  /** JSON file with the positions of the emergency levers; absent: nobody can pull any. */
  readonly leversFile?: string;
  /** Keeps orders that the database refuses; absent: they are refused. */
  readonly orderIntake?: OrderIntakeQueue;
  /** Where the servers of other regions keep theirs; what is in there is stored from here too. */
  readonly otherOrderIntakes: readonly OrderIntakeQueue[];
}

/** A queue in SQS, and the region that requests to it are signed for. */
export interface OrderIntakeQueue {
  readonly queueUrl: string;
  readonly region: string;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** @throws ConfigInvalidError naming every variable that is missing or wrong, not just the first. */
export function readConfig(environment: Environment): ShopConfig {
  const { text, number, oneOf, url, urlsByRegion, throwIfWrong } = createEnvironmentReader(environment);

  function optional<Key extends string>(key: Key, name: string): Partial<Record<Key, string>> {
    const value = environment[name];
    return value ? ({ [key]: value } as Record<Key, string>) : {};
  }

  const databasePort = number('DATABASE_PORT', { min: 1, max: 65_535, fallback: 5432 });
  const config: ShopConfig = {
    host: text('HOST', '127.0.0.1'),
    port: number('PORT', { min: 0, max: 65_535 }),
    zone: text('ZONE', 'local'),
    instanceId: text('INSTANCE_ID', 'local'),
    databaseHost: text('DATABASE_HOST'),
    ...optional('databaseReadHost', 'DATABASE_READ_HOST'),
    databasePort,
    databaseReadPort: number('DATABASE_READ_PORT', { min: 1, max: 65_535, fallback: databasePort }),
    databaseName: text('DATABASE_NAME'),
    databaseUser: text('DATABASE_USER'),
    databasePasswordFile: text('DATABASE_PASSWORD_FILE'),
    ...optional('databaseCaFile', 'DATABASE_CA_FILE'),
    paymentUrl: url('PAYMENT_URL'),
    reviewsUrl: url('REVIEWS_URL'),
    ratedRps: number('RATED_RPS', { min: 1, max: 1_000_000 }),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    drainSeconds: number('DRAIN_SECONDS', { min: 0, max: 3_600, fallback: 5 }),
    migrateOnStart: oneOf('MIGRATE_ON_START', ['true', 'false'], 'false') === 'true',
    ...optional('leversFile', 'LEVERS_FILE'),
    ...(environment['ORDER_INTAKE_QUEUE_URL']
      ? { orderIntake: { queueUrl: url('ORDER_INTAKE_QUEUE_URL'), region: text('AWS_REGION') } }
      : {}),
    otherOrderIntakes: [...urlsByRegion('ORDER_INTAKE_OTHER_QUEUES')].map(([region, queueUrl]) => ({
      queueUrl,
      region,
    })),
  };
  throwIfWrong();
  return config;
}
