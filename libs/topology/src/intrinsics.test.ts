import { describe, expect, it } from 'vitest';
import { createRenderer, type RenderOptions } from './intrinsics.ts';

const render = (value: unknown, template: unknown = {}, options: Partial<RenderOptions> = {}): unknown =>
  createRenderer({ template, stackName: 'shop', ...options }).render(value);

describe('references', () => {
  it('stay as text when only AWS knows the value', () => {
    expect(render({ Ref: 'Database' })).toBe('${Database}');
    expect(render({ 'Fn::GetAtt': ['Database', 'Endpoint.Address'] })).toBe('${Database.Endpoint.Address}');
    expect(render({ 'Fn::GetAtt': 'Database.Endpoint.Port' })).toBe('${Database.Endpoint.Port}');
  });

  it('take the default of a parameter, or the value it was given', () => {
    const template = { Parameters: { Size: { Type: 'Number', Default: 2 }, Name: { Type: 'String' } } };
    expect(render({ Ref: 'Size' }, template)).toBe(2);
    expect(render({ Ref: 'Name' }, template)).toBe('${Name}');
    expect(render({ Ref: 'Size' }, template, { parameters: { Size: '5' } })).toBe('5');
  });

  it('leave an SSM parameter open: its default is where the value is kept, not the value', () => {
    const template = {
      Parameters: { Ami: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/aws/ami' } },
    };
    expect(render({ Ref: 'Ami' }, template)).toBe('${Ami}');
  });

  it.each(['CommaDelimitedList', 'List<Number>'])('cut a parameter of type %s into a list', (type) => {
    const template = { Parameters: { Ports: { Type: type, Default: '80, 443' } } };
    expect(render({ Ref: 'Ports' }, template)).toEqual(['80', '443']);
  });

  it('know the stack and, once it is given, the region', () => {
    expect(render({ Ref: 'AWS::StackName' })).toBe('shop');
    expect(render({ Ref: 'AWS::Region' })).toBe('${AWS::Region}');
    expect(render({ Ref: 'AWS::Region' }, {}, { regionId: 'eu-west-1' })).toBe('eu-west-1');
    expect(render({ Ref: 'AWS::Partition' })).toBe('${AWS::Partition}');
  });

  it('leave out what is AWS::NoValue', () => {
    expect(render({ A: { Ref: 'AWS::NoValue' }, B: [1, { Ref: 'AWS::NoValue' }, 2] })).toEqual({ B: [1, 2] });
    expect(render({ Ref: 'AWS::NoValue' })).toBeUndefined();
  });

  it('do not take a property that objects inherit for a parameter', () => {
    expect(render({ Ref: 'constructor' }, { Parameters: {} })).toBe('${constructor}');
    expect(render({ Ref: '__proto__' }, { Parameters: {} })).toBe('${__proto__}');
    expect(render({ 'Fn::Sub': ['${toString}', {}] })).toBe('${toString}');
  });

  it('carry the prefix of their stack', () => {
    const options = { idPrefix: 'web/' };
    expect(render({ Ref: 'Group' }, {}, options)).toBe('${web/Group}');
    expect(render({ 'Fn::Sub': '${Group.Arn} ${AWS::Partition}' }, {}, options)).toBe(
      '${web/Group.Arn} ${AWS::Partition}',
    );
  });
});

describe('text functions', () => {
  it('join literals and references', () => {
    expect(render({ 'Fn::Join': ['', ['http://', { 'Fn::GetAtt': ['Lb', 'DNSName'] }, ':', 80]] })).toBe(
      'http://${Lb.DNSName}:80',
    );
    expect(render({ 'Fn::Join': [',', { Ref: 'Ids' }] })).toBe('${Ids}');
  });

  it('substitute names, attributes, own variables and literals', () => {
    const template = { Parameters: { Env: { Type: 'String', Default: 'prod' } } };
    const sub = { 'Fn::Sub': ['${Env} ${Db.Endpoint.Port} ${Own} ${!HOME} $PATH', { Own: { Ref: 'Env' } }] };
    expect(render(sub, template)).toBe('prod ${Db.Endpoint.Port} prod ${HOME} $PATH');
  });

  it('select from lists, by number or text', () => {
    expect(render({ 'Fn::Select': [1, ['a', 'b']] })).toBe('b');
    expect(render({ 'Fn::Select': ['0', ['a', 'b']] })).toBe('a');
    expect(render({ 'Fn::Select': [7, ['a', 'b']] })).toBeUndefined();
    expect(render({ 'Fn::Select': [1, { Ref: 'SubnetIds' }] })).toBe('${SubnetIds[1]}');
  });

  it('split text that is known and leave text that may change', () => {
    expect(render({ 'Fn::Split': ['/', 'a/b/c'] })).toEqual(['a', 'b', 'c']);
    expect(render({ 'Fn::Select': [1, { 'Fn::Split': ['/', { Ref: 'Arn' }] }] })).toBe('${Arn[1]}');
  });

  it('read what Base64 wraps', () => {
    expect(render({ 'Fn::Base64': { 'Fn::Sub': '#!/bin/sh\necho ${Db.Arn}' } })).toBe(
      '#!/bin/sh\necho ${Db.Arn}',
    );
  });

  it('measure and write JSON', () => {
    expect(render({ 'Fn::Length': ['a', 'b'] })).toBe(2);
    expect(render({ 'Fn::ToJsonString': { a: { Ref: 'B' } } })).toBe('{"a":"${B}"}');
  });

  it('keep an unknown function by its name', () => {
    expect(render({ 'Fn::Cidr': ['10.0.0.0/16', 6, 8] })).toBe('${Fn::Cidr}');
  });
});

describe('lookups', () => {
  it('name zones by letter, whatever the region', () => {
    expect(render({ 'Fn::Select': [1, { 'Fn::GetAZs': '' }] })).toBe('zone-b');
    expect(render({ 'Fn::Select': [0, { 'Fn::GetAZs': { Ref: 'AWS::Region' } }] })).toBe('zone-a');
  });

  it('find in maps, fall back to the default, and stay open without one', () => {
    const template = { Mappings: { Sizes: { prod: { type: 'm7g.large' } } } };
    expect(render({ 'Fn::FindInMap': ['Sizes', 'prod', 'type'] }, template)).toBe('m7g.large');
    expect(
      render({ 'Fn::FindInMap': ['Sizes', 'test', 'type', { DefaultValue: 't4g.nano' }] }, template),
    ).toBe('t4g.nano');
    expect(render({ 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'type'] }, template)).toBe(
      '${FindInMap.Sizes.${AWS::Region}.type}',
    );
  });

  it('import what another stack exports, if it is there', () => {
    const options = { importValue: (name: string) => (name === 'shop-vpc' ? '${net/Vpc}' : undefined) };
    expect(render({ 'Fn::ImportValue': { 'Fn::Sub': '${AWS::StackName}-vpc' } }, {}, options)).toBe(
      '${net/Vpc}',
    );
    expect(render({ 'Fn::ImportValue': 'other' }, {}, options)).toBe('${ImportValue.other}');
  });
});

