import { expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

const COMPLETE = {
  HOST: '0.0.0.0',
  PORT: '8080',
  ZONE: 'eu-west-1a',
  INSTANCE_ID: 'i-0abc',
  DATABASE_HOST: 'database.internal',
  DATABASE_READ_HOST: 'replicas.internal',
  DATABASE_PORT: '5433',
  DATABASE_READ_PORT: '5434',
  DATABASE_NAME: 'shop',
  DATABASE_USER: 'shop',
  DATABASE_PASSWORD_FILE: '/run/password',
  DATABASE_CA_FILE: '/opt/rds-ca.pem',
  PAYMENT_URL: 'https://payment.internal/',
  REVIEWS_URL: 'http://127.0.0.1:9000',
  RATED_RPS: '120',
  LOG_LEVEL: 'warn',
  DRAIN_SECONDS: '20',
  MIGRATE_ON_START: 'true',
  LEVERS_FILE: '/run/levers.json',
  ORDER_INTAKE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
  AWS_REGION: 'eu-west-1',
  ORDER_INTAKE_OTHER_QUEUES:
    'eu-central-1=https://sqs.eu-central-1.amazonaws.com/1/there  us-east-1=http://127.0.0.1:9001/1/far',
};

const problemsOf = (changes: Record<string, string | undefined>): readonly string[] => {
  try {
    readConfig({ ...COMPLETE, ...changes });
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
};

it('reads every setting', () => {
  expect(readConfig(COMPLETE)).toEqual({
    host: '0.0.0.0',
    port: 8080,
    zone: 'eu-west-1a',
    instanceId: 'i-0abc',
    databaseHost: 'database.internal',
    databaseReadHost: 'replicas.internal',
    databasePort: 5433,
    databaseReadPort: 5434,
    databaseName: 'shop',
    databaseUser: 'shop',
    databasePasswordFile: '/run/password',
    databaseCaFile: '/opt/rds-ca.pem',
    paymentUrl: 'https://payment.internal',
    reviewsUrl: 'http://127.0.0.1:9000',
    ratedRps: 120,
    logLevel: 'warn',
    drainSeconds: 20,
    migrateOnStart: true,
    leversFile: '/run/levers.json',
    orderIntake: {
      queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
      region: 'eu-west-1',
    },
    otherOrderIntakes: [
      { region: 'eu-central-1', queueUrl: 'https://sqs.eu-central-1.amazonaws.com/1/there' },
      { region: 'us-east-1', queueUrl: 'http://127.0.0.1:9001/1/far' },
    ],
  });
});

it('needs no more than the addresses, the port and the rated load', () => {
  const { DATABASE_HOST, DATABASE_NAME, DATABASE_USER, DATABASE_PASSWORD_FILE } = COMPLETE;
  const config = readConfig({
    PORT: '0',
    DATABASE_HOST,
    DATABASE_NAME,
    DATABASE_USER,
    DATABASE_PASSWORD_FILE,
    PAYMENT_URL: 'http://payment',
    REVIEWS_URL: 'http://reviews',
    RATED_RPS: '1',
  });
  expect(config).toMatchObject({ host: '127.0.0.1', databasePort: 5432, logLevel: 'info', drainSeconds: 5 });
  for (const absent of ['databaseCaFile', 'databaseReadHost', 'leversFile', 'orderIntake'])
    expect(config).not.toHaveProperty(absent);
  expect(config.migrateOnStart).toBe(false);
  expect(config.otherOrderIntakes).toEqual([]);
});

it('reads from the port that it writes to unless another is named', () => {
  expect(readConfig({ ...COMPLETE, DATABASE_READ_PORT: undefined }).databaseReadPort).toBe(5433);
});

it.each([
  ['DATABASE_READ_PORT', '0'],
  ['PORT', undefined],
  ['PORT', ''],
  ['PORT', '65536'],
  ['PORT', '80 '.repeat(2)],
  ['DATABASE_HOST', undefined],
  ['DATABASE_PASSWORD_FILE', ''],
  ['PAYMENT_URL', 'payment.internal'],
  ['PAYMENT_URL', 'file:///etc/passwd'],
  ['REVIEWS_URL', undefined],
  ['RATED_RPS', '0'],
  ['RATED_RPS', 'many'],
  ['RATED_RPS', undefined],
  ['LOG_LEVEL', 'verbose'],
  ['DRAIN_SECONDS', '-1'],
  ['MIGRATE_ON_START', 'yes'],
  ['ORDER_INTAKE_QUEUE_URL', 'orders'],
  ['AWS_REGION', undefined],
  ['ORDER_INTAKE_OTHER_QUEUES', 'https://sqs.eu-central-1.amazonaws.com/1/there'],
  ['ORDER_INTAKE_OTHER_QUEUES', 'eu-central-1=there'],
  ['ORDER_INTAKE_OTHER_QUEUES', 'eu-central-1=http://a/1/b, us-east-1'],
  ['ORDER_INTAKE_OTHER_QUEUES', 'eu-central-1=http://a/1/b eu-central-1=http://a/1/c'],
])('refuses %s=%j and names it', (name, value) => {
  const problems = problemsOf({ [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(name);
});

it('names every mistake at once', () => {
  expect(problemsOf({ PORT: 'x', DATABASE_NAME: '', LOG_LEVEL: 'loud' })).toHaveLength(3);
});
