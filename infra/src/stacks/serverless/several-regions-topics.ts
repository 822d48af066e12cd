/**
 * The cells of the serverless tiers of several regions, each with what fulfils it (`one-region-topics.ts` says what for).
 * Regions of a tier have the same names for the same things, so a row stands for all of them.
 */
import type { Evidence, TierTopics, Topic } from '../../tier-pages/topics.ts';
import * as shared from './shared-topics.ts';

const FUNCTIONS: readonly Evidence[] = [
  ...shared.functionAlarms('Reads', ['ErrorAlarm', 'ThrottleAlarm', 'ConcurrencyAlarm', 'SpilloverAlarm']),
  ...shared.functionAlarms('Orders', ['ErrorAlarm', 'ThrottleAlarm', 'ConcurrencyAlarm', 'SpilloverAlarm']),
  ...shared.functionAlarms('Worker', ['ErrorAlarm', 'ThrottleAlarm']),
];

const CHANGE = (command: string): Topic => ({
  name: 'Implement change',
  promises: [
    {
      promise: 'As 99.99%, one region finished before the next begins',
      fulfilledBy: [
        { command, how: 'from infra/: the table, one region after the other, the edge' },
        {
          resource: 'ReadsDeployment',
          how: 'a tenth of the requests for products for five minutes, then all',
        },
        { resource: 'OrdersDeployment', how: 'the same for orders, when products have finished' },
        { document: 'docs/runbooks/deploy-to-several-regions.md', how: 'step by step' },
      ],
    },
    {
      promise: 'Automatic rollback when a KPI or alarm says so',
      fulfilledBy: [
        { resource: 'ReadsReleaseErrorAlarm', how: 'more than 1% of invocations for products failed' },
        { resource: 'ReadsReleaseLatencyAlarm', how: 'one of a hundred took longer than 2 s' },
        { resource: 'OrdersReleaseErrorAlarm', how: 'the same for orders' },
        { resource: 'OrdersReleaseLatencyAlarm', how: 'the same for orders' },
        { resource: 'ReleaseTakenBackAlert', how: 'tells that it was' },
        shared.RELEASE_ALERT,
      ],
    },
  ],
});

const monitoring = (regions: readonly string[], more: readonly Evidence[]): Topic => ({
  name: 'Monitor resources',
  promises: [
    {
      promise: 'As 99.99%: health checks at every layer and KPIs, an alert for each alarm and each failure',
      fulfilledBy: [
        ...shared.SEEN_FROM_OUTSIDE,
        shared.DASHBOARD,
        ...shared.BUDGET_ALARMS,
        ...shared.SITE_ALARMS,
        ...FUNCTIONS,
        ...shared.TABLE_ALARMS,
        ...shared.INTAKE_ALARMS,
        ...shared.PAYMENT_ALARMS,
        shared.QUOTA_ALARM,
        shared.ALERT_TOPIC,
        ...shared.PLAYBOOKS,
        ...shared.LOGS,
      ],
    },
    {
      promise: 'DNS health of the regions; alert when one is unhealthy and traffic is routed away',
      fulfilledBy: [
        ...regions.map((region, index) => ({
          resource: `RegionUnhealthyAlarm${String(index + 1)}`,
          how: `the ${region} region does not answer Route 53's checkers`,
        })),
        { resource: 'RegionAnswers1', how: '/readyz every 10 s, lost after three' },
        { resource: 'EdgeErrorAlarm', how: 'more than 5% of what the edge answers' },
        { resource: 'ContentReplicationAlarm1', how: 'pages do not reach the first region' },
        { resource: 'ContentReplicationAlarm2', how: 'nor the second' },
        ...more,
        { document: 'docs/playbooks/lost-region.md', how: 'what to look at, who decides' },
      ],
    },
  ],
});

const DEMAND: Topic = {
  name: 'Adapt to changes in demand',
  promises: [
    {
      promise: 'As 99.99%, in every region; data and infrastructure in step between regions',
      fulfilledBy: [
        { resource: 'Stage', how: 'refuses what is above the rating, which is that of the whole tier' },
        { resource: 'ReadsFunction', how: 'concurrency of its own, for products' },
        { resource: 'OrdersFunction', how: 'concurrency of its own, for orders' },
        { resource: 'Table', how: 'capacity on demand in every region' },
        ...shared.LEVERS,
      ],
    },
  ],
};

const BACKUPS: Topic = {
  name: 'Back up data',
  promises: [
    {
      promise: 'In every region; data replicated',
      fulfilledBy: [
        ...shared.COPIES,
        ...shared.RESTORE_TESTS,
        ...shared.RESTORE,
        { resource: 'PublishedContent', how: 'pages, copied to two regions by S3' },
      ],
    },
  ],
};

const EDGE: readonly Evidence[] = [
  { resource: 'Distribution', how: 'pages and API under one name; products kept for a second' },
  { resource: 'Firewall', how: 'addresses that send too much, of bad reputation, or known attacks' },
  { resource: 'StaticContent', how: 'pages in a region; the edge asks the other one when S3 there fails' },
];

