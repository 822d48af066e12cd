/**
 * What must hold between neighbouring tiers: the better one is nowhere worse. And within each: no setting that is none
 * of its identity replaces what holds data.
 */
import { nodesOfKind, readTopology } from '@nines/topology';
import { beforeAll, describe, expect, it } from 'vitest';
import { weakerAlarms } from './alarm-strictness.ts';
import { type Synthesized, synthesize, type Tier, TIERS } from './synthesized.ts';

/** What of a tier is compared with the tier below. Seconds and days; an absent protection counts as endless. */
interface Qualities {
  /** With servers in them. */
  readonly zones: number;
  /** From the loss of a server until requests go elsewhere or somebody is told, whichever is quicker. */
  readonly detectionSeconds: number;
  /** Of everything whose answer leads clients to the workload. */
  readonly timeToLiveSeconds: number;
  /** How much of the newest data may be lost with what fails most. */
  readonly dataLossMinutes: number;
  /** How far back copies reach. */
  readonly copiesDays: number;
  readonly alarms: ReadonlySet<string>;
  readonly servers: number;
  /** Of requests that fail, when the fastest budget alarm goes off. */
  readonly budgetAlarmPercent: number;
}

/** Alarms of a tier that a better one may lack, with the reason. */
const REPLACED: Readonly<Record<string, string>> = {
  CopiesMissingAlarm: 'Copies are made by a service, which reports each that failed (BackupFailedAlert).',
  DatabaseStorageAlarm: 'The storage of Aurora grows by itself up to 128 TiB.',
  GroupAtMaximumAlarm: 'There is one for the group of each zone.',
};

function qualitiesOf(tier: Tier, { resources, template }: Synthesized): Qualities {
  const topology = readTopology(template.toJSON(), { stackName: `nines-${tier}` });
  const groups = nodesOfKind(topology, 'compute-group');
  const checks = nodesOfKind(topology, 'load-balancer').flatMap(({ targetGroups }) =>
    targetGroups.map(({ healthCheck }) => healthCheck),
  );
  const canaryAlarm = resources['CanaryAlarm']?.Properties as { Period: number; EvaluationPeriods: number };
  const [database] = nodesOfKind(topology, 'database');
  const copies = Object.values(resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::S3::Bucket'
      ? (
          (
            Properties['LifecycleConfiguration'] as
              { Rules: { Id: string; ExpirationInDays?: number }[] } | undefined
          )?.Rules ?? []
        )
          .filter(({ Id }) => Id === 'archive-and-forget')
          .map(({ ExpirationInDays }) => ExpirationInDays ?? 0)
      : [],
  );
  const budget = resources['FastShortCondition']?.Properties['Threshold'];
  return {
    zones: new Set(groups.flatMap(({ zones }) => zones)).size,
    detectionSeconds: Math.min(
      canaryAlarm.Period * canaryAlarm.EvaluationPeriods,
      ...checks.map((check) => check.intervalSeconds * check.unhealthyThreshold + check.timeoutSeconds),
    ),
    timeToLiveSeconds: Math.max(0, ...nodesOfKind(topology, 'dns-record').map((record) => record.ttlSeconds)),
    dataLossMinutes: database?.multiAz === true ? 0 : (database?.copies?.intervalMinutes ?? Infinity),
    copiesDays: Math.max(
      database?.backupRetentionDays ?? 0,
      ...copies,
      ...nodesOfKind(topology, 'backup-plan').flatMap(({ rules }) =>
        rules.map(({ deleteAfterDays }) => deleteAfterDays ?? 0),
      ),
    ),
    alarms: new Set(
      Object.entries(resources)
        .filter(([, { Type }]) => /^AWS::(CloudWatch::(Composite)?Alarm|Events::Rule)$/.test(Type))
        .map(([id]) => id),
    ),
    servers: groups.reduce((sum, { minInstances }) => sum + minInstances, 0),
    budgetAlarmPercent: typeof budget === 'number' ? budget : Infinity,
  };
}

const NEIGHBOURS = TIERS.slice(1).map((better, index) => [TIERS[index] ?? better, better] as const);

