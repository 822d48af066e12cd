/**
 * The cells of the 99.9% tier, each with what fulfils it. docs/tiers/three-nines.md is generated from this, and a
 * test holds every logical id and every path to what exists.
 */
import type { TierTopics } from '../../tier-pages/topics.ts';
import {
  ACCESS_LOGS,
  BUDGET_ALARMS,
  DAILY_COPIES,
  DASHBOARD,
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

export const THREE_NINES_TOPICS: TierTopics = {
  tier: 'three-nines',
  title: '99.9% on servers',
  stackName: 'nines-three-nines',
  summary:
    'One region, two zones: a load balancer, servers that are replaced when they fail, PostgreSQL with a synchronous standby in the other zone, static content in S3. For internal tools such as knowledge management and project tracking. Two unplanned events a year of an hour each and ten releases of a quarter of an hour each make 270 minutes, out of an allowance of 8 h 45 min.',
  budget: {
    eventsPerYear: 2,
    decideMinutes: 30,
    recoverMinutes: 30,
    plannedMinutes: 150,
    allowanceMinutes: 525,
  },
  weakestLinks: [
    'The database fails over in one to two minutes, and no order can be placed until it has. Products can be read meanwhile.',
    'Payment is a third party on the request path: an order cannot be placed without it, and its availability multiplies with ours.',
    'The region: if it is lost, so is the site, until it is back.',
    'A server takes minutes to start, because it installs its packages first: a sudden peak beyond the running servers is shed until then.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        {
          promise: 'Site health, with alerts on outage',
          fulfilledBy: [
            ...SITE_ALARMS,
            { resource: 'GroupAtMaximumAlarm', how: 'no more servers may be added' },
            ...BUDGET_ALARMS,
            ...SEEN_FROM_OUTSIDE,
            ...eachZone('ZoneImpairedAlarm', 2, 'worse than the other zone (gray failure)'),
            ...QUOTA_ALARMS,
            DASHBOARD,
            ...eachZone('NatAlarm', 2, 'way out to payment closing'),
            { resource: 'AlertTopic', how: 'where all of these go, encrypted' },
            { document: 'docs/playbooks/outage.md', how: 'what to look at, in which order' },
            { document: 'docs/playbooks/impaired-zone.md', how: 'whether to leave a zone, and how' },
          ],
        },
        {
          promise: 'Alerts whenever a web server is replaced',
          fulfilledBy: SERVER_ALERTS,
        },
        {
          promise: 'Alerts whenever the database fails over',
          fulfilledBy: [
            { resource: 'DatabaseEvents', how: 'failover, failure, recovery, low storage, maintenance' },
            { resource: 'DatabaseCpuAlarm', how: 'before it comes to that' },
            { resource: 'DatabaseMemoryAlarm', how: 'before it comes to that' },
            { resource: 'DatabaseStorageAlarm', how: 'before it comes to that' },
            { resource: 'DatabaseConnectionsAlarm', how: 'before it comes to that' },
          ],
        },
        {
          promise: 'Static content in S3 watched too',
          fulfilledBy: STATIC_CONTENT_ALARMS,
        },
        {
          promise: 'Logs aggregated',
          fulfilledBy: [
            ...SERVER_AND_DATABASE_LOGS,
            ...TRACES,
            ACCESS_LOGS,
            { resource: 'StaticEdgeLogs', how: 'every request for static content, as CloudFront saw it' },
          ],
        },
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        {
          promise:
            'Load balancer and auto scaling of the application tier, CPU target 70%, at least one instance per zone',
          fulfilledBy: [
            { resource: 'LoadBalancer', how: 'in both zones, across them' },
            { resource: 'Servers', how: 'two to six, balanced over two zones' },
            { resource: 'ServerScaling', how: 'holds 70% CPU on average' },
            { resource: 'ServerRequestScaling', how: 'holds 70% of the rate that a server admits' },
          ],
        },
        {
          promise: 'Database resized in the maintenance window',
          fulfilledBy: [
            {
              resource: 'Database',
              how: 'changes wait for the window; storage grows by itself up to 100 GiB',
            },
            { document: 'docs/runbooks/resize-the-database.md', how: 'step by step' },
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'Automated in-place deployment',
          fulfilledBy: [
            { command: 'npx cdk deploy nines-three-nines', how: 'from infra/, the whole release' },
            { resource: 'Servers', how: 'one server at a time, each waited for; a failed one rolls back' },
            { resource: 'ServerLaunchTemplate', how: 'what a release changes' },
            { document: 'docs/runbooks/deploy-a-release.md', how: 'step by step, every 2 to 4 weeks' },
          ],
        },
        {
          promise: 'Rollback by runbook',
          fulfilledBy: [{ document: 'docs/runbooks/roll-back-a-release.md', how: 'step by step' }],
        },
      ],
    },
    {
      name: 'Back up data',
      promises: [
        {
          promise: "Database's automatic backups meet the RPO",
          fulfilledBy: [
            {
              resource: 'Database',
              how: 'any second of the last 14 days, up to five minutes ago (RPO 5 min)',
            },
            ...DAILY_COPIES,
            ...restoreTests('every month'),
            { resource: 'StaticContent', how: 'versioned' },
          ],
        },
        {
          promise: 'Restore runbook exercised',
          fulfilledBy: [
            { document: 'docs/runbooks/restore-the-database.md', how: 'exercise it twice a year' },
          ],
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'Two zones, tiers separated',
          fulfilledBy: [
            { resource: 'Vpc', how: 'subnets of their own for edge, servers and database, in each zone' },
          ],
        },
        {
          promise: 'Load balancer sends only to healthy instances; the health check tests the data plane',
          fulfilledBy: [
            { resource: 'ServerTargets', how: '/readyz every 5 s, out after two misses, open when all fail' },
            {
              source: 'apps/shop-api/src/core/readiness.ts',
              how: 'asks for the database and for what answers reads without it; never a control plane',
            },
          ],
        },
        {
          promise: 'Self-healing application tier',
          fulfilledBy: [
            { resource: 'Servers', how: 'replaces what the load balancer finds unhealthy, successor first' },
            { resource: 'ServerLaunchTemplate', how: 'systemd starts a dead process again after a second' },
          ],
        },
        {
          promise: 'Database Multi-AZ, storage encrypted by KMS',
          fulfilledBy: [
            { resource: 'Database', how: 'synchronous standby in the other zone' },
            { resource: 'DataKey', how: 'storage, backups and password' },
            {
              resource: 'DatabaseSecretParameter',
              how: 'where servers learn which secret holds the password',
            },
          ],
        },
        {
          promise: 'Application patterns keep the site usable while the database fails over',
          fulfilledBy: [
            {
              source: 'apps/shop-api/src/core/catalogue.ts',
              how: 'reads answered from last-known-good data, marked stale; writes refused with Retry-After',
            },
            { resource: 'StaticDistribution', how: 'static content does not depend on any server' },
            ...LEVERS,
          ],
        },
      ],
    },
    {
      name: 'Test resiliency',
      promises: [
        {
          promise: 'Functional tests',
          fulfilledBy: [{ command: 'npm test', how: 'the application, this stack, and both together' }],
        },
        {
          promise: 'Self-healing not tested explicitly',
          fulfilledBy: [
            {
              command: 'npx nines gameday three-nines',
              how: 'more than the tier asks for: breaks it and measures',
            },
            ...LOST_SERVERS,
            { resource: 'DatabaseFailoverExperiment', how: 'the primary is lost' },
            ...lostZones(2),
            { document: 'docs/runbooks/run-a-fault-experiment.md', how: 'with a way to stop' },
          ],
        },
        {
          promise: 'Playbooks for database problems, security incidents, failed deployments',
          fulfilledBy: [
            { document: 'docs/playbooks/database-problems.md', how: 'slow, full, away, wrong' },
            { document: 'docs/playbooks/security-incident.md', how: 'contain, keep evidence, recover' },
            { document: 'docs/playbooks/failed-deployment.md', how: 'why it failed, what state it is in' },
            { resource: 'FailedDeploymentAlert', how: 'tells that there is one' },
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
          promise: 'Recovery runbook',
          fulfilledBy: [
            { document: 'docs/runbooks/recover-the-workload.md', how: 'from copies to a new stack' },
          ],
        },
      ],
    },
  ],
};
