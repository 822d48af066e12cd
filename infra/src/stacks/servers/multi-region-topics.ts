/** What the tiers of several regions fulfil alike: each region has what the 99.99% tier has in its only one. */
import type { Evidence, TierPromise } from '../../tier-pages/topics.ts';
import {
  BUDGET_ALARMS,
  DAILY_COPIES,
  DASHBOARD,
  DATABASE_ALARMS,
  KEPT_ORDER_ALARMS,
  KEPT_ORDERS,
  LOST_SERVERS,
  QUOTA_ALARMS,
  SEEN_FROM_OUTSIDE,
  SERVER_ALERTS,
  SITE_ALARMS,
  STATIC_CONTENT_ALARMS,
  TRACES,
  eachZone,
  lostZones,
  restoreTests,
} from './shared-topics.ts';

const EACH = ', in each region';

/** In the order of the topics; a tier adds to these what is its own. */
export const EVERY_REGION_HAS = {
  health: [
    ...SEEN_FROM_OUTSIDE,
    { resource: 'ServerTargets', how: `/readyz every 5 s${EACH}` },
    DASHBOARD,
    ...BUDGET_ALARMS,
    ...TRACES,
    { document: 'docs/runbooks/review-operations.md', how: 'trends, reviewed every month' },
  ],
  alarms: [
    ...SITE_ALARMS,
    ...eachZone('GroupAtMaximumAlarmZone', 3, 'no more servers may be added'),
    ...eachZone('NatAlarm', 3, 'way out to payment closing'),
    ...STATIC_CONTENT_ALARMS,
    { resource: 'ContentReplicationAlarm1', how: 'pages could not be copied to the home region' },
    { resource: 'ContentReplicationAlarm2', how: 'nor to the other one' },
    { resource: 'EdgeErrorAlarm', how: 'CloudFront answers with errors' },
    ...QUOTA_ALARMS,
    ...SERVER_ALERTS,
    { resource: 'DatabaseEvents', how: 'failover, also to another region, failure, maintenance' },
    { resource: 'DatabaseInstanceEvents', how: 'failure and recovery of an instance' },
    ...DATABASE_ALARMS,
    { resource: 'DatabaseReplicaLagAlarm', how: 'readers fall behind' },
    ...KEPT_ORDER_ALARMS,
    ...eachZone('ZoneImpairedAlarm', 3, 'worse than the others (gray failure)'),
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
    ...DAILY_COPIES,
    ...restoreTests(`every Monday${EACH}`),
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
    ...KEPT_ORDERS,
    { resource: 'EdgeSecret', how: 'by which a load balancer knows the edge' },
    { resource: 'LeverApplication', how: 'five levers that shed work, read-only among them' },
    { document: 'docs/runbooks/pull-an-emergency-lever.md', how: 'which, when, how' },
  ],
  experiments: [
    ...LOST_SERVERS,
    { resource: 'DatabaseFailoverExperiment', how: 'the writer is lost' },
    ...lostZones(3),
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