describe.each(NEIGHBOURS)('above %s, %s', (worseTier, betterTier) => {
  let worse: Qualities;
  let better: Qualities;

  beforeAll(() => {
    [worse, better] = [
      qualitiesOf(worseTier, synthesize(worseTier)),
      qualitiesOf(betterTier, synthesize(betterTier)),
    ];
  });

  it('has no fewer zones and servers', () => {
    expect(better.zones).toBeGreaterThanOrEqual(worse.zones);
    expect(better.servers).toBeGreaterThanOrEqual(worse.servers);
  });

  it('finds a lost server no later', () => {
    expect(better.detectionSeconds).toBeLessThanOrEqual(worse.detectionSeconds);
  });

  it('lets clients remember no longer where it was', () => {
    expect(better.timeToLiveSeconds).toBeLessThanOrEqual(worse.timeToLiveSeconds);
  });

  it('loses no more data, and has every alarm or something better', () => {
    expect(better.dataLossMinutes).toBeLessThanOrEqual(worse.dataLossMinutes);
    const missing = [...worse.alarms].filter((id) => !better.alarms.has(id) && !(id in REPLACED));
    expect(missing).toEqual([]);
  });

  it('is alarmed as soon, by as little', () => {
    expect(weakerAlarms(synthesize(worseTier), synthesize(betterTier))).toEqual([]);
  });

  it('is alarmed by no more failures', () => {
    expect(better.budgetAlarmPercent).toBeLessThanOrEqual(worse.budgetAlarmPercent);
  });
});

describe('copies', () => {
  it('are restored for a test at least as often in the better tier', () => {
    const timesAMonth: Readonly<Record<string, number>> = {
      // The first Monday, and every Monday.
      'cron(0 8 ? * 2#1 *)': 1,
      'cron(0 8 ? * MON *)': 4,
    };
    const often = (tier: Tier): number =>
      timesAMonth[String(synthesize(tier).resources['RestoreTestPlan']?.Properties['ScheduleExpression'])] ??
      NaN;

    expect([often('three-nines'), often('four-nines')]).toEqual([1, 4]);
  });

  it('reach no less far back in a tier with a database service than in the one below', () => {
    const days = (tier: Tier): number => qualitiesOf(tier, synthesize(tier)).copiesDays;

    expect(days('four-nines')).toBeGreaterThanOrEqual(days('three-nines'));
  });
});

/** Types whose replacement loses something that cannot be made again. */
const STATEFUL = /^AWS::(Backup::BackupVault|KMS::Key|Logs::LogGroup|RDS::DB(Instance|Cluster)|S3::Bucket)$/;

/** A certificate is no identity either, but only some tiers have a use for one. */
const HARMLESS = {
  paymentUrl: 'https://pay.test',
  reviewsUrl: 'https://reviews.test',
  ratedRps: '999',
  peakRps: '4000',
  alertEmail: 'team@shop.test',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000',
  zone: '2',
};

describe.each(TIERS)('what holds data in the %s stack', (tier) => {
  const stateful = ({ resources }: Synthesized) =>
    Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => STATEFUL.test(Type)));

  it('stays as it is whatever setting changes that is none of its identity', () => {
    const before = stateful(synthesize(tier));

    expect(Object.keys(before).length).toBeGreaterThan(0);
    expect(stateful(synthesize(tier, HARMLESS))).toEqual(before);
  });
});

describe('the names of what holds data', () => {
  it.each([
    [
      'two-nines',
      [
        'AccessLogs',
        'CanaryReports',
        'DataKey',
        'DatabaseCopies',
        'FlowLogs',
        'OperationsKey',
        'ServerLogs',
        'StaticContent',
        'StaticEdgeLogs',
      ],
    ],
    [
      'four-nines',
      [
        'AccessLogs',
        'BackupVault',
        'CanaryReports',
        'DataKey',
        'Database',
        'DatabaseLogs',
        'DatabaseZone1',
        'DatabaseZone2',
        'DatabaseZone3',
        'FirewallLogs',
        'FlowLogs',
        'OperationsKey',
        'ServerLogs',
        'StaticContent',
        'StaticEdgeLogs',
      ],
    ],
  ] as const)('of %s are for ever: another name would be another, empty resource', (tier, names) => {
    const { resources } = synthesize(tier);
    const stateful = Object.entries(resources)
      .filter(([id, { Type }]) => STATEFUL.test(Type) && !id.startsWith('StaticSitePublishLog'))
      .map(([id]) => id);

    expect(stateful.sort()).toEqual(names);
  });
});
