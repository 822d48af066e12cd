import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { applicationOf } from '../../../test/synthesized-serverless.ts';

const APPLICATION = join(import.meta.dirname, '../../../../apps/shop-api');
const read = (file: string): string => readFileSync(join(APPLICATION, file), 'utf8');

describe.each(['two-nines', 'three-nines'] as const)('the application of the serverless %s tier', (tier) => {
  const { stack, template, resources } = applicationOf(tier);

  it('is deployed without an account, a region or a lookup', () => {
    expect(stack.environment).toBe('aws://unknown-account/unknown-region');
    expect(stack.stackName).toBe(`nines-${tier}-serverless`);
  });

  it('says where it is, by the names that others read', () => {
    // What other stacks of the tier read is published as well, under names of the CDK's.
    const told = Object.keys(template.findOutputs('*')).filter((name) => !name.startsWith('PublishOutput'));

    expect(told.sort()).toEqual(['ApiUrl', 'DeadLetterQueueUrl', 'OrderQueueUrl', 'TableName']);
  });

  it('leads what the contract has for customers to code, and nothing else', () => {
    const routes = Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
      .map(({ Properties }) => String(Properties['RouteKey']));
    const contract = [...read('openapi.yaml').matchAll(/^ {2}(\/\S*):\n((?: {4}.*\n| *\n)+)/gm)].flatMap(
      ([, path = '', operations = '']) =>
        [...operations.matchAll(/^ {4}(get|post|put|delete):/gm)].map(
          ([, method = '']) => `${method.toUpperCase()} ${path}`,
        ),
    );

    expect(contract).toContain('POST /orders');
    expect(routes.sort()).toEqual(
      contract.filter((route) => route !== 'GET /livez' && route !== 'GET /metrics').sort(),
    );
  });

  it('has the table that the application defines', () => {
    const source = read('src/adapters/dynamodb/table.ts');
    const constant = (name: string) => new RegExp(`${name} = '(.*)'`).exec(source)?.[1];

    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'dueGroup', AttributeType: 'S' },
        { AttributeName: 'dueAt', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: constant('DUE_INDEX'),
          KeySchema: [
            { AttributeName: 'dueGroup', KeyType: 'HASH' },
            { AttributeName: 'dueAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      TimeToLiveSpecification: { AttributeName: constant('TTL_ATTRIBUTE'), Enabled: true },
    });
  });

  it('runs each function on arm64 under Node 24, with a log of its own that forgets', () => {
    const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');

    expect(functions).toHaveLength(3);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogGroup: { Ref: expect.stringMatching(/^(Shop|Worker)Logs$/) as string } },
      });
    }
    for (const logs of ['ShopLogs', 'WorkerLogs', 'AccessLogs'])
      expect(resources[logs]?.Properties['RetentionInDays']).toBe(90);
  });

  it('hides a message for six times as long as its worker may take, and puts it aside after five deliveries', () => {
    expect(resources['WorkerFunction']?.Properties['Timeout']).toBe(30);
    expect(resources['OrderQueue']?.Properties).toMatchObject({
      VisibilityTimeout: 180,
      RedrivePolicy: {
        maxReceiveCount: 5,
        deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] },
      },
    });
    expect(resources['DeadLetterQueue']?.Properties['MessageRetentionPeriod']).toBe(1_209_600);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': ['OrderQueue', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('sweeps every minute, and is reminded of new orders only', () => {
    expect(resources['Sweep']?.Properties['ScheduleExpression']).toBe('rate(1 minute)');
    template.hasResourceProperties('AWS::Pipes::Pipe', {
      Source: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
      Target: { 'Fn::GetAtt': ['OrderQueue', 'Arn'] },
      SourceParameters: {
        FilterCriteria: {
          Filters: [
            { Pattern: '{"eventName":["INSERT"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"orders#"}]}}}}' },
          ],
        },
      },
    });
  });

  it('lets functions do what they do and nothing more', () => {
    const actionsOf = (role: RegExp): string[] =>
      Object.entries(resources)
        .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && role.test(id))
        .flatMap(
          ([, { Properties }]) =>
            (Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement,
        )
        .flatMap(({ Action }) => Action)
        .sort();

    const items = ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
      (name) => `dynamodb:${name}`,
    );
    const levers = ['appconfig:GetLatestConfiguration', 'appconfig:StartConfigurationSession'];
    expect(actionsOf(/^ShopRole/)).toEqual([
      ...levers,
      ...items,
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
    expect(actionsOf(/^WorkerRole/)).toEqual([
      ...levers,
      ...items,
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ]);
    expect(actionsOf(/^CatalogueSeedRole/)).toEqual([
      'dynamodb:PutItem',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
    expect(JSON.stringify(resources)).not.toContain('AWSLambdaBasicExecutionRole');
  });

  it('keeps its data unless it is a sandbox', () => {
    const sandbox = applicationOf(tier, { data: 'destroy' });

    expect(resources['Table']).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate' });
    expect(stack.terminationProtection).toBe(true);
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ DeletionProtectionEnabled: true })],
    });
    expect(sandbox.resources['Table']).toMatchObject({ DeletionPolicy: 'Delete' });
    sandbox.template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })],
    });
  });
});

