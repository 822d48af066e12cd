/**
 * The cells of the 99% tier, each with what fulfils it. docs/tiers/two-nines.md is generated from this, and a test
 * holds every logical id and every path to what exists.
 */
import type { TierTopics } from '../../tier-pages/topics.ts';
import { BUDGET_ALARMS, SERVER_QUOTA_ALARMS, TRACES } from './shared-topics.ts';

export const TWO_NINES_TOPICS: TierTopics = {
  tier: 'two-nines',
  title: '99% on servers',
  stackName: 'nines-two-nines',
  summary:
    'One zone, one server that holds the application and its PostgreSQL, copies of the database in S3 that the server cannot delete. What fails is rebuilt and restored, in the same zone or in another. For batch work, data extraction, transfer and load, where a day of downtime is bearable.',
  budget: {
    eventsPerYear: 4,
    decideMinutes: 30,
    recoverMinutes: 40,
    plannedMinutes: 1_440,
    allowanceMinutes: 5_256,
  },
  weakestLinks: [
    'Everything is on one server. When it goes, so does the site until another is built and has its data, some ten minutes at best.',
    'What happened since the last copy, a quarter of an hour at most, is lost with a server that goes without a warning.',
    'Each release stops the site: the old server goes before the new one begins.',
    'The zone. When it is lost, a person has to say where to rebuild.',
    'Requests are HTTP: there is nothing in front of the server that could hold a certificate.',
  ],
  topics: [
    {
      name: 'Monitor resources',
      promises: [
        {
          promise: 'Site health only (home page answers 200)',
          fulfilledBy: [
            { resource: 'Canary', how: 'a customer from outside, every five minutes' },
            { resource: 'Dashboard', how: 'whether it succeeds, how busy the server is, when it was copied' },
          ],
        },
        {
          promise: 'No alerting',
          fulfilledBy: [
            { resource: 'CanaryAlarm', how: 'more than the tier asks for: nobody could look at products' },
            ...BUDGET_ALARMS,
            { resource: 'CopiesMissingAlarm', how: 'the one failure that nobody would notice in time' },
            ...SERVER_QUOTA_ALARMS,
            { resource: 'ServerReplacedAlert', how: 'the server was lost and has been replaced' },
            { resource: 'ServerNotHealingAlert', how: 'it could not be' },
            { resource: 'ProcessRestartedAlarm', how: 'systemd started the application again' },
            { resource: 'FailedDeploymentAlert', how: 'a deployment is rolled back' },
            { resource: 'AlertTopic', how: 'where all of these go, encrypted' },
          ],
        },
        {
          promise: 'Playbook: instance logs for the root cause',
          fulfilledBy: [
            {
              resource: 'ServerLogs',
              how: "the application's and the server's first start, also of one that is gone",
            },
            ...TRACES,
            { document: 'docs/playbooks/outage.md', how: 'what to look at, in which order' },
          ],
        },
      ],
    },
    {
      name: 'Adapt to changes in demand',
      promises: [
        {
          promise: 'Vertical scaling by redeployment',
          fulfilledBy: [
            { resource: 'ServerLaunchTemplate', how: 'the type of the server; another one takes a release' },
            { source: 'infra/src/constructs/single-server.ts', how: 'where it is written' },
            { resource: 'LeverApplication', how: 'until then: five levers that shed work' },
            { resource: 'LeverEnvironment', how: 'where they are moved' },
            { resource: 'LeverStrategy', how: 'at once' },
            { document: 'docs/runbooks/pull-an-emergency-lever.md', how: 'which, when, how' },
          ],
        },
      ],
    },
    {
      name: 'Implement change',
      promises: [
        {
          promise: 'Infrastructure as code; deploy and roll back by runbook, with downtime',
          fulfilledBy: [
            { command: 'npx cdk deploy nines-two-nines', how: 'from infra/, the whole release' },
            {
              document: 'docs/runbooks/deploy-a-release.md',
              how: 'step by step; the site is down meanwhile',
            },
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
          promise:
            'Encrypted backups to S3, versioned bucket, no permission to delete backups, lifecycle to archive',
          fulfilledBy: [
            {
              resource: 'DatabaseCopies',
              how: 'encrypted, versioned; archived after a week, kept for 90 days',
            },
            { resource: 'DataKey', how: 'a key of its own' },
            {
              source: 'infra/src/constructs/server-files/database-copy.sh',
              how: 'every quarter of an hour and when the server stops, by itself instead of by runbook',
            },
            { source: 'infra/src/constructs/single-server.ts', how: 'role and bucket both refuse deletion' },
          ],
        },
        {
          promise: 'Restore tested by runbook',
          fulfilledBy: [
            { document: 'docs/runbooks/rebuild-the-server.md', how: 'each release is one, and each rebuild' },
          ],
        },
      ],
    },
    {
      name: 'Architect for resiliency',
      promises: [
        {
          promise: 'One region, one zone, application and database on one instance; rebuild and restore',
          fulfilledBy: [
            { resource: 'Server', how: 'a group of one: a machine that is gone is replaced' },
            { resource: 'ServerAddress', how: 'goes with it, once the new one can answer' },
            {
              source: 'infra/src/constructs/server-files/restore-database.sh',
              how: 'a new server begins with the newest copy, or not at all',
            },
            { resource: 'Vpc', how: 'a subnet in each of three zones; the server is in one' },
          ],
        },
      ],
    },
    {
      name: 'Test resiliency',
      promises: [
        {
          promise: 'Unit tests; rebuild and restore tested',
          fulfilledBy: [
            { command: 'npm test', how: 'the application, this stack, and both together' },
            { document: 'docs/runbooks/rebuild-the-server.md', how: 'twice a year, into another zone' },
            { resource: 'ProcessKillExperiment', how: 'in the deployed stack: the application is killed' },
            { resource: 'ServerLossExperiment', how: 'the server is terminated, its database with it' },
            { resource: 'ZoneLossExperiment', how: 'its zone is lost for ten minutes' },
          ],
        },
      ],
    },
    {
      name: 'Plan for disaster recovery',
      promises: [
        {
          promise: 'Encrypted backups, restore in another zone if needed',
          fulfilledBy: [
            { resource: 'RebuildElsewhere', how: 'one command, without this repository' },
            { command: 'npx cdk deploy nines-two-nines -c zone=2', how: 'the same, by deployment' },
            { document: 'docs/runbooks/rebuild-the-server.md', how: 'step by step' },
          ],
        },
        {
          promise: 'DNS change to a static page by runbook',
          fulfilledBy: [
            { resource: 'StaticDistribution', how: 'the page, which does not depend on the server' },
            { resource: 'StaticContent', how: 'where it is, versioned' },
            {
              source: 'infra/src/constructs/failover-name.ts',
              how: 'by itself, where a hosted zone is given',
            },
            { document: 'docs/runbooks/show-the-static-page.md', how: 'by hand, where it is not' },
          ],
        },
      ],
    },
  ],
};