describe('conditions', () => {
  const template = {
    Parameters: { Env: { Type: 'String', Default: 'prod' } },
    Conditions: {
      IsProd: { 'Fn::Equals': [{ Ref: 'Env' }, 'prod'] },
      IsTest: { 'Fn::Not': [{ Condition: 'IsProd' }] },
      Both: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsTest' }] },
      Either: { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'IsTest' }] },
      InIreland: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] },
      IrelandOrProd: { 'Fn::Or': [{ Condition: 'InIreland' }, { Condition: 'IsProd' }] },
      IrelandAndTest: { 'Fn::And': [{ Condition: 'InIreland' }, { Condition: 'IsTest' }] },
      Circular: { 'Fn::Not': [{ Condition: 'Circular' }] },
      CircularTwice: { 'Fn::And': [{ Condition: 'CircularTwice' }, { Condition: 'CircularTwice' }] },
      Malformed: 'yes',
    },
  };

  it.each([
    ['IsProd', true],
    ['IsTest', false],
    ['Both', false],
    ['Either', true],
    ['InIreland', undefined],
    ['IrelandOrProd', true],
    ['IrelandAndTest', false],
    ['Circular', undefined],
    ['CircularTwice', undefined],
    ['Malformed', undefined],
    ['Missing', undefined],
    ['toString', undefined],
  ])('%s is %s', (name, expected) => {
    expect(createRenderer({ template, stackName: 'shop' }).condition(name)).toBe(expected);
  });

  it('that name each other twice over and over are decided without doubling the work', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 60 }, (_, index) => [
        `C${String(index)}`,
        { 'Fn::And': [{ Condition: `C${String(index + 1)}` }, { Condition: `C${String(index + 1)}` }] },
      ]),
    );
    const conditions = { ...chain, C60: { 'Fn::Equals': ['a', 'a'] } };
    expect(createRenderer({ template: { Conditions: conditions }, stackName: 'shop' }).condition('C0')).toBe(
      true,
    );
  });

  it('choose a branch', () => {
    expect(render({ 'Fn::If': ['IsProd', 3, 1] }, template)).toBe(3);
    expect(render({ 'Fn::If': ['IsTest', 3, 1] }, template)).toBe(1);
    expect(render({ A: { 'Fn::If': ['IsTest', 3, { Ref: 'AWS::NoValue' }] } }, template)).toEqual({});
  });

  it('choose the second branch when the template does not decide, and say so', () => {
    const notes: string[] = [];
    const note = (message: string) => notes.push(message);
    expect(render({ 'Fn::If': ['InIreland', 3, 1] }, template, { note })).toBe(1);
    expect(notes).toEqual([
      'depends on the condition InIreland, which the template does not decide; read as false',
    ]);
  });
});

describe('a template that no one would write', () => {
  it('is cut off with a note where it is nested beyond measure', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 20_000; level += 1) deep = { a: deep };
    const notes: string[] = [];
    expect(() => render(deep, {}, { note: (message) => notes.push(message) })).not.toThrow();
    expect(notes).toEqual(['is nested more than 200 levels deep; what lies below was left out']);
  });

  it.each([
    { 'Fn::Join': 7 },
    { 'Fn::Join': [] },
    { 'Fn::Select': {} },
    { 'Fn::Split': ['', 'abc'] },
    { 'Fn::Sub': [] },
    { 'Fn::Sub': ['${A}', 7] },
    { 'Fn::If': 'IsProd' },
    { 'Fn::GetAtt': {} },
    { 'Fn::FindInMap': [null, [], {}] },
    { 'Fn::ImportValue': { a: 1 } },
    { Ref: { a: 1 } },
    { Ref: null },
  ])('is rendered without an exception: %o', (value) => {
    expect(() => render(value)).not.toThrow();
  });
});
