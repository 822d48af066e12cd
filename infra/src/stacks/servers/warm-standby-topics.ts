/**
 * The cells of the 99.95% tier, each with what fulfils it. docs/tiers/warm-standby.md is generated from this, and a
 * test holds every logical id and every path to what exists.
 */
import type { TierTopics } from '../../tier-pages/topics.ts';
import { EVERY_REGION_HAS, FAILOVER_ALERTS, REGION_HEALTH } from './multi-region-topics.ts';

export const WARM_STANDBY_TOPICS: TierTopics = {
  tier: 'warm-standby',
  title: '99.95% over two regions, on servers',
  stackName: 'nines-warm-standby-*',
  summary:
    'Two regions. One serves, with everything that the 99.99% tier has; the other stands by, scaled down but complete, its database a second behind. When the serving region is lost a person decides, and one command in the other region makes it serve. Pages stay reachable meanwhile. For online commerce and points of sale.',
  budget: {
    eventsPerYear: 2,
    decideMinutes: 20,
    recoverMinutes: 10,
    plannedMinutes: 0,
    allowanceMinutes: 262,
  },
  weakestLinks: [
    'The person who decides: twenty of the thirty minutes of an event are hers. Until then orders and products fail, and only the pages answer.',
    'What the lost region had written and not yet carried over is gone: usually a second, as much as the lag was. It is found later in the snapshot that Aurora keeps of the former writer, by hand.',
    'Servers have to be launched in the surviving region just when everybody else launches some there, too.',
    'Payment is a third party on the request path, and its availability multiplies with ours.',
    'CloudFront and Route 53 are one for both regions; their control planes are in us-east-1, but no failover needs these.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        { promise: 'As 99.99: health checks at every layer and KPIs', fulfilledBy: EVERY_REGION_HAS.health },
        { promise: 'An alert for each alarm and each failure', fulfilledBy: EVERY_REGION_HAS.alarms },
        REGION_HEALTH,
        FAILOVER_ALERTS,
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        {
          promise: 'As 99.99 in the active and the passive region',
          fulfilledBy: [
            ...EVERY_REGION_HAS.demand,
            { resource: 'TakeOver', how: 'raises the minimum of the passive region to its full size' },
          ],
        },
        {
          promise: 'Data and infrastructure in step between regions',
          fulfilledBy: [
            ...EVERY_REGION_HAS.replication,
            {
              source: 'infra/src/stacks/servers/region-stack.ts',
              how: 'one definition for both regions; only sizes differ',
            },
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'One zone of one region at a time, with automatic rollback',
          fulfilledBy: [
            {
              command: "npx cdk deploy 'nines-warm-standby-*'",
              how: 'from infra/, one region after the other',
            },
            {
              document: 'docs/runbooks/deploy-to-several-regions.md',
              how: 'one region, an hour, the other one',
            },
            ...EVERY_REGION_HAS.release,
          ],
        },
        {
          promise: 'Runbooks for region failover',
          fulfilledBy: [
            {
              document: 'docs/runbooks/fail-over-to-the-other-region.md',
              how: 'one command, and how to verify',
            },
            { document: 'docs/runbooks/fail-back-to-the-home-region.md', how: 'without losing anything' },
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
          promise: 'Aurora and S3 data replicated asynchronously, active to passive',
          fulfilledBy: EVERY_REGION_HAS.replication,
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        { promise: 'As 99.99 with a second region', fulfilledBy: EVERY_REGION_HAS.resilience },
        {
          promise: 'Region failover is decided by a person',
          fulfilledBy: [
            { resource: 'TakeOver', how: 'in the surviving region; nothing starts it but a person' },
            {
              resource: 'HomeServes',
              how: 'home is out of DNS when it is lost or the other one has taken over',
            },
            { resource: 'StandbyServes', how: 'the standby is in DNS only once it has taken over' },
            { resource: 'HomeRecord', how: 'the first answer, kept for 10 s' },
            { resource: 'StandbyRecord', how: 'the second answer' },
            { document: 'docs/adr/0046-traffic-follows-the-writer.md', how: 'why by the writer' },
          ],
        },
        {
          promise: 'A static site answers during the failover',
          fulfilledBy: [
            { resource: 'Distribution', how: "pages from one region's bucket, else from the other's" },
            { resource: 'StaticContent', how: 'depends on no server and no database' },
          ],
        },
      ],
    },
    {
      name: 'Test resiliency',
      promises: [
        {
          promise: 'As 99.99: fault injection tests of components and isolation zones',
          fulfilledBy: EVERY_REGION_HAS.experiments,
        },
        {
          promise: 'The architecture validated with runbooks in game days',
          fulfilledBy: [
            {
              document: 'docs/runbooks/fail-over-to-the-other-region.md',
              how: 'exercised twice a year, both ways',
            },
            { resource: 'HandOver', how: 'moves the writer without losing anything, for exercises' },
          ],
        },
      ],
    },
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Warm standby scaled out by a workflow',
          fulfilledBy: [
            { resource: 'TakeOver', how: 'servers, readers, writer, then traffic, in the surviving region' },
            { resource: 'WriterBeacon', how: 'says who writes, which DNS follows' },
          ],
        },
        {
          promise: 'Cross-region read replica; S3 replication',
          fulfilledBy: EVERY_REGION_HAS.replication,
        },
      ],
    },
  ],
};
