/**
 * The cells of the serverless tiers of one region, each with what fulfils it. The pages `docs/tiers/*-serverless.md` are
 * generated from this, and a test holds every logical id and every path to what exists.
 */
import type { TierTopics } from '../../tier-pages/topics.ts';
import * as shared from './shared-topics.ts';

export const TWO_NINES_SERVERLESS: TierTopics = {
  tier: 'two-nines',
  page: 'two-nines-serverless',
  title: '99% without servers',
  stackName: 'nines-two-nines-serverless*',
  summary:
    'One region, whose zones are AWS’s own business: an HTTP API, a function in one version, a table, a queue. Releases replace the function in place, copies of the table are made by hand, and nobody is woken but for what no customer would notice in time.',
  budget: {
    eventsPerYear: 4,
    decideMinutes: 30,
    recoverMinutes: 40,
    plannedMinutes: 1_440,
    allowanceMinutes: 5_256,
  },
  designGoals: 'one-region',
  weakestLinks: [
    'A wrong release is in place for everybody at once, until somebody notices and takes it back.',
    'What was damaged can be brought back only from the last copy that somebody made.',
    'Nothing is kept for the function: another function of the account can take the concurrency that it needs.',
    'Payment is a third party on the way of an order.',
    'The region.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        {
          promise: 'Site health only (home page answers 200)',
          fulfilledBy: [...shared.SEEN_FROM_OUTSIDE, shared.DASHBOARD],
        },
        {
          promise: 'No alerting',
          fulfilledBy: [...shared.PAYMENT_ALARMS, shared.RELEASE_ALERT, shared.ALERT_TOPIC],
        },
        { promise: 'Playbook: logs for the root cause', fulfilledBy: [...shared.LOGS, ...shared.PLAYBOOKS] },
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        {
          promise: 'Vertical scaling by redeployment',
          fulfilledBy: [
            { resource: 'ShopFunction', how: 'more than asked: as many at once as the account may have' },
            { resource: 'Table', how: 'capacity on demand' },
            ...shared.LEVERS,
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'Infrastructure as code; deploy and roll back by runbook',
          fulfilledBy: [
            {
              command: "npx cdk deploy 'nines-two-nines-serverless*'",
              how: 'from infra/, the whole release',
            },
            { document: 'docs/runbooks/deploy-a-release.md', how: 'step by step' },
            { document: 'docs/runbooks/roll-back-a-release.md', how: 'step by step' },
            { document: 'docs/playbooks/failed-deployment.md', how: 'why it failed, what state it is in' },
          ],
        },
      ],
    },
    {
      name: 'Back up data',
      promises: [
        {
          promise: 'Encrypted backups by runbook; restore tested by runbook',
          fulfilledBy: [
            { resource: 'BackUpTable', how: 'copies the table; the copy stays when the table goes' },
            { document: 'docs/runbooks/restore-the-table.md', how: 'before each release, and the way back' },
          ],
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'One region; rebuild and restore',
          fulfilledBy: [
            { resource: 'Api', how: 'over the zones of the region' },
            {
              resource: 'ShopFunction',
              how: 'the same; a failed environment is replaced with the next request',
            },
            { resource: 'Table', how: 'three copies in three zones' },
            ...shared.QUEUES,
          ],
        },
      ],
    },
    shared.tests(
      [
        ['ShopLoss', 'no invocation of the shop is admitted'],
        ['WorkerLoss', 'nobody takes payments'],
        ['TableRefusal', 'the table takes one write a second'],
      ],
      'A few unit tests; rebuild and restore tested',
    ),
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Encrypted backups, restore; a static page by runbook',
          fulfilledBy: [
            { resource: 'StaticDistribution', how: 'pages that need neither API nor table' },
            { document: 'docs/runbooks/recover-the-workload.md', how: 'when the stack is gone' },
          ],
        },
      ],
    },
  ],
};

