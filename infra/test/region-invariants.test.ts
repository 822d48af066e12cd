/**
 * What must hold between the tiers of several regions and the one below them, in each of their regions, and what no
 * setting may do to their data.
 */
import { nodesOfKind, readTopology } from '@nines/topology';
import { describe, expect, it } from 'vitest';
import { weakerAlarms } from './alarm-strictness.ts';
import { ALL_REGION_TIERS, type Synthesized, synthesize, synthesizeRegions } from './synthesized.ts';

const topologyOf = ({ stack, template }: Synthesized) =>
  readTopology(template.toJSON(), { stackName: stack.stackName });

/** From the loss of a server until requests go elsewhere. */
const detectionSeconds = (synthesized: Synthesized): number[] =>
  nodesOfKind(topologyOf(synthesized), 'load-balancer').flatMap(({ targetGroups }) =>
    targetGroups.map(
      ({ healthCheck }) =>
        healthCheck.intervalSeconds * healthCheck.unhealthyThreshold + healthCheck.timeoutSeconds,
    ),
  );

const alertsOf = ({ resources }: Synthesized): string[] =>
  Object.entries(resources)
    .filter(([, { Type }]) =>
      /^AWS::(CloudWatch::(Composite)?Alarm|Events::Rule|RDS::EventSubscription)$/.test(Type),
    )
    .map(([id]) => id);

const groupsOf = (synthesized: Synthesized) => nodesOfKind(topologyOf(synthesized), 'compute-group');

const fourNines = synthesize('four-nines');

describe.each(ALL_REGION_TIERS)('each region of the %s tier, beside the 99.99%% tier', (tier) => {
  const { home, standby } = synthesizeRegions(tier).parts;
  const regions = [home, standby];

  it('has as many zones with servers in them', () => {
    for (const region of regions) expect(groupsOf(region).map(({ zones }) => zones)).toHaveLength(3);
  });

  it('has as many servers where it serves, and room for as many where it does not', () => {
    const sizes = (synthesized: Synthesized, size: 'minInstances' | 'maxInstances') =>
      groupsOf(synthesized).map((group) => group[size]);

    expect(sizes(home, 'minInstances')).toEqual(sizes(fourNines, 'minInstances'));
    for (const region of regions)
      expect(sizes(region, 'maxInstances')).toEqual(sizes(fourNines, 'maxInstances'));
    if (tier === 'five-nines')
      expect(sizes(standby, 'minInstances')).toEqual(sizes(fourNines, 'minInstances'));
  });

  it('finds a lost server no later', () => {
    for (const region of regions) expect(detectionSeconds(region)).toEqual(detectionSeconds(fourNines));
  });

  it('has every alarm and every alert', () => {
    for (const region of regions) {
      const known = new Set(alertsOf(region));
      expect(alertsOf(fourNines).filter((id) => !known.has(id))).toEqual([]);
    }
  });

  it('is alarmed as soon, by as little', () => {
    // The budget is the tier's own: 99.95% allows more failures than 99.99%, and is held to 99.9% below.
    const own = tier === 'warm-standby' ? /^(Fast|Slow|Trickle)(Long|Short)Condition$/ : undefined;

    for (const region of regions) expect(weakerAlarms(fourNines, region, own)).toEqual([]);
  });

  it('keeps backups as long, and copies as many for as long, and restores them as often', () => {
    const backups = ({ resources }: Synthesized) => ({
      automatic: resources['Database']?.Properties['BackupRetentionPeriod'],
      copies: resources['BackupPlan']?.Properties,
      restored: resources['RestoreTestPlan']?.Properties['ScheduleExpression'],
    });

    expect(backups(fourNines).copies).toBeDefined();
    for (const region of regions) expect(backups(region)).toEqual(backups(fourNines));
  });
});

it('answers about where the shop is are kept for a shorter time, and failures alarm sooner, in the better tier', () => {
  const ttlOf = (tier: 'warm-standby' | 'five-nines'): number =>
    Number(synthesizeRegions(tier).parts.global.resources['HomeRecord']?.Properties['TTL']);
  const budgetOf = (tier: 'warm-standby' | 'five-nines'): unknown =>
    synthesizeRegions(tier).parts.home.resources['FastShortCondition']?.Properties['Threshold'];

  expect([ttlOf('warm-standby'), ttlOf('five-nines')]).toEqual([10, 1]);
  // Where the 99% tier has a name, clients may remember its address for a minute.
  expect(ttlOf('warm-standby')).toBeLessThanOrEqual(60);
  // 14.4 times the budget of 0.05% and of 0.001%.
  expect([budgetOf('warm-standby'), budgetOf('five-nines')]).toEqual([0.72, 0.0144]);
});

it('the 99.95% tier is alarmed by less than the 99.9% tier below it, and as soon', () => {
  expect(weakerAlarms(synthesize('three-nines'), synthesizeRegions('warm-standby').parts.home)).toEqual([]);
});

/** What holds data, or binds together what does. */
const STATEFUL =
  /^AWS::(Backup::BackupVault|KMS::Key|Logs::LogGroup|RDS::(DBCluster|GlobalCluster)|S3::Bucket|SQS::Queue|SecretsManager::Secret)$/;

const HARMLESS = {
  paymentUrl: 'https://pay.test',
  reviewsUrl: 'https://reviews.test',
  ratedRps: '999',
  peakRps: '4000',
  alertEmail: 'team@shop.test',
  loadTestCidr: '203.0.113.7/32',
  activeRegion: 'eu-central-1',
  domainName: 'another.shop.test',
  hostedZoneId: 'Z0000000000000000TEST',
};

describe.each(ALL_REGION_TIERS)('what holds data in the %s tier', (tier) => {
  const stateful = ({ resources }: Synthesized) =>
    Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => STATEFUL.test(Type)));

  it.each(['home', 'standby', 'global'] as const)(
    'stays as it is at %s whatever setting changes that is none of its identity, the active region too',
    (part) => {
      const before = stateful(synthesizeRegions(tier).parts[part]);

      expect(Object.keys(before).length).toBeGreaterThan(3);
      expect(stateful(synthesizeRegions(tier, HARMLESS).parts[part])).toEqual(before);
    },
  );
});

describe('the names of what holds data', () => {
  const IN_EACH_REGION = [
    'AccessLogs',
    'BackupVault',
    'CanaryReports',
    'DataKey',
    'Database',
    'DatabaseLogs',
    'FirewallLogs',
    'FlowLogs',
    'IntakeDeadLetterQueue',
    'IntakeQueue',
    'OperationsKey',
    'ServerLogs',
    'StaticContent',
  ];
  const MADE_AT_HOME = ['DatabaseSecret', 'EdgeSecret', 'GlobalDatabase'];

  it.each(ALL_REGION_TIERS)(
    'of the %s tier are for ever: another name would be another, empty resource',
    (tier) => {
      const ofItsOwn = tier === 'five-nines' ? ['RegionWatchLogs'] : [];
      const { home, standby, global } = synthesizeRegions(tier).parts;
      const names = ({ resources }: Synthesized): string[] =>
        Object.entries(resources)
          .filter(([id, { Type }]) => STATEFUL.test(Type) && !id.includes('PublishLog'))
          .map(([id]) => id)
          .sort();

      expect(names(home)).toEqual([...IN_EACH_REGION, ...MADE_AT_HOME, ...ofItsOwn].sort());
      expect(names(standby)).toEqual([...IN_EACH_REGION, ...ofItsOwn].sort());
      expect(names(global)).toEqual(['AccessLogs', 'EdgeLogs', 'OperationsKey', 'PublishedContent']);
    },
  );
});
