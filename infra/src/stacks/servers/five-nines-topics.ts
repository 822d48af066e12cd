/**
 * The cells of the 99.999% tier, each with what fulfils it. docs/tiers/five-nines.md is generated from this, and a test
 * holds every logical id and every path to what exists.
 */
import type { TierTopics } from '../../tier-pages/topics.ts';
import { EVERY_REGION_HAS, FAILOVER_ALERTS, REGION_HEALTH } from './multi-region-topics.ts';

const SQL_STORE = 'docs/adr/0048-what-a-sql-store-can-promise.md';

export const FIVE_NINES_TOPICS: TierTopics = {
  tier: 'five-nines',
  title: '99.999% over two regions, on servers',
  stackName: 'nines-five-nines-*',
  summary:
    'Two regions of full size that both serve: products are read in the nearest one, orders go to the one whose database writes. A lost region is left by DNS within a minute, and the other one makes its database the writer, without anybody. For cash machines and telecommunication; whether a SQL database can carry that promise for writes is said in the decision on it.',
  budget: { eventsPerYear: 4, decideMinutes: 0, recoverMinutes: 1, plannedMinutes: 0, allowanceMinutes: 5 },
  weakestLinks: [
    'The writer. Reads go on in the other region within a minute, and orders are taken there: kept and answered 202 until Aurora has promoted, which AWS puts at minutes. Whoever has to know at once that an order is stored waits for that, and four such events a year do not fit into five nines.',
    'What the lost region had acknowledged and not yet carried over, usually a second of orders, is gone for the shop. It is found later in a snapshot, by hand.',
    'A region that is lost for the world and alive inside can go on acknowledging what will be thrown away: nothing outside it can stop it for certain.',
    'Payment is a third party on the request path: five nines are out of reach for orders unless it has them, too.',
    'CloudFront and Route 53 are one for both regions, and no others stand beside them.',
    'Whoever can deploy to both regions can break both. One is finished before the next begins.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        { promise: 'As 99.95: health checks at every layer and KPIs', fulfilledBy: EVERY_REGION_HAS.health },
        { promise: 'An alert for each alarm and each failure', fulfilledBy: EVERY_REGION_HAS.alarms },
        REGION_HEALTH,
        FAILOVER_ALERTS,
        {
          promise: 'Alert when a region is found unhealthy and traffic is routed away',
          fulfilledBy: [
            { resource: 'OtherRegionLostAlarm', how: 'seen from the other region and from around the world' },
            { resource: 'WatchSilentAlarm', how: 'nobody looks' },
            { resource: 'RegionWatchSchedule', how: 'a look every ten seconds, a minute at a time' },
            { resource: 'TakeOverStart', how: 'what the alarm starts' },
            { resource: 'RegionWatchLogs', how: 'each look, and what it saw' },
          ],
        },
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        { promise: 'As 99.99 in every region', fulfilledBy: EVERY_REGION_HAS.demand },
        {
          promise: 'Any region can be lost and the rest carry the load',
          fulfilledBy: [
            {
              resource: 'ServersZone1',
              how: "each region's minimum carries the whole peak, with a zone lost too",
            },
            { resource: 'DatabaseZone1', how: 'an instance in each zone of each region' },
            { resource: 'DatabaseZone2', how: 'the same' },
            { resource: 'DatabaseZone3', how: 'the same' },
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'One zone of one region at a time, one region finished before the next begins',
          fulfilledBy: [
            {
              command: "npx cdk deploy 'nines-five-nines-*'",
              how: 'from infra/, the first time; then region by region',
            },
            {
              document: 'docs/runbooks/deploy-to-several-regions.md',
              how: 'one region, an hour, the other one',
            },
            ...EVERY_REGION_HAS.release,
          ],
        },
        {
          promise: 'Previous version kept running for a fast rollback',
          fulfilledBy: [
            {
              resource: 'ReadRecord2',
              how: 'the region not yet released runs it, and takes the reads when the other one is left',
            },
            {
              document: 'docs/runbooks/deploy-to-several-regions.md',
              how: 'how a region is left, and rolled back',
            },
            { document: 'docs/runbooks/roll-back-a-release.md', how: 'step by step' },
          ],
        },
      ],
    },
    {
      name: 'Back up data',
      promises: [
        {
          promise: 'In every region',
          fulfilledBy: [
            ...EVERY_REGION_HAS.backup,
            { document: 'docs/runbooks/restore-a-global-database.md', how: 'for people, in game days' },
          ],
        },
        {
          promise: 'Aurora and S3 data replicated asynchronously',
          fulfilledBy: EVERY_REGION_HAS.replication,
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'Fault isolation zones for deployment',
          fulfilledBy: EVERY_REGION_HAS.resilience,
        },
        {
          promise: 'Automatic region failover',
          fulfilledBy: [
            { resource: 'RegionWatch', how: 'two witnesses must agree: this region, and the world by DNS' },
            { resource: 'VerdictRecord1', how: 'what the world thinks of the home region' },
            { resource: 'VerdictRecord2', how: 'the answer when it is lost' },
            { resource: 'VerdictRecord3', how: 'what the world thinks of the other one' },
            { resource: 'VerdictRecord4', how: 'the answer when it is lost' },
            { resource: 'TakeOver', how: 'started by the alarm, in the surviving region' },
          ],
        },
        {
          promise: 'Routing layers',
          fulfilledBy: [
            { resource: 'Distribution', how: 'products and orders by names of their own' },
            { resource: 'ReadRecord1', how: 'the nearest region that answers; kept for a second' },
            { resource: 'ReadRecord2', how: 'the same for the other one' },
            { resource: 'HomeRecord', how: 'orders: home while it answers and writes' },
            { resource: 'StandbyRecord', how: 'orders: else the other one' },
            { resource: 'HomeServes', how: 'false from the moment that the other one writes' },
            { resource: 'StandbyServes', how: 'true whenever it answers' },
          ],
        },
        {
          promise: 'Customers partitioned so that a region event does not hit all of them',
          fulfilledBy: [
            { resource: 'ReadRecord1', how: 'for reads: by where customers are' },
            { document: SQL_STORE, how: 'for writes: not with one writer, and what would' },
          ],
        },
      ],
    },
    {
      name: 'Test resiliency',
      promises: [
        {
          promise: 'As 99.95: fault injection, region failure exercised',
          fulfilledBy: EVERY_REGION_HAS.experiments,
        },
        {
          promise: 'Region failover exercised without loss',
          fulfilledBy: [
            { resource: 'HandOver', how: 'moves the writer without losing anything' },
            { document: 'docs/runbooks/fail-back-to-the-home-region.md', how: 'both ways, twice a year' },
          ],
        },
      ],
    },
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Active-active, full capacity in each region; data synchronised',
          fulfilledBy: EVERY_REGION_HAS.replication,
        },
        {
          promise: 'A new writer may have to be promoted',
          fulfilledBy: [
            { resource: 'TakeOver', how: 'promotes by itself, and only once' },
            { resource: 'WriterBeacon', how: 'says who writes, which DNS follows' },
            {
              document: 'docs/runbooks/fail-over-to-the-other-region.md',
              how: 'should it not start by itself',
            },
          ],
        },
        {
          promise: 'Conflicts between regions resolved by design',
          fulfilledBy: [
            { document: SQL_STORE, how: 'one writer at a time, fenced by DNS and by Aurora; its limits' },
          ],
        },
        {
          promise: 'Health checks every 10 s, TTL as low as 1 s; read-local/write-global',
          fulfilledBy: [
            { resource: 'HomeAnswers', how: 'every 10 s, lost after three misses' },
            { resource: 'ReadRecord1', how: 'TTL of 1 s' },
          ],
        },
      ],
    },
  ],
};
