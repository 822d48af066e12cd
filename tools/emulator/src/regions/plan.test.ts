import { describe, expect, it } from 'vitest';
import { planRegions } from './plan.ts';
import type { RegionStack } from './plan.ts';

const stack = (
  stackName: string,
  regionId: string,
  types: readonly string[],
  properties: object = {},
): RegionStack => ({
  artifactId: `${stackName}-artifact`,
  stackName,
  regionId,
  template: {
    Resources: Object.fromEntries(
      types.map((Type, index) => [`R${String(index)}`, { Type, Properties: properties }]),
    ),
  },
});

const data = (properties: object = { TableName: 'shop' }) =>
  stack('data', 'eu-west-1', ['AWS::DynamoDB::GlobalTable'], properties);
const STANDBY = stack('standby', 'eu-central-1', ['AWS::ApiGatewayV2::Api']);
const HOME = stack('home', 'eu-west-1', ['AWS::ApiGatewayV2::Api']);
const DUTY = stack('standby-duty', 'eu-central-1', ['AWS::StepFunctions::StateMachine']);
const EDGE = stack('edge', 'us-east-1', ['AWS::CloudFront::Distribution']);

describe('what of a tier of several regions runs here', () => {
  it('is the table, what serves in each region with the table’s first, and what decides on duty there', () => {
    const plan = planRegions([STANDBY, DUTY, EDGE, HOME, data()]);
    expect(plan).toMatchObject({ tableName: 'shop', consistency: 'eventual', left: ['edge'] });
    expect(plan.data.artifactId).toBe('data-artifact');
    expect(
      plan.regions.map(({ region, application, duty }) => [region, application.stackName, duty?.stackName]),
    ).toEqual([
      ['eu-west-1', 'home', undefined],
      ['eu-central-1', 'standby', 'standby-duty'],
    ]);
  });

  it('has strong consistency where the table says so', () => {
    const strong = data({ TableName: 'shop', MultiRegionConsistency: 'STRONG' });
    expect(planRegions([HOME, STANDBY, strong]).consistency).toBe('strong');
  });

  it.each([
    ['no table', [HOME, STANDBY]],
    ['a table without a name', [HOME, STANDBY, data({})]],
    ['one region', [HOME, data()]],
    [
      'a table where nothing serves',
      [STANDBY, stack('third', 'eu-west-2', ['AWS::ApiGatewayV2::Api']), data()],
    ],
  ])('is refused with %s', (_, stacks) => {
    expect(() => planRegions(stacks)).toThrow(expect.objectContaining({ code: 'regions-not-runnable' }));
  });
});
