/**
 * The cells of the 99.99% tier, each with what fulfils it. docs/tiers/four-nines.md is generated from this, and a test
 * holds every logical id and every path to what exists.
 */
import type { TierTopics } from '../../tier-pages/topics.ts';
import {
  ACCESS_LOGS,
  BUDGET_ALARMS,
  DAILY_COPIES,
  DASHBOARD,
  DATABASE_ALARMS,
  KEPT_ORDER_ALARMS,
  KEPT_ORDERS,
  LEVERS,
  LOST_SERVERS,
  QUOTA_ALARMS,
  RECOVERY,
  SEEN_FROM_OUTSIDE,
  SERVER_ALERTS,
  SERVER_AND_DATABASE_LOGS,
  SITE_ALARMS,
  STATIC_CONTENT_ALARMS,
  TRACES,
  eachZone,
  lostZones,
  restoreTests,
} from './shared-topics.ts';

export const FOUR_NINES_TOPICS: TierTopics = {
  tier: 'four-nines',
  title: '99.99% on servers',
  stackName: 'nines-four-nines',
  summary:
    'One region, three zones, each with half of what the peak needs, so that the loss of any of them needs nothing to be started, moved or decided: CloudFront and a firewall in front, Aurora PostgreSQL with an instance in each zone, releases one zone at a time that alarms take back. For video delivery and broadcast.',
  budget: { eventsPerYear: 2, decideMinutes: 10, recoverMinutes: 5, plannedMinutes: 0, allowanceMinutes: 52 },
  weakestLinks: [
    'Two events a year of a quarter of an hour are most of the allowance: a person has ten minutes to understand. What heals by itself must do so, or the goal is missed.',
    'Payment is a third party on the request path: an order cannot be placed without it, and its availability multiplies with ours.',
    'A failed writer is replaced in half a minute at best. Until then orders are kept and their customers told so (202); stored they are later, or refused with a reason. Reads go on.',
    'The region, and the services that are one for all zones: the load balancer, CloudFront, the control planes that replace servers.',
    'A change of the schema or of data is not taken back by a rollback.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        {
          promise: 'Health checks at every layer and KPIs; success metrics as well as problem alerts',
          fulfilledBy: [
            ...SEEN_FROM_OUTSIDE,
            { resource: 'ServerTargets', how: '/readyz every 5 s' },
            DASHBOARD,
            ...BUDGET_ALARMS,
            { document: 'docs/runbooks/review-operations.md', how: 'trends, reviewed every month' },
          ],
        },
        {
          promise: 'An alert for each configured alarm',
          fulfilledBy: [
            ...SITE_ALARMS,
            ...eachZone('GroupAtMaximumAlarmZone', 3, 'no more servers may be added'),
            ...eachZone('NatAlarm', 3, 'way out to payment closing'),
            ...STATIC_CONTENT_ALARMS,
            ...QUOTA_ALARMS,
            { resource: 'AlertTopic', how: 'where all of these go, encrypted' },
            { document: 'docs/playbooks/outage.md', how: 'what to look at, in which order' },
          ],
        },
        {
          promise: 'An alert for each failure: web server replaced',
          fulfilledBy: SERVER_ALERTS,
        },
        {
          promise: 'Database failed over',
          fulfilledBy: [
            { resource: 'DatabaseEvents', how: 'failover, failure, maintenance of the cluster' },
            { resource: 'DatabaseInstanceEvents', how: 'failure and recovery of an instance' },
            ...DATABASE_ALARMS,
            { resource: 'DatabaseReplicaLagAlarm', how: 'readers fall behind' },
            ...KEPT_ORDER_ALARMS,
          ],
        },
        {
          promise: 'Zone failed',
          fulfilledBy: [
            ...eachZone('ZoneImpairedAlarm', 3, 'worse than the others (gray failure)'),
            { resource: 'Zone1FailingCondition', how: 'its servers fail, those of others do not' },
            { resource: 'Zone1SlowCondition', how: 'its servers are slow, those of others are not' },
            { resource: 'Zone1UnreadyCondition', how: 'its servers are unready, those of others are not' },
            { resource: 'ZoneShiftedAlert', how: 'AWS has moved traffic out of a zone, or practised it' },
            { document: 'docs/playbooks/impaired-zone.md', how: 'whether to leave it, and how' },
          ],
        },
        {
          promise: 'Logs aggregated',
          fulfilledBy: [
            ...SERVER_AND_DATABASE_LOGS,
            ...TRACES,
            { resource: 'FirewallLogs', how: 'what was refused, and by which rule' },
            ACCESS_LOGS,
            { resource: 'StaticEdgeLogs', how: 'every request, as CloudFront saw it' },
            { resource: 'CanaryReports', how: 'what the canary saw' },
          ],
        },
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        {
          promise: 'Load balancer and auto scaling',
          fulfilledBy: [
            { resource: 'LoadBalancer', how: 'in three zones, across them' },
            { resource: 'ServersZone1', how: 'half of the peak; grows to twice that' },
            { resource: 'ServersZone2', how: 'the same' },
            { resource: 'ServersZone3', how: 'the same' },
            { resource: 'ServerScalingZone1', how: 'holds 70% CPU; likewise in the other zones' },
            {
              resource: 'ServerRequestScalingZone1',
              how: 'holds 70% of the rate that a server admits; likewise in the other zones',
            },
          ],
        },
        {
          promise: 'Aurora with storage auto scaling and read replicas in several zones',
          fulfilledBy: [
            { resource: 'Database', how: 'storage grows by itself' },
            { resource: 'DatabaseReaders', how: 'two to five readers' },
            { resource: 'DatabaseReaderScaling', how: 'holds 60% CPU of the readers' },
          ],
        },
        {
          promise: 'Read availability of the main content is put before write availability',
          fulfilledBy: [
            {
              source: 'apps/shop-api/src/resilience/replicated-storage.ts',
              how: 'reads from the read endpoint, behind a breaker of their own',
            },
            { source: 'apps/shop-api/src/core/catalogue.ts', how: 'products from a copy in memory, always' },
            ...LEVERS,
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'Canary or blue/green, one fault isolation zone at a time',
          fulfilledBy: [
            { command: 'npx cdk deploy nines-four-nines', how: 'from infra/, the whole release' },
            { resource: 'ServersZone1', how: 'its first new server is the canary' },
            { resource: 'ServersZone2', how: 'begins when the first zone has finished' },
            { resource: 'ServersZone3', how: 'begins when the second zone has finished' },
            { document: 'docs/runbooks/deploy-a-release.md', how: 'step by step' },
          ],
        },
        {
          promise: 'Automatic rollback when a KPI or alarm says so',
          fulfilledBy: [
            { resource: 'ReleaseErrorAlarm', how: 'more than 0.5% of requests failed in a minute' },
            { resource: 'ReleaseLatencyAlarm', how: 'the slowest 1% took longer than 1 s' },
            {
              source: 'infra/src/constructs/server-files/release-check.sh',
              how: 'each new server watches both for three minutes; if one goes off, everything goes back',
            },
            { resource: 'FailedDeploymentAlert', how: 'tells that it did' },
            { document: 'docs/playbooks/failed-deployment.md', how: 'why, and what state it is in' },
          ],
        },
      ],
    },
    {
      name: 'Back up data',
      promises: [
        {
          promise: 'Automatic backups',
          fulfilledBy: [
            { resource: 'Database', how: 'any second of the last 35 days, up to five minutes ago' },
            ...DAILY_COPIES,
            { resource: 'StaticContent', how: 'versioned' },
          ],
        },
        {
          promise: 'Automated restore exercised in game days',
          fulfilledBy: [
            ...restoreTests('every Monday'),
            { document: 'docs/runbooks/restore-the-aurora-database.md', how: 'for people, in game days' },
          ],
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'Three zones, each with half of peak capacity, statically stable',
          fulfilledBy: [
            { resource: 'Vpc', how: 'subnets and a way out of its own in each zone' },
            { resource: 'ServersZone1', how: 'its minimum alone carries half of the peak' },
            { resource: 'ServersZone2', how: 'the same' },
            { resource: 'ServersZone3', how: 'the same' },
            { resource: 'DatabaseZone1', how: 'an instance pinned to the first zone' },
            { resource: 'DatabaseZone2', how: 'an instance pinned to the second zone' },
            { resource: 'DatabaseZone3', how: 'an instance pinned to the third zone' },
            {
              resource: 'ZoneAutoshift',
              how: 'AWS moves traffic out of an impaired zone, and practises it weekly',
            },
          ],
        },
        {
          promise: 'CloudFront in front',
          fulfilledBy: [
            { resource: 'Distribution', how: 'pages and API under one name, over HTTPS' },
            {
              resource: 'Firewall',
              how: 'addresses that send too much, of bad reputation, or known attacks',
            },
            {
              document: 'docs/adr/0040-the-firewall-stands-at-the-load-balancer.md',
              how: 'why it stands there',
            },
          ],
        },
        {
          promise: 'Aurora with replicas in all three zones',
          fulfilledBy: [
            { resource: 'Database', how: 'six copies of the data in three zones; any instance takes over' },
            {
              resource: 'DatabaseSecretParameter',
              how: 'where servers learn which secret holds the password',
            },
            { resource: 'DataKey', how: 'storage, backups and password' },
          ],
        },
        {
          promise: 'Orders while no writer answers',
          fulfilledBy: [
            ...KEPT_ORDERS,
            { document: 'docs/adr/0074-servers-keep-orders-too.md', how: 'what a 202 promises here' },
          ],
        },
        {
          promise: 'Resilience patterns in every layer of the software',
          fulfilledBy: [
            {
              source: 'apps/shop-api/src/resilience/policies.ts',
              how: 'every call has a time limit, a breaker, a bulkhead; admission before everything',
            },
          ],
        },
      ],
    },
    {
      name: 'Test resiliency',
      promises: [
        {
          promise: 'Performance, load and fault injection tests of components and isolation zones',
          fulfilledBy: [
            ...LOST_SERVERS,
            { resource: 'DatabaseFailoverExperiment', how: 'the writer is lost' },
            ...lostZones(3),
            { command: 'npm test', how: 'the application, this stack, and both together' },
          ],
        },
        {
          promise: 'Game days by the team that operates it',
          fulfilledBy: [
            {
              document: 'docs/runbooks/run-a-fault-experiment.md',
              how: 'in the deployed stack, with a way to stop',
            },
          ],
        },
        {
          promise: 'Playbooks for unknown problems; root cause analysis',
          fulfilledBy: [
            { document: 'docs/playbooks/outage.md', how: 'from what users see to where it comes from' },
            { document: 'docs/playbooks/security-incident.md', how: 'contain, keep evidence, recover' },
            {
              document: 'docs/runbooks/review-operations.md',
              how: 'each event is analysed, and what follows is tracked',
            },
          ],
        },
      ],
    },
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Encrypted backups in the same region',
          fulfilledBy: RECOVERY,
        },
        {
          promise: 'Exercised in game days',
          fulfilledBy: [
            { resource: 'RestoreTestPlan', how: 'every week, without anybody' },
            { document: 'docs/runbooks/recover-the-workload.md', how: 'from copies to a new stack' },
          ],
        },
      ],
    },
  ],
};
