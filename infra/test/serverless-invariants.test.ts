/** What holds between the serverless tiers, and for every one of their stacks. */
import { type Leftover, readLeftovers } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import type { Resource, Synthesized } from './synthesized.ts';
import {
  ALL_SERVERLESS_TIERS,
  applicationOf,
  serverlessParts,
  serverlessTier,
  type ServerlessTierName,
  SERVERLESS_TIERS,
} from './synthesized-serverless.ts';

const leftoversOf = ({ template, stack }: Synthesized): readonly Leftover[] =>
  readLeftovers(template.toJSON(), { stackName: stack.stackName });

const operationsOf = (tier: ServerlessTierName): Synthesized =>
  serverlessTier(tier).part(
    (SERVERLESS_TIERS as readonly string[]).includes(tier) ? 'operations' : 'eu-west-1-operations',
  );
const ofType = ({ resources }: Synthesized, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(resources).filter(([, { Type }]) => Type === type);
/** Alarms that tell somebody, by a name without the function that the alarm is about. */
const alertsOf = (tier: ServerlessTierName): string[] =>
  ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm', 'AWS::Events::Rule']
    .flatMap((type) => ofType(operationsOf(tier), type))
    .filter(([id]) => /(Alarm|Alert)$/.test(id))
    .map(([id]) => id.replace(/^(Shop|Reads|Orders)(?=Error|Throttle|Concurrency)/, ''));

/** Weaker first. The 99.95% tier recovers more slowly than the 99.99% one and is not weaker in anything else. */
const NEIGHBOURS: readonly (readonly [ServerlessTierName, ServerlessTierName])[] = [
  ['two-nines', 'three-nines'],
  ['three-nines', 'four-nines'],
  ['three-nines', 'warm-standby'],
  ['four-nines', 'five-nines'],
];

describe.each(NEIGHBOURS)('from the serverless %s to %s', (lower, higher) => {
  it('no alarm and no alert is lost', () => {
    // Pages of several regions are watched with the edge, in the global part.
    const moved = higher === 'five-nines' || higher === 'warm-standby' ? /^StaticContent/ : /^$/;
    const there = new Set(alertsOf(higher));

    expect(alertsOf(lower).filter((id) => !there.has(id) && !moved.test(id))).toEqual([]);
  });

  it('the table can be restored at least as far back', () => {
    const days = (tier: ServerlessTierName): number => {
      const table =
        applicationOf(tier).resources['Table'] ?? serverlessTier(tier).part('data').resources['Table'];
      const [replica] = table?.Properties['Replicas'] as {
        PointInTimeRecoverySpecification?: { RecoveryPeriodInDays?: number };
      }[];
      return replica?.PointInTimeRecoverySpecification?.RecoveryPeriodInDays ?? 0;
    };

    expect(days(higher)).toBeGreaterThanOrEqual(days(lower));
  });

  it('capacity and throttles are no smaller', () => {
    const kept = (tier: ServerlessTierName): number =>
      ofType(applicationOf(tier), 'AWS::Lambda::Function').reduce(
        (sum, [, { Properties }]) => sum + Number(Properties['ReservedConcurrentExecutions'] ?? 0),
        0,
      );

    expect(kept(higher)).toBeGreaterThanOrEqual(kept(lower));
  });

  it('logs are kept at least as long', () => {
    const shortest = (tier: ServerlessTierName): number =>
      Math.min(
        ...ofType(applicationOf(tier), 'AWS::Logs::LogGroup').map(([, { Properties }]) =>
          Number(Properties['RetentionInDays']),
        ),
      );

    expect(shortest(higher)).toBeGreaterThanOrEqual(shortest(lower));
  });
});

describe('budgets of errors', () => {
  const threshold = (tier: ServerlessTierName): unknown =>
    operationsOf(tier).resources['FastLongCondition']?.Properties['Threshold'];

  it.each([
    ['three-nines', 1.44],
    ['four-nines', 0.144],
    ['warm-standby', 0.72],
    ['five-nines', 0.0144],
  ] as const)('of %s burn fast at %d percent of failed requests', (tier, percent) => {
    expect(threshold(tier)).toBe(percent);
  });
});

describe.each(ALL_SERVERLESS_TIERS)('every stack of the serverless %s tier', (tier) => {
  const parts = serverlessParts(tier);

  it('says which tier and flavour it is of', () => {
    for (const { template } of parts)
      expect(template.toJSON()['Metadata']).toMatchObject({
        'nines:tier': tier,
        'nines:flavour': 'serverless',
      });
  });

  it('has experiments that an alarm of its own stops, and that hit something of the tier', () => {
    const experiments = parts.flatMap((part) =>
      ofType(part, 'AWS::FIS::ExperimentTemplate').map((of) => [part, of] as const),
    );

    expect(experiments.length).toBeGreaterThan(0);
    for (const [{ resources }, [id, { Properties }]] of experiments) {
      const [stop, ...more] = Properties['StopConditions'] as {
        Source: string;
        Value: { 'Fn::GetAtt': string[] };
      }[];
      expect(more, id).toEqual([]);
      expect(stop?.Source, id).toBe('aws:cloudwatch:alarm');
      expect(resources[stop?.Value['Fn::GetAtt'][0] ?? '']?.Type, id).toBe('AWS::CloudWatch::Alarm');
      const actions = Object.values(
        Properties['Actions'] as Record<string, { ActionId: string; Parameters: { documentArn?: unknown } }>,
      );
      expect(actions, id).toHaveLength(1);
      const [action] = actions;
      if (action?.ActionId === 'aws:ssm:start-automation-execution') {
        const document = /"Ref":"([^"]*Automation[^"]*)"/.exec(
          JSON.stringify(action.Parameters.documentArn),
        )?.[1];
        expect(resources[document ?? '']?.Type, id).toBe('AWS::SSM::Document');
        const steps = (
          resources[document ?? '']?.Properties['Content'] as { mainSteps: Record<string, unknown>[] }
        ).mainSteps;
        // What is broken is put back by the last step, also when waiting is cut short.
        expect(steps).toHaveLength(3);
        expect(steps[1]?.['onCancel'], id).toBe(`step:${String(steps[2]?.['name'])}`);
        expect(steps[1]?.['onFailure'], id).toBe(`step:${String(steps[2]?.['name'])}`);
      } else {
        expect(action?.ActionId, id).toBe('aws:dynamodb:global-table-pause-replication');
        expect(JSON.stringify(Properties['Targets'])).toContain(`table/nines-${tier}-serverless`);
      }
    }
  });

  it('leaves of a sandbox keys until their time is over', () => {
    const left = serverlessParts(tier, { data: 'destroy' }).flatMap(leftoversOf);

    expect([...new Set(left.map(({ reason }) => reason))]).toEqual([
      'is deleted after 7 days (PendingWindowInDays)',
    ]);
  });

  it('keeps of anything else what holds data', () => {
    const kept = serverlessParts(tier)
      .flatMap(leftoversOf)
      .filter(({ kind }) => kind === 'kept')
      .map(({ resource }) => resource);

    expect(kept).toEqual(expect.arrayContaining(['Table', 'OperationsKey', 'ShopLogs', 'AccessLogs']));
    expect(kept).not.toContain('OrderQueue');
  });

  it('opens nothing to the internet but the API and the edge', () => {
    for (const part of parts) {
      expect(JSON.stringify(part.template.toJSON())).not.toContain('0.0.0.0/0');
      for (const [id, { Properties }] of ofType(part, 'AWS::Lambda::Permission'))
        expect(Properties['Principal'], id).not.toBe('*');
    }
  });
});
