/** What the tiers of several regions fulfil alike: each region has what the 99.99% tier has in its only one. */
import type { Evidence, TierPromise } from '../../tier-pages/topics.ts';

const EACH = ', in each region';

/** In the order of the topics; a tier adds to these what is its own. */
export const EVERY_REGION_HAS = {
  health: [
    { resource: 'Canary', how: `a customer from outside, every five minutes${EACH}` },
    { resource: 'CanaryAlarm', how: 'who could not look at products, twice in a row' },
    { resource: 'ServerTargets', how: `/readyz every 5 s${EACH}` },
    { resource: 'Dashboard', how: `users, zones, servers, database, alarms${EACH}` },
    { resource: 'BudgetBurnFastAlarm', how: '14.4 times the budget over 1 h and 5 min' },
    { resource: 'BudgetBurnSlowAlarm', how: '6 times the budget over 6 h and 30 min' },
    { resource: 'BudgetBurnTrickleAlarm', how: '3 times the budget over a day and 2 h' },
    { document: 'docs/runbooks/review-operations.md', how: 'trends, reviewed every month' },
  ],
  alarms: [
    { resource: 'OutageAlarm', how: 'no server ready for two minutes, or silence' },
    { resource: 'ErrorAlarm', how: 'more than 1% of requests failed' },
    { resource: 'LatencyAlarm', how: 'the slowest 1% took longer than 2 s' },
    { resource: 'UnreadyServerAlarm', how: 'a server not ready for five minutes' },
    { resource: 'GroupAtMaximumAlarmZone1', how: 'no more servers may be added, first zone' },
    { resource: 'GroupAtMaximumAlarmZone2', how: 'second zone' },
    { resource: 'GroupAtMaximumAlarmZone3', how: 'third zone' },
    { resource: 'NatAlarm1', how: 'way out to payment closing, first zone' },
    { resource: 'NatAlarm2', how: 'second zone' },
    { resource: 'NatAlarm3', how: 'third zone' },
    { resource: 'StaticContentErrorAlarm', how: 'S3 fails to deliver' },
    { resource: 'StaticContentMissingAlarm', how: 'most of what is asked for is not there' },
    { resource: 'ContentReplicationAlarm1', how: 'pages could not be copied to the home region' },
    { resource: 'ContentReplicationAlarm2', how: 'nor to the other one' },
    { resource: 'EdgeErrorAlarm', how: 'CloudFront answers with errors' },
    { resource: 'VcpuQuotaAlarm', how: '80% of the quota that a failover would need' },
    { resource: 'ServerReplacedAlert', how: 'a server was unhealthy and has been replaced' },
    { resource: 'ServerNotHealingAlert', how: 'a server could not be launched or terminated' },
    { resource: 'DatabaseEvents', how: 'failover, also to another region, failure, maintenance' },
    { resource: 'DatabaseInstanceEvents', how: 'failure and recovery of an instance' },
    { resource: 'DatabaseCpuAlarm', how: 'before it comes to that' },
    { resource: 'DatabaseMemoryAlarm', how: 'before it comes to that' },
    { resource: 'DatabaseConnectionsAlarm', how: 'before it comes to that' },
    { resource: 'DatabaseReplicaLagAlarm', how: 'readers fall behind' },
    { resource: 'ZoneImpairedAlarm1', how: 'worse than the others (gray failure), first zone' },
    { resource: 'ZoneImpairedAlarm2', how: 'second zone' },
    { resource: 'ZoneImpairedAlarm3', how: 'third zone' },
    { resource: 'ZoneShiftedAlert', how: 'AWS has moved traffic out of a zone, or practised it' },
    { resource: 'AlertTopic', how: `where these go, encrypted${EACH} and one for the edge` },
    { document: 'docs/playbooks/outage.md', how: 'what to look at, in which order' },
  ],
  demand: [
    { resource: 'LoadBalancer', how: `in three zones, across them${EACH}` },
    { resource: 'ServersZone1', how: 'grows to twice half of the peak; likewise in the other zones' },
    { resource: 'ServerScalingZone1', how: 'holds 70% CPU; likewise in the other zones' },
    { resource: 'ServerRequestScalingZone1', how: 'holds 70% of the rate that a server admits' },
    { resource: 'DatabaseReaders', how: 'up to five readers' },
    { resource: 'DatabaseReaderScaling', how: 'holds 60% CPU of the readers' },
  ],
  release: [
    { resource: 'ServersZone1', how: 'its first new server is the canary' },
    { resource: 'ServersZone2', how: 'begins when the first zone has finished' },
    { resource: 'ServersZone3', how: 'begins when the second zone has finished' },
    {
      resource: 'ReleaseErrorAlarm',
      how: 'more than 0.5% of requests failed in a minute: everything goes back',
    },
    { resource: 'ReleaseLatencyAlarm', how: 'the slowest 1% took longer than 1 s: likewise' },
    { resource: 'FailedDeploymentAlert', how: 'tells that it did' },
    { document: 'docs/playbooks/failed-deployment.md', how: 'why, and what state it is in' },
  ],
  backup: [
    { resource: 'Database', how: `any second of the last 35 days, up to five minutes ago${EACH}` },
    { resource: 'BackupPlan', how: `daily copies for 35 days${EACH}` },
    { resource: 'BackupVault', how: 'encrypted; nobody may delete a copy' },
    { resource: 'BackupFailedAlert', how: 'tells when a copy failed' },
    { resource: 'RestoreTestPlan', how: `restores the newest copy every Monday${EACH}` },
    { resource: 'RestoreTestFailedAlert', how: 'tells when it did not work' },
  ],
  replication: [
    { resource: 'GlobalDatabase', how: 'carries every write to the other region, usually within a second' },
    { resource: 'PublishedContent', how: 'pages are published once and copied to each region by S3' },
    { resource: 'StaticContent', how: "each region's copy, versioned" },
  ],
  resilience: [
    { resource: 'Vpc', how: `three zones with a way out of their own${EACH}, ranges that do not overlap` },
    { resource: 'ZoneAutoshift', how: 'AWS moves traffic out of an impaired zone, and practises it weekly' },
    { resource: 'Firewall', how: 'who goes around the edge, sends too much, or attacks' },
    { resource: 'EdgeSecret', how: 'by which a load balancer knows the edge' },
    { resource: 'LeverApplication', how: 'five levers that shed work, read-only among them' },
    { document: 'docs/runbooks/pull-an-emergency-lever.md', how: 'which, when, how' },
  ],
  experiments: [
    { resource: 'ProcessKillExperiment', how: 'the application is killed on one server' },
    { resource: 'ServerLossExperiment', how: 'a server is terminated' },
    { resource: 'DatabaseFailoverExperiment', how: 'the writer is lost' },
    { resource: 'ZoneLossExperiment1', how: 'the first zone is lost for ten minutes' },
    { resource: 'ZoneLossExperiment2', how: 'the second' },
    { resource: 'ZoneLossExperiment3', how: 'the third' },
    { resource: 'RegionLossExperiment', how: 'the region is cut off for half an hour' },
    {
      document: 'docs/runbooks/run-a-fault-experiment.md',
      how: 'in the deployed stacks, with a way to stop',
    },
    { command: 'npm test', how: 'the application, these stacks, and the workflows run against a stand-in' },
  ],
} as const satisfies Readonly<Record<string, readonly Evidence[]>>;

export const REGION_HEALTH: TierPromise = {
  promise:
    "DNS health of the regions; the routing component watches the application and the region's hard dependencies",
  fulfilledBy: [
    { resource: 'HomeAnswers', how: 'asks every 10 s, from around the world, whether the region is ready' },
    { resource: 'StandbyAnswers', how: 'the same for the other one' },
    {
      source: 'apps/shop-api/src/core/readiness.ts',
      how: 'ready is who has the catalogue; the database away is told',
    },
    { resource: 'HomeUnhealthyAlarm', how: 'the home region does not answer' },
    { resource: 'StandbyUnhealthyAlarm', how: 'nor the other one: nobody could take over' },
  ],
};

export const FAILOVER_ALERTS: TierPromise = {
  promise: 'Alert on region failover',
  fulfilledBy: [
    { resource: 'TookOverAlarm', how: 'the standby writes: traffic goes there' },
    { resource: 'BeaconSilentAlarm', how: 'nobody says who writes' },
    { resource: 'WriterBeaconSchedule', how: 'who writes, asked and said every minute' },
    { document: 'docs/playbooks/lost-region.md', how: 'whether to fail over, and what to look at' },
  ],
};
