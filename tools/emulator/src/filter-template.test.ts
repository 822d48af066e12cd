import { describe, expect, it } from 'vitest';
import { filterTemplate } from './filter-template.ts';
import type { AbsentOutputs, Template } from './filter-template.ts';
import type { Lacking } from './lacking-types.ts';

const LACKING: Lacking = {
  types: [
    { type: 'X::Gone', how: 'refused', why: 'nothing of it' },
    {
      type: 'X::Named',
      how: 'refused',
      why: 'only its name',
      standIn: { ref: 'named-{id}', attributes: { Arn: 'arn:{id}' } },
    },
    { type: 'X::Partly', how: 'inoperative', why: 'not with mathematics', property: 'Metrics' },
  ],
  attributes: [{ type: 'X::Kept', attribute: 'Secret.Arn', why: 'no secret', value: 'secret-of-{id}' }],
};

const filter = (template: Template, absent?: AbsentOutputs) =>
  filterTemplate(template, LACKING, 'eu-west-1', absent);
const kept = (properties: Record<string, unknown> = {}, more: object = {}) => ({
  Type: 'X::Kept',
  Properties: properties,
  ...more,
});

describe('a template without what the engine lacks', () => {
  it('is as it was when nothing of it is listed', () => {
    const template: Template = {
      Resources: { A: kept({ Of: { Ref: 'B' }, Text: { 'Fn::Sub': 'x${B.Arn}' } }), B: kept() },
      Outputs: { Name: { Value: { Ref: 'A' } } },
    };
    expect(filter(template)).toEqual({
      template,
      leftOut: [],
      droppedOutputs: [],
      outputStandIns: {},
      replaced: [],
      droppedUpdatePolicies: [],
    });
  });

  it('has lost the listed resources, and says which and why', () => {
    const { template, leftOut } = filter({ Resources: { A: kept(), B: { Type: 'X::Gone' } } });
    expect(Object.keys(template.Resources)).toEqual(['A']);
    expect(leftOut).toEqual([{ logicalId: 'B', type: 'X::Gone', why: 'nothing of it', dependent: false }]);
  });

  it('has lost a listed resource only with the property that is meant', () => {
    const { leftOut } = filter({
      Resources: {
        Plain: { Type: 'X::Partly', Properties: { MetricName: 'a' } },
        Computed: { Type: 'X::Partly', Properties: { Metrics: [] } },
        Bare: { Type: 'X::Partly' },
      },
    });
    expect(leftOut.map(({ logicalId }) => logicalId)).toEqual(['Computed']);
  });

  it('has lost whoever needs them, however far away', () => {
    const { template, leftOut } = filter({
      Resources: {
        Far: kept({ List: [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': 'Near.Id' }]] }] }),
        Near: kept({ Deep: { Er: { 'Fn::GetAtt': ['Gone', 'Arn'] } } }),
        Gone: { Type: 'X::Gone' },
        Else: kept({ Text: 'Gone', Literal: { 'Fn::Sub': '${!Gone} ${AWS::Region}' } }),
      },
    });
    expect(Object.keys(template.Resources)).toEqual(['Else']);
    expect(leftOut).toEqual([
      { logicalId: 'Gone', type: 'X::Gone', why: 'nothing of it', dependent: false },
      { logicalId: 'Near', type: 'X::Kept', why: 'refers to Gone.Arn', dependent: true },
      { logicalId: 'Far', type: 'X::Kept', why: 'refers to Near.Id', dependent: true },
    ]);
  });

  it('has the values of the list where it was referred to, and says so', () => {
    const { template, replaced, leftOut } = filter({
      Resources: {
        Named: { Type: 'X::Named' },
        A: kept({
          Ref: { 'Fn::If': ['C', { Ref: 'Named' }, 'x'] },
          Arn: { 'Fn::GetAtt': ['Named', 'Arn'] },
          Text: { 'Fn::Sub': 'a ${Named} b ${Named.Arn} ${AWS::Region}' },
          Own: { 'Fn::Sub': ['${Named}-${Other}', { Named: 'mine', Other: { Ref: 'Named' } }] },
        }),
      },
    });
    expect(leftOut).toHaveLength(1);
    expect(template.Resources['A']?.Properties).toEqual({
      Ref: { 'Fn::If': ['C', 'named-Named', 'x'] },
      Arn: 'arn:Named',
      Text: { 'Fn::Sub': 'a named-Named b arn:Named ${AWS::Region}' },
      Own: { 'Fn::Sub': ['${Named}-${Other}', { Named: 'mine', Other: 'named-Named' }] },
    });
    expect(replaced.map(({ from, to, value }) => `${from} ${to} ${value}`)).toEqual([
      'A Named named-Named',
      'A Named.Arn arn:Named',
      'A Named named-Named',
      'A Named.Arn arn:Named',
      'A Named named-Named',
    ]);
  });

  it('has lost whoever asks for an attribute that the list has no value for', () => {
    const { leftOut } = filter({
      Resources: { Named: { Type: 'X::Named' }, A: kept({ Id: { 'Fn::GetAtt': 'Named.Id' } }) },
    });
    expect(leftOut.map(({ logicalId, why }) => `${logicalId}: ${why}`)).toEqual([
      'Named: only its name',
      'A: refers to Named.Id',
    ]);
  });

  it('waits for nothing that is not made', () => {
    const { template } = filter({
      Resources: {
        Gone: { Type: 'X::Gone' },
        A: kept({}, { DependsOn: ['Gone', 'B'] }),
        B: kept({}, { DependsOn: 'Gone' }),
      },
    });
    expect(template.Resources['A']?.DependsOn).toEqual(['B']);
    expect(template.Resources['B']).not.toHaveProperty('DependsOn');
  });

  it('updates at once what was to be updated by something that is left out, and says so', () => {
    const { template, droppedUpdatePolicies } = filter({
      Resources: {
        Named: { Type: 'X::Named' },
        A: kept({}, { UpdatePolicy: { Canary: { Application: { Ref: 'Named' } } } }),
        B: kept({}, { UpdatePolicy: { Rolling: { Count: 1 } } }),
      },
    });
    expect(droppedUpdatePolicies).toEqual(['A']);
    expect(template.Resources['A']).toEqual({ Type: 'X::Kept', Properties: {} });
    expect(template.Resources['B']).toMatchObject({ UpdatePolicy: { Rolling: { Count: 1 } } });
  });

  it('tells nothing of what is not there, not even with a value of ours', () => {
    const { template, droppedOutputs } = filter({
      Resources: { Named: { Type: 'X::Named' }, Gone: { Type: 'X::Gone' }, A: kept() },
      Outputs: {
        Name: { Value: { Ref: 'Named' } },
        Text: { Value: { 'Fn::Sub': 'https://${Gone}' } },
        Kept: { Value: { Ref: 'A' } },
      },
    });
    expect(droppedOutputs).toEqual(['Name', 'Text']);
    expect(template.Outputs).toEqual({ Kept: { Value: { Ref: 'A' } } });
  });

  it('has a value for an output of another region, which the engine looks for in its own', () => {
    const output = (Region?: string) => ({
      'Fn::GetStackOutput': {
        StackName: 'edge',
        OutputName: 'Arn',
        ...(Region === undefined ? {} : { Region }),
      },
    });
    const { template, replaced } = filter({
      Resources: { A: kept({ Far: output('us-east-1'), Near: output('eu-west-1'), Here: output() }) },
    });
    expect(template.Resources['A']?.Properties).toEqual({
      Far: 'arn:aws:nines:us-east-1:000000000000:output-of-another-region',
      Near: output('eu-west-1'),
      Here: output(),
    });
    expect(replaced.map(({ to }) => to)).toEqual(['edge.Arn']);
  });

  it('tells what stands in for an output that it has lost, where anything does', () => {
    const { droppedOutputs, outputStandIns } = filter({
      Resources: { Named: { Type: 'X::Named' }, Gone: { Type: 'X::Gone' }, A: kept() },
      Outputs: {
        Name: { Value: { Ref: 'Named' } },
        Gone: { Value: { Ref: 'Gone' } },
        Joined: { Value: { 'Fn::Join': ['', ['x', { Ref: 'Named' }]] } },
        Kept: { Value: { Ref: 'A' } },
      },
    });
    expect(droppedOutputs).toEqual(['Name', 'Gone', 'Joined']);
    expect(outputStandIns).toEqual({ Name: 'named-Named' });
  });

  it('has lost whoever asks for an output that is dropped, unless a value stands in for it', () => {
    const output = (OutputName: string) => ({ 'Fn::GetStackOutput': { StackName: 'beside', OutputName } });
    const { template, leftOut, replaced, droppedOutputs } = filter(
      {
        Resources: {
          A: kept({ Of: output('Name') }),
          B: kept({ Of: output('Gone') }),
          C: kept({ Of: { Ref: 'B' } }),
          D: kept({ Of: output('Kept') }),
        },
        Outputs: { Passed: { Value: output('Name') }, Own: { Value: { Ref: 'D' } } },
      },
      new Map([
        ['beside.Name', 'a name'],
        ['beside.Gone', undefined],
      ]),
    );
    expect(template.Resources['A']?.Properties).toEqual({ Of: 'a name' });
    expect(template.Resources['D']?.Properties).toEqual({ Of: output('Kept') });
    expect(replaced).toEqual([{ from: 'A', to: 'beside.Name', value: 'a name' }]);
    expect(leftOut).toEqual([
      { logicalId: 'B', type: 'X::Kept', why: 'refers to beside.Gone', dependent: true },
      { logicalId: 'C', type: 'X::Kept', why: 'refers to B', dependent: true },
    ]);
    expect(droppedOutputs).toEqual(['Passed']);
  });

  it('has a value for an attribute that the engine lacks of what it makes', () => {
    const { template, replaced } = filter({
      Resources: { Db: kept(), A: kept({ Arn: { 'Fn::GetAtt': ['Db', 'Secret.Arn'] } }) },
    });
    expect(template.Resources['A']?.Properties).toEqual({ Arn: 'secret-of-Db' });
    expect(replaced).toEqual([{ from: 'A', to: 'Db.Secret.Arn', value: 'secret-of-Db' }]);
  });

  it('names an image that is published in the place of one that is not', () => {
    const type = 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>';
    const published = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    const { template, replaced } = filter({
      Parameters: {
        Arm: { Type: type, Default: '/aws/arm' },
        Fits: { Type: type, Default: published },
        Other: { Type: 'String', Default: '/aws/arm' },
      },
      Resources: {},
    });
    expect(template.Parameters).toEqual({
      Arm: { Type: type, Default: published },
      Fits: { Type: type, Default: published },
      Other: { Type: 'String', Default: '/aws/arm' },
    });
    expect(replaced).toEqual([{ from: 'Parameters/Arm', to: '/aws/arm', value: published }]);
  });
});
