import { describe, expect, it } from 'vitest';
import { EnvironmentUnresolvedError, resolveEnvironment } from './instance-environment.ts';

const overrides = {
  database: { host: '127.0.0.1', port: 5433 },
  databaseRead: { host: '127.0.0.1', port: 5434 },
  leversFile: '/tmp/levers.json',
  orderIntakeQueueUrl: 'http://127.0.0.1:9002/000000000000/orders',
  otherOrderIntakeQueueUrls: new Map<string, string>(),
  databaseName: 'shop',
  databaseUser: 'shop_user',
  databasePasswordFile: '/tmp/password',
  services: { PAYMENT_URL: 'http://127.0.0.1:9001' },
};
const DATABASE = {
  DATABASE_HOST: '127.0.0.1',
  DATABASE_PORT: '5433',
  DATABASE_NAME: 'shop',
  DATABASE_USER: 'shop_user',
  DATABASE_PASSWORD_FILE: '/tmp/password',
};

describe('the environment of a local process', () => {
  it('is the unit’s, with the database and the services of this machine', () => {
    const unit = {
      RATED_RPS: '100',
      DATABASE_HOST: '${Database.Endpoint.Address}',
      DATABASE_PORT: '5432',
      PAYMENT_URL: 'https://payment.example',
    };
    expect(resolveEnvironment(unit, overrides)).toEqual({
      ...DATABASE,
      RATED_RPS: '100',
      PAYMENT_URL: 'http://127.0.0.1:9001',
    });
  });

  it('keeps orders in the queue of this machine where the unit keeps any, with credentials that it believes', () => {
    const unit = {
      ORDER_INTAKE_QUEUE_URL: '${IntakeQueue}',
      AWS_REGION: '${AWS::Region}',
      AWS_CONFIG_FILE: '/opt/shop-api/server/aws-config',
    };
    expect(resolveEnvironment(unit, overrides)).toEqual({
      ...DATABASE,
      ORDER_INTAKE_QUEUE_URL: 'http://127.0.0.1:9002/000000000000/orders',
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      PAYMENT_URL: 'http://127.0.0.1:9001',
    });
  });

  it('fetches from the queues of other regions where they run here and the unit names any, and not otherwise', () => {
    const unit = {
      ORDER_INTAKE_OTHER_QUEUES:
        'eu-central-1=https://sqs.eu-central-1.${AWS::URLSuffix}/${AWS::AccountId}/x',
    };
    const otherOrderIntakeQueueUrls = new Map([
      ['eu-central-1', 'http://127.0.0.1:9003/000000000000/orders'],
      ['us-east-1', 'http://127.0.0.1:9004/000000000000/orders'],
    ]);
    const options = { ...overrides, services: {} };
    expect(resolveEnvironment(unit, { ...options, otherOrderIntakeQueueUrls })).toEqual({
      ...DATABASE,
      ORDER_INTAKE_OTHER_QUEUES:
        'eu-central-1=http://127.0.0.1:9003/000000000000/orders us-east-1=http://127.0.0.1:9004/000000000000/orders',
    });
    expect(resolveEnvironment(unit, options)).toEqual(DATABASE);
    expect(resolveEnvironment({}, { ...options, otherOrderIntakeQueueUrls })).toEqual(DATABASE);
  });

  it('leads reads to the readers, and names the file of the levers, where the unit does', () => {
    const unit = {
      DATABASE_READ_HOST: '${Database.ReadEndpoint.Address}',
      LEVERS_FILE: '/run/shop-api-levers/levers.json',
    };
    expect(resolveEnvironment(unit, { ...overrides, services: {} })).toEqual({
      ...DATABASE,
      DATABASE_READ_HOST: '127.0.0.1',
      DATABASE_READ_PORT: '5434',
      LEVERS_FILE: '/tmp/levers.json',
    });
  });

  it('leaves out what means something on AWS alone, even when it refers into the template', () => {
    const unit = { DATABASE_CA_FILE: '/etc/rds.pem', DATABASE_SECRET_ARN: '${Secret}' };
    expect(resolveEnvironment(unit, { ...overrides, services: {} })).toEqual(DATABASE);
  });

  it('names the region and the stack local', () => {
    const unit = { WHERE: '${AWS::StackName} in ${AWS::Region}' };
    expect(resolveEnvironment(unit, { ...overrides, services: {} })).toEqual({
      ...DATABASE,
      WHERE: 'local in local',
    });
  });

  it('leaves zone and instance id to the instance, whatever the unit takes them from', () => {
    const unit = { ZONE: '${Zone}', INSTANCE_ID: '${Id}' };
    expect(() => resolveEnvironment(unit, overrides)).not.toThrow();
  });

  it('refuses a variable that refers to something without a local counterpart, and names it', () => {
    const resolve = () => resolveEnvironment({ QUEUE_URL: '${Queue}' }, overrides);
    expect(resolve).toThrow(EnvironmentUnresolvedError);
    expect(resolve).toThrow('the unit sets QUEUE_URL=${Queue}, which refers to something');
  });

  it('does not change the unit that it is given', () => {
    const unit = Object.freeze({ RATED_RPS: '100', DATABASE_CA_FILE: '/etc/rds.pem' });
    resolveEnvironment(unit, overrides);
    expect(unit).toEqual({ RATED_RPS: '100', DATABASE_CA_FILE: '/etc/rds.pem' });
  });
});