export const THREE_NINES_SERVERLESS: TierTopics = {
  tier: 'three-nines',
  page: 'three-nines-serverless',
  title: '99.9% without servers',
  stackName: 'nines-three-nines-serverless*',
  summary:
    'The 99% tier with somebody who is told: alarms on every part, throttles and concurrency by a rating, any second of five weeks restorable, copies that are restored every week. For internal tools.',
  budget: {
    eventsPerYear: 2,
    decideMinutes: 30,
    recoverMinutes: 30,
    plannedMinutes: 150,
    allowanceMinutes: 525,
  },
  designGoals: 'one-region',
  weakestLinks: [
    'A wrong release is in place for everybody at once, until alarms go off and somebody takes it back.',
    'Payment is a third party on the way of an order. While it is slow, orders hold concurrency that products need.',
    'A table that refuses refuses orders; products come from memory.',
    'The region.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        {
          promise: 'Site health, with alerts on outage',
          fulfilledBy: [
            ...shared.SEEN_FROM_OUTSIDE,
            ...shared.SITE_ALARMS,
            ...shared.BUDGET_ALARMS,
            shared.DASHBOARD,
            shared.ALERT_TOPIC,
            ...shared.PLAYBOOKS,
          ],
        },
        {
          promise: 'Alerts whenever a web server is replaced or the database fails over',
          fulfilledBy: [
            ...shared.functionAlarms('Shop', ['ErrorAlarm', 'ThrottleAlarm', 'ConcurrencyAlarm']),
            ...shared.functionAlarms('Worker', ['ErrorAlarm', 'ThrottleAlarm']),
            ...shared.TABLE_ALARMS,
            ...shared.PAYMENT_ALARMS,
            shared.QUOTA_ALARM,
          ],
        },
        { promise: 'Static content watched too', fulfilledBy: shared.PAGES_ALARMS },
        { promise: 'Logs aggregated', fulfilledBy: shared.LOGS },
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        {
          promise: 'Load balancer and auto scaling of the application tier',
          fulfilledBy: [
            { resource: 'Stage', how: 'refuses what is above the rating, orders above half of it' },
            { resource: 'ShopFunction', how: 'concurrency for the peak is kept for it, and bounds it' },
            { resource: 'Table', how: 'capacity on demand' },
            ...shared.LEVERS,
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'Automated in-place deployment, rollback by runbook',
          fulfilledBy: [
            {
              command: "npx cdk deploy 'nines-three-nines-serverless*'",
              how: 'from infra/, the whole release',
            },
            { document: 'docs/runbooks/deploy-a-release.md', how: 'step by step' },
            { document: 'docs/runbooks/roll-back-a-release.md', how: 'step by step' },
            shared.RELEASE_ALERT,
            { document: 'docs/playbooks/failed-deployment.md', how: 'why it failed, what state it is in' },
          ],
        },
      ],
    },
    {
      name: 'Back up data',
      promises: [
        {
          promise: "The database's automatic backups meet the RPO",
          fulfilledBy: [...shared.COPIES, { resource: 'BackUpTable', how: 'one more, by hand' }],
        },
        { promise: 'Restore runbook exercised', fulfilledBy: [...shared.RESTORE, ...shared.RESTORE_TESTS] },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'Two zones, tiers separated; self-healing application tier; database over zones',
          fulfilledBy: [
            { resource: 'Api', how: 'over the zones of the region' },
            {
              resource: 'ShopFunction',
              how: 'the same; a failed environment is replaced with the next request',
            },
            { resource: 'Table', how: 'three copies in three zones, encrypted' },
            ...shared.QUEUES,
          ],
        },
        shared.SOFTWARE,
      ],
    },
    shared.tests(
      [
        ['ShopLoss', 'no invocation of the shop is admitted'],
        ['WorkerLoss', 'nobody takes payments'],
        ['TableRefusal', 'the table takes one write a second'],
      ],
      'Functional tests; playbooks for database problems, security incidents, failed deployments',
      [
        {
          promise: 'Playbooks',
          fulfilledBy: [
            { document: 'docs/playbooks/table-problems.md', how: 'the table' },
            { document: 'docs/playbooks/security-incident.md', how: 'security incidents' },
            { document: 'docs/playbooks/failed-deployment.md', how: 'failed deployments' },
          ],
        },
      ],
    ),
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Encrypted backups in the same region, recovery runbook',
          fulfilledBy: [
            { resource: 'BackupVault', how: 'kept when the stack goes' },
            { document: 'docs/runbooks/recover-the-workload.md', how: 'when the stack is gone' },
          ],
        },
      ],
    },
  ],
};