describe('the application of the serverless three-nines tier', () => {
  const { template, resources } = applicationOf('three-nines', { peakRps: '40' });

  it('is refused more than it is rated for, and orders more than half of it', () => {
    expect(resources['Stage']?.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 40, ThrottlingBurstLimit: 40 },
      RouteSettings: { 'POST /orders': { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 20 } },
    });
  });

  it('keeps concurrency for the shop: 40 requests/s that stay for half a second', () => {
    expect(resources['ShopFunction']?.Properties['ReservedConcurrentExecutions']).toBe(20);
  });

  it('can restore any second of the last 35 days', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [
        Match.objectLike({
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
        }),
      ],
    });
  });
});

describe('the application of the serverless four-nines tier', () => {
  const { template, resources } = applicationOf('four-nines');
  const property = (id: string, name: string): unknown => resources[id]?.Properties[name];

  it('answers for products by a function of their own, so that slow payments take nothing from them', () => {
    const integrationOf = (route: string): string => {
      const found = Object.values(resources).find(({ Properties }) => Properties['RouteKey'] === route);
      const id = /"Ref":"([^"]*)"/.exec(JSON.stringify(found?.Properties['Target']))?.[1] ?? '';
      return JSON.stringify(property(id, 'IntegrationUri'));
    };

    expect(integrationOf('GET /products')).toContain('ReadsLive');
    expect(integrationOf('GET /products/{id}')).toContain('ReadsLive');
    expect(integrationOf('POST /orders')).toContain('OrdersLive');
    expect(integrationOf('GET /orders/{id}')).toContain('OrdersLive');
    expect(property('ReadsFunction', 'ReservedConcurrentExecutions')).toBe(125);
    expect(property('OrdersFunction', 'ReservedConcurrentExecutions')).toBe(63);
  });

  it('has the capacity for its peak of 250 requests/s ready before they come', () => {
    // 250 x 0.05 s / 0.7, and 125 x 0.2 s / 0.7, rounded up.
    expect(property('ReadsLive', 'ProvisionedConcurrencyConfig')).toEqual({
      ProvisionedConcurrentExecutions: 18,
    });
    expect(property('OrdersLive', 'ProvisionedConcurrencyConfig')).toEqual({
      ProvisionedConcurrentExecutions: 36,
    });
  });

  it.each(['Reads', 'Orders'])('releases %s to a tenth first, and takes it back on alarms', (name) => {
    expect(resources[`${name}Live`]).toMatchObject({
      UpdatePolicy: { CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: `${name}Deployment` } } },
    });
    expect(resources[`${name}Deployment`]?.Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
      AlarmConfiguration: {
        Enabled: true,
        Alarms: [
          { Name: { Ref: `${name}ReleaseErrorAlarm` } },
          { Name: { Ref: `${name}ReleaseLatencyAlarm` } },
        ],
      },
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
    });
  });

  it('releases orders after products, not at the same time', () => {
    expect(resources['OrdersLive']?.DependsOn).toContain('ReadsLive');
  });

  it('keeps orders that the table refuses, for the worker', () => {
    const variables = (id: string) => (property(id, 'Environment') as { Variables: object }).Variables;

    for (const id of ['ReadsFunction', 'OrdersFunction'])
      expect(variables(id)).toMatchObject({ ORDER_INTAKE_QUEUE_URL: { Ref: 'IntakeQueue' } });
    expect(property('IntakeQueue', 'RedrivePolicy')).toEqual({
      maxReceiveCount: 200,
      deadLetterTargetArn: { 'Fn::GetAtt': ['IntakeDeadLetterQueue', 'Arn'] },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': ['IntakeQueue', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });
});
