/**
 * What of a tier of several regions runs here, told from its synthesized stacks by what is in them: the table of all
 * regions, what serves in each, and what decides who is on duty. Pure.
 */

/** One stack of an assembly. */
export interface RegionStack {
  readonly artifactId: string;
  readonly stackName: string;
  readonly regionId: string;
  /** Parsed, with everything in it. */
  readonly template: unknown;
}

export interface RegionPlan {
  readonly region: string;
  /** With the API and its functions. */
  readonly application: RegionStack;
  /** With workflows that decide who is on duty; none where all regions serve. */
  readonly duty?: RegionStack;
}

export interface RegionsPlan {
  /** The stack with the table, which stands in the first region. */
  readonly data: RegionStack;
  readonly tableName: string;
  readonly consistency: 'eventual' | 'strong';
  /** The one with the table's stack first. */
  readonly regions: readonly RegionPlan[];
  /** Names of stacks that are not deployed here. */
  readonly left: readonly string[];
}

/** The stacks are not those of a serverless tier of several regions. */
export class RegionsNotRunnableError extends Error {
  readonly code = 'regions-not-runnable';
  override readonly name = 'RegionsNotRunnableError';
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const resourcesOf = ({ template }: RegionStack): Resource[] =>
  Object.values((template as { Resources?: Readonly<Record<string, Resource>> } | null)?.Resources ?? {});

const holds = (stack: RegionStack, type: string): boolean =>
  resourcesOf(stack).some(({ Type }) => Type === type);

/** @throws RegionsNotRunnableError saying what is missing. */
export function planRegions(stacks: readonly RegionStack[]): RegionsPlan {
  const data = stacks.find((stack) => holds(stack, 'AWS::DynamoDB::GlobalTable'));
  const table = data && resourcesOf(data).find(({ Type }) => Type === 'AWS::DynamoDB::GlobalTable');
  const tableName = table?.Properties?.['TableName'];
  if (data === undefined || typeof tableName !== 'string')
    throw new RegionsNotRunnableError('no stack holds a global table with a name that regions agree on.');
  const regions = stacks
    .filter((stack) => holds(stack, 'AWS::ApiGatewayV2::Api'))
    .map((application): RegionPlan => {
      const duty = stacks.find(
        (stack) =>
          stack.regionId === application.regionId && holds(stack, 'AWS::StepFunctions::StateMachine'),
      );
      return { region: application.regionId, application, ...(duty === undefined ? {} : { duty }) };
    })
    .sort((a, b) => Number(b.region === data.regionId) - Number(a.region === data.regionId));
  if (regions.length < 2 || regions[0]?.region !== data.regionId)
    throw new RegionsNotRunnableError('the table’s region and another one have to serve.');
  const deployed = new Set([
    data.stackName,
    ...regions.flatMap(({ application, duty }) => [application, duty].map((one) => one?.stackName)),
  ]);
  return {
    data,
    tableName,
    consistency: table?.Properties?.['MultiRegionConsistency'] === 'STRONG' ? 'strong' : 'eventual',
    regions,
    left: stacks.map(({ stackName }) => stackName).filter((name) => !deployed.has(name)),
  };
}