export const FOUR_NINES_SERVERLESS: TierTopics = {
  tier: 'four-nines',
  page: 'four-nines-serverless',
  title: '99.99% without servers',
  stackName: 'nines-four-nines-serverless*',
  summary:
    'Products apart from orders, capacity for the peak that stands ready, releases in two steps that alarms take back; CloudFront in front, which keeps products and shows them while the API fails; orders that are kept when the table refuses them. Whether that makes 99.99% is arithmetic, below: products come near it, orders do not.',
  budget: { eventsPerYear: 2, decideMinutes: 10, recoverMinutes: 5, plannedMinutes: 0, allowanceMinutes: 52 },
  designGoals: 'edge',
  weakestLinks: [
    "Lambda's own design goal, 99.95%, is below the tier's: orders cannot meet 99.99% in one region.",
    'Payment is a third party on the way of an order.',
    'Products that nobody looked at lately are not at the edge.',
    'The region, and CloudFront, whose design goal is 99.99% itself.',
    'A change of data is not taken back by a rollback.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        {
          promise: 'Health checks at every layer and KPIs; success metrics as well as problem alerts',
          fulfilledBy: [
            ...shared.SEEN_FROM_OUTSIDE,
            shared.DASHBOARD,
            ...shared.BUDGET_ALARMS,
            { document: 'docs/runbooks/review-operations.md', how: 'trends, reviewed every month' },
          ],
        },
        {
          promise: 'An alert for each configured alarm and each failure',
          fulfilledBy: [
            ...shared.SITE_ALARMS,
            ...shared.functionAlarms('Reads', [
              'ErrorAlarm',
              'ThrottleAlarm',
              'ConcurrencyAlarm',
              'SpilloverAlarm',
            ]),
            ...shared.functionAlarms('Orders', [
              'ErrorAlarm',
              'ThrottleAlarm',
              'ConcurrencyAlarm',
              'SpilloverAlarm',
            ]),
            ...shared.functionAlarms('Worker', ['ErrorAlarm', 'ThrottleAlarm']),
            ...shared.TABLE_ALARMS,
            ...shared.INTAKE_ALARMS,
            ...shared.PAYMENT_ALARMS,
            ...shared.PAGES_ALARMS,
            shared.QUOTA_ALARM,
            shared.ALERT_TOPIC,
            ...shared.PLAYBOOKS,
          ],
        },
        {
          promise: 'Logs aggregated',
          fulfilledBy: [
            ...shared.LOGS,
            { resource: 'FirewallLogs', how: 'what was refused, and by which rule' },
            { resource: 'StaticEdgeLogs', how: 'every request, as CloudFront saw it' },
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
            { resource: 'Stage', how: 'refuses what is above the rating, orders above half of it' },
            { resource: 'ReadsFunction', how: 'concurrency of its own, for products' },
            { resource: 'OrdersFunction', how: 'concurrency of its own, for orders' },
            { resource: 'Table', how: 'capacity on demand' },
          ],
        },
        {
          promise: 'Read availability of the main content is put before write availability',
          fulfilledBy: [
            { resource: 'ReadsLive', how: 'slow payments take nothing from products' },
            {
              document: 'docs/adr/0066-products-are-kept-at-the-edge.md',
              how: 'products while the API is away',
            },
            ...shared.LEVERS,
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
            {
              command: "npx cdk deploy 'nines-four-nines-serverless*'",
              how: 'from infra/, the whole release',
            },
            {
              resource: 'ReadsDeployment',
              how: 'a tenth of the requests for products for five minutes, then all',
            },
            { resource: 'OrdersDeployment', how: 'the same for orders, when products have finished' },
            { document: 'docs/runbooks/deploy-a-release.md', how: 'step by step' },
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
            { document: 'docs/playbooks/failed-deployment.md', how: 'why, and what state it is in' },
          ],
        },
      ],
    },
    {
      name: 'Back up data',
      promises: [
        { promise: 'Automatic backups', fulfilledBy: shared.COPIES },
        {
          promise: 'Automated restore exercised in game days',
          fulfilledBy: [...shared.RESTORE_TESTS, ...shared.RESTORE],
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'Three zones, statically stable: nothing has to be started to survive the loss of one',
          fulfilledBy: [
            { resource: 'ReadsLive', how: 'environments for the peak stand ready, over the zones' },
            { resource: 'OrdersLive', how: 'the same for orders' },
            { resource: 'Table', how: 'three copies in three zones' },
          ],
        },
        {
          promise: 'CloudFront in front',
          fulfilledBy: [
            { resource: 'Distribution', how: 'pages and API under one name; products kept for a second' },
            {
              resource: 'Firewall',
              how: 'addresses that send too much, of bad reputation, or known attacks',
            },
            { document: 'docs/adr/0065-the-firewall-stands-at-the-edge.md', how: 'why it stands there' },
          ],
        },
        {
          promise: 'Orders while the table refuses',
          fulfilledBy: [
            { resource: 'IntakeQueue', how: 'kept, answered 202, stored when the table answers' },
            { resource: 'IntakeDeadLetterQueue', how: 'after ten hours, for people' },
            ...shared.QUEUES,
          ],
        },
        shared.SOFTWARE,
      ],
    },
    shared.tests(
      [
        ['TableRefusal', 'the table takes one write a second: orders are kept'],
        ['WorkerLoss', 'nobody takes payments, and nobody stores kept orders'],
      ],
      'Performance, load and fault injection tests',
      [
        {
          promise: 'Playbooks for unknown problems; root cause analysis',
          fulfilledBy: [
            { document: 'docs/playbooks/outage.md', how: 'what to look at, in which order' },
            { document: 'docs/runbooks/review-operations.md', how: 'after each event' },
          ],
        },
      ],
    ),
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Encrypted backups in the same region, exercised in game days',
          fulfilledBy: [
            { resource: 'BackupVault', how: 'kept when the stack goes' },
            { document: 'docs/runbooks/recover-the-workload.md', how: 'when the stack is gone' },
          ],
        },
      ],
    },
  ],
};
