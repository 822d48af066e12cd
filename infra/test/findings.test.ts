import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { ALL_SERVERLESS_TIERS, serverlessTier } from './synthesized-serverless.ts';
import { ALL_REGION_TIERS, synthesize, synthesizeRegions, TIERS } from './synthesized.ts';

const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000';

interface Finding {
  readonly id: string;
  readonly path: string;
}

function findingsOf(scope: IConstruct, checks: AwsSolutionsChecks): Finding[] {
  const { violations } = checks.validateScope(scope);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map((resource) => ({ id: ruleName, path: resource.constructPath ?? '' })),
  );
}

/** The pack, blind to acknowledgements. */
function unforgivingChecks(): AwsSolutionsChecks {
  return Object.assign(new AwsSolutionsChecks(), { isAcknowledged: () => false });
}

function acknowledgementsIn(scope: IConstruct): (Finding & { readonly reason: string })[] {
  return scope.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Readonly<Record<string, string>>)
          .map(([key, reason]) => ({
            id: key.replace(/^annotation::/i, ''),
            path: construct.node.path,
            reason: String(reason),
          }))
          // The CDK acknowledges findings of its own validation, for its own constructs.
          .filter(({ id }) => id.startsWith('AwsSolutions')),
      ),
  );
}

const VARIANTS = [
  ['as it is by default', {}],
  ['with HTTPS', { certificateArn: CERTIFICATE }],
  ['as a sandbox', { data: 'destroy' }],
  [
    'with a name',
    {
      domainName: 'shop.example.org',
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      edgeCertificateArn: CERTIFICATE.replace('eu-west-1', 'us-east-1'),
    },
  ],
] as const;

type Variant = (typeof VARIANTS)[number];

const oneStack = TIERS.flatMap((tier) =>
  VARIANTS.map(([name, settings]: Variant) => [tier, name, () => synthesize(tier, settings)] as const),
);
/** They have certificates of their own. */
const severalRegions = ALL_REGION_TIERS.flatMap((tier) =>
  VARIANTS.filter(([, settings]) => !('certificateArn' in settings)).map(
    ([name, settings]: Variant) => [tier, name, () => synthesizeRegions(tier, settings)] as const,
  ),
);

const serverless = ALL_SERVERLESS_TIERS.flatMap((tier) =>
  VARIANTS.filter(([, settings]) => !('certificateArn' in settings || 'domainName' in settings)).map(
    ([name, settings]: Variant) =>
      [`serverless ${tier}`, name, () => serverlessTier(tier, settings)] as const,
  ),
);

describe.each<readonly [string, string, () => { readonly app: IConstruct }]>([
  ...oneStack,
  ...severalRegions,
  ...serverless,
])('the %s tier %s', (_tier, _variant, make) => {
  const { app } = make();

  it('leaves no finding of AwsSolutions unexplained', () => {
    expect(findingsOf(app, new AwsSolutionsChecks())).toEqual([]);
  });

  it('explains nothing that is not found, so that no explanation outlives its cause', () => {
    const found = findingsOf(app, unforgivingChecks());
    const isFound = ({ id, path }: Finding): boolean =>
      found.some((finding) => finding.id === id && `${finding.path}/`.startsWith(`${path}/`));

    expect(acknowledgementsIn(app).filter((acknowledgement) => !isFound(acknowledgement))).toEqual([]);
    expect(found.length).toBeGreaterThan(0);
  });

  it('gives each explanation in a sentence', () => {
    for (const { reason } of acknowledgementsIn(app)) expect(reason).toMatch(/^[A-Z].{40,}\.$/);
  });
});
