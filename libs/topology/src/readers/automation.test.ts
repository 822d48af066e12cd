import { describe, expect, it } from 'vitest';
import { readResources } from '../../test/read-resources.ts';
import { findNode } from '../index.ts';

const ALARM = { Type: 'AWS::CloudWatch::Alarm', Properties: {} };

describe('a workflow', () => {
  const machine = (Properties: Record<string, unknown>) =>
    readResources({ X: { Type: 'AWS::StepFunctions::StateMachine', Properties }, Group: ALARM });

  it('has its definition parsed, with what only AWS knows as a reference', () => {
    const topology = machine({
      StateMachineType: 'EXPRESS',
      DefinitionString: { 'Fn::Join': ['', ['{"StartAt":"', { Ref: 'Group' }, '"}']] },
    });
    expect(findNode(topology, 'X')).toMatchObject({
      kind: 'workflow',
      workflowType: 'EXPRESS',
      definition: { StartAt: '${Group}' },
    });
  });

  it('may be written as an object', () => {
    expect(findNode(machine({ Definition: { StartAt: 'A' } }), 'X')).toMatchObject({
      workflowType: 'STANDARD',
      defaulted: ['workflowType'],
      definition: { StartAt: 'A' },
    });
  });

  it.each([undefined, 'no JSON', '[]'])(
    'is noted and left among the others with the definition %j',
    (text) => {
      const topology = machine({ DefinitionString: text });
      expect(topology.others).toEqual([{ id: 'X', type: 'AWS::StepFunctions::StateMachine' }]);
      expect(topology.notes).toEqual([
        {
          resource: 'X',
          message: 'has a definition that is no object in JSON, so what it does is not known',
        },
      ]);
    },
  );
});

describe('a function', () => {
  it('carries its code when the template does', () => {
    const topology = readResources({
      X: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Timeout: 75,
          Code: { ZipFile: 'exports.handler = 1' },
          Environment: { Variables: { OTHER: 'eu-west-1' } },
        },
      },
    });
    expect(findNode(topology, 'X')).toMatchObject({
      kind: 'function',
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      timeoutSeconds: 75,
      memoryMb: 128,
      inlineCode: 'exports.handler = 1',
      environment: { OTHER: 'eu-west-1' },
      defaulted: ['memoryMb'],
    });
  });
});

describe('a rule for events', () => {
  const rule = (Properties: Record<string, unknown>) => {
    const topology = readResources({ X: { Type: 'AWS::Events::Rule', Properties }, Lost: ALARM });
    return findNode(topology, 'X');
  };

  it.each([
    ['rate(1 minute)', 60],
    ['rate(5 minutes)', 300],
    ['rate(2 hours)', 7200],
    ['rate(1 day)', 86_400],
  ])('with %s comes every %d s', (ScheduleExpression, everySeconds) => {
    expect(rule({ ScheduleExpression })).toMatchObject({ enabled: true, everySeconds });
  });

  it('with a calendar says no interval', () => {
    expect(rule({ ScheduleExpression: 'cron(0 8 * * ? *)' })).not.toHaveProperty('everySeconds');
  });

  it('names the alarms that it waits for and what it starts', () => {
    const EventPattern = {
      source: ['aws.cloudwatch'],
      resources: [{ 'Fn::GetAtt': ['Lost', 'Arn'] }],
      detail: { state: { value: ['ALARM'] } },
    };
    expect(rule({ EventPattern, Targets: [{ Id: 'T', Arn: { Ref: 'Lost' } }] })).toMatchObject({
      alarms: ['Lost'],
      targets: ['Lost'],
    });
    const well = { ...EventPattern, detail: { state: { value: ['OK'] } } };
    expect(rule({ EventPattern: well, State: 'DISABLED' })).toMatchObject({ enabled: false, alarms: [] });
  });
});

describe('an alarm', () => {
  it('says which metric it compares how', () => {
    const topology = readResources({
      X: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'Shop',
          MetricName: 'Lost',
          Dimensions: [
            { Name: 'SeenFrom', Value: 'b' },
            { Name: 'Region', Value: 'a' },
          ],
          Statistic: 'Minimum',
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          Threshold: 1,
          Period: 10,
          EvaluationPeriods: 3,
        },
      },
    });
    expect(findNode(topology, 'X')).toMatchObject({
      dimensions: { Region: 'a', SeenFrom: 'b' },
      statistic: 'Minimum',
      comparison: 'GreaterThanOrEqualToThreshold',
    });
  });
});