export const WARM_STANDBY_SERVERLESS: TierTopics = {
  tier: 'warm-standby',
  page: 'warm-standby-serverless',
  title: '99.95% over two regions without servers',
  stackName: 'nines-warm-standby-serverless-*',
  summary:
    'Two regions, one on duty: the other one has the same functions with little capacity ready, the same table a second later, and is read-only. A person decides, and one command in the region that survives makes it serve. For online commerce and points of sale.',
  budget: {
    eventsPerYear: 2,
    decideMinutes: 20,
    recoverMinutes: 10,
    plannedMinutes: 0,
    allowanceMinutes: 262,
  },
  designGoals: 'standby',
  weakestLinks: [
    'A person decides, which takes longer than anything that follows.',
    'The last second of orders is not there when the region on duty is lost, and comes back with it.',
    'While a region is lost the edge shows products that it has, and refuses orders.',
    'Payment is a third party on the way of an order, for both regions.',
    'Damage to data is in both regions within a second: only a restore helps.',
  ],
  topics: [
    monitoring(
      ['first', 'second'],
      [
        { resource: 'ReplicationLagAlarm1', how: 'so much would be missing in the other region' },
        { resource: 'TookOverAlarm', how: 'the standby serves; traffic follows this alarm' },
        { resource: 'DutySilentAlarm', how: 'nobody says who is on duty' },
      ],
    ),
    DEMAND,
    CHANGE("npx cdk deploy 'nines-warm-standby-serverless-*'"),
    BACKUPS,
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'As 99.99% with a second region; failover decided by a person; a static site answers',
          fulfilledBy: [
            { resource: 'Table', how: 'in both regions, eventually the same' },
            { resource: 'RegionRecord1', how: 'to the region on duty' },
            { resource: 'RegionRecord2', how: 'to the other one, once it has taken over' },
            ...EDGE,
            { document: 'docs/adr/0069-a-region-on-duty.md', how: 'who decides what, and what is lost' },
          ],
        },
        shared.SOFTWARE,
      ],
    },
    shared.tests(
      [
        ['RegionLoss', 'the API of a region refuses everything for half an hour'],
        ['ReplicationPause', 'nothing arrives in the other region for five minutes'],
        ['WorkerLoss', 'nobody takes payments'],
      ],
      'As 99.99%, plus validating the architecture with runbooks in game days',
    ),
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Warm standby scaled out by a workflow',
          fulfilledBy: [
            {
              resource: 'TakeOver',
              how: 'capacity, then writes, then traffic; asks nothing of the lost region',
            },
            { resource: 'StepAside', how: 'the planned way, which loses nothing' },
            { resource: 'Duty', how: 'who serves, written down in each region' },
            { resource: 'DutyBeacon', how: 'says it once a minute' },
            { document: 'docs/runbooks/change-the-region-on-duty.md', how: 'there and back' },
          ],
        },
      ],
    },
  ],
};

export const FIVE_NINES_SERVERLESS: TierTopics = {
  tier: 'five-nines',
  page: 'five-nines-serverless',
  title: '99.999% over three regions without servers',
  stackName: 'nines-five-nines-serverless-*',
  summary:
    'Three regions that all serve, on one table that acknowledges a write when two of them have it: nothing is promoted, nobody decides, a lost region is left by DNS within a minute. Such a table takes no transactions, so an order is written item by item, of which one decides ([decision 68](../adr/0068-strong-consistency-and-an-order.md)).',
  budget: { eventsPerYear: 4, decideMinutes: 0, recoverMinutes: 1, plannedMinutes: 0, allowanceMinutes: 5 },
  designGoals: 'all-serve',
  weakestLinks: [
    'CloudFront, whose design goal is 99.99%: whoever needs more lets clients use `live.origin.<domain>` when the edge fails.',
    'Payment is a third party on the way of an order, for all regions.',
    'A wrong release that alarms do not see reaches all regions, one after the other.',
    'Each write crosses between regions, and takes that long; an order of any size is four of them, one after the other.',
    'What an order that never came has set aside cannot be sold for two to three minutes.',
  ],
  topics: [
    monitoring(
      ['first', 'second', 'third'],
      [{ resource: 'NoHousekeepingAlarm', how: 'stock that is set aside for nobody cannot be sold' }],
    ),
    DEMAND,
    CHANGE("npx cdk deploy 'nines-five-nines-serverless-*'"),
    BACKUPS,
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'Automatic region failover; routing layers; fault isolation zones for deployment',
          fulfilledBy: [
            { resource: 'RegionRecord1', how: 'to the nearest region that answers; a second of TTL' },
            { resource: 'RegionRecord2', how: 'the same for the second region' },
            { resource: 'RegionRecord3', how: 'the same for the third' },
            { resource: 'RegionAnswers2', how: 'lost after 30 s' },
            { resource: 'RegionAnswers3', how: 'the same' },
            ...EDGE,
          ],
        },
        {
          promise: 'Data partitioned and synchronised, conflicts resolved by design',
          fulfilledBy: [
            { resource: 'Table', how: 'acknowledged by two of three regions, so there are no conflicts' },
            {
              document: 'docs/adr/0068-strong-consistency-and-an-order.md',
              how: 'an order is writes of one item each, of which one decides',
            },
            {
              resource: 'Housekeeping',
              how: 'gives back what orders that never came have set aside; forgets keys',
            },
          ],
        },
        {
          ...shared.SOFTWARE,
          fulfilledBy: shared.SOFTWARE.fulfilledBy.map((evidence) =>
            'document' in evidence && evidence.document.includes('/0060-')
              ? { ...evidence, how: 'how the shop lies in its table' }
              : evidence,
          ),
        },
      ],
    },
    shared.tests(
      [
        ['RegionLoss', 'the API of a region refuses everything for half an hour'],
        ['ReplicationPause', 'the region’s replica is cut off for five minutes'],
        ['WorkerLoss', 'nobody takes payments'],
      ],
      'As 99.95%; region failure exercised',
    ),
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Active-active, full capacity in each region; checks every 10 s, record TTL as low as 1 s',
          fulfilledBy: [
            { resource: 'ReadsLive', how: 'what the whole peak needs stands ready in each region' },
            { resource: 'OrdersLive', how: 'the same for orders' },
            { document: 'docs/playbooks/lost-region.md', how: 'what is left to do' },
          ],
        },
      ],
    },
  ],
};
