import { describe, expect, it } from 'vitest';
import {
  ALL_REGION_TIERS,
  resourcesOfType,
  type Synthesized,
  synthesize,
  synthesizeRegions,
  TIERS,
} from '../../test/synthesized.ts';

const STACKS: readonly (readonly [string, () => Synthesized])[] = [
  ...TIERS.map((tier) => [tier, () => synthesize(tier)] as const),
  ...ALL_REGION_TIERS.flatMap((tier) =>
    (['home', 'standby'] as const).map(
      (part) => [`${tier} ${part}`, () => synthesizeRegions(tier).parts[part]] as const,
    ),
  ),
];

describe.each(STACKS)('a request to the %s stack', (_, make) => {
  const synthesized = make();
  const queries = Object.fromEntries(
    resourcesOfType(synthesized, 'AWS::Logs::QueryDefinition').map(([id, { Properties }]) => [
      id,
      Properties,
    ]),
  );

  it('is followed by queries of the log of its servers', () => {
    expect(Object.keys(queries).sort()).toEqual([
      'FailedRequestsQuery',
      'RequestByIdQuery',
      'SlowRequestsQuery',
    ]);
    for (const { LogGroupNames } of Object.values(queries))
      expect(LogGroupNames).toEqual([{ Ref: 'ServerLogs' }]);
  });

  it('is found by the id that its answer named', () => {
    expect(queries['RequestByIdQuery']).toMatchObject({
      Name: `${synthesized.stack.stackName}/one request`,
      QueryString: expect.stringContaining('| filter requestId = "ID-OF-THE-REQUEST"') as string,
    });
  });

  it('stands for its kind where there are many: each kind comes with an example to go on with', () => {
    for (const id of ['FailedRequestsQuery', 'SlowRequestsQuery'])
      expect(queries[id]?.['QueryString']).toMatch(/latest\(requestId\) as example by .*zone/);
  });
});
