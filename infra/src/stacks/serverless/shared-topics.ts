/**
 * Evidence that several serverless tiers have alike, under the names that their stacks pin it to. A tier's own topics
 * say which of its promises these rows fulfil, and add what is its own.
 */
import type { Evidence, TierPromise, Topic } from '../../tier-pages/topics.ts';

export const SEEN_FROM_OUTSIDE: readonly Evidence[] = [
  { resource: 'Canary', how: 'a customer from outside, every five minutes' },
  { resource: 'CanaryAlarm', how: 'who could not look at products, twice in a row' },
];

export const DASHBOARD: Evidence = {
  resource: 'Dashboard',
  how: 'users, functions, table, queues, alarms, in this order',
};

/** Told in every tier: nobody outside would notice for hours. */
export const PAYMENT_ALARMS: readonly Evidence[] = [
  { resource: 'MessagesPutAsideAlarm', how: 'a message that nobody understood' },
  { resource: 'RemindersLateAlarm', how: 'payments are taken late' },
  { resource: 'NoSweepAlarm', how: 'nobody looks for postponed payments' },
];

export const RELEASE_ALERT: Evidence = {
  resource: 'FailedDeploymentAlert',
  how: 'a deployment is rolled back',
};

export const ALERT_TOPIC: Evidence = { resource: 'AlertTopic', how: 'where all of these go, encrypted' };

export const SITE_ALARMS: readonly Evidence[] = [
  { resource: 'OutageAlarm', how: 'more than half of all requests fail' },
  { resource: 'ErrorAlarm', how: 'more than 1% of requests failed' },
  { resource: 'LatencyAlarm', how: 'the slowest 1% took longer than 2 s' },
  { resource: 'RefusedRequestsAlarm', how: 'the load is above the rating' },
];

export const BUDGET_ALARMS: readonly Evidence[] = [
  { resource: 'BudgetBurnFastAlarm', how: '14.4 times the error budget over 1 h and 5 min' },
  { resource: 'BudgetBurnSlowAlarm', how: '6 times over 6 h and 30 min' },
  { resource: 'BudgetBurnTrickleAlarm', how: '3 times over a day and 2 h' },
];

const FUNCTION_ALARM = {
  ErrorAlarm: 'invocations fail or run out of time',
  ThrottleAlarm: 'invocations are refused for want of concurrency',
  ConcurrencyAlarm: '80% of what is kept for it is in use',
  SpilloverAlarm: 'what stands ready was not enough',
} as const;

/** @param kinds The worker has none of its own concurrency, and only what stands ready can spill over. */
export const functionAlarms = (
  name: string,
  kinds: readonly (keyof typeof FUNCTION_ALARM)[],
): readonly Evidence[] =>
  kinds.map((kind) => ({
    resource: `${name}${kind}`,
    how: `${name.toLowerCase()}: ${FUNCTION_ALARM[kind]}`,
  }));

export const TABLE_ALARMS: readonly Evidence[] = [
  { resource: 'TableRefusalAlarm', how: 'it refuses requests for want of capacity' },
  { resource: 'TableFailureAlarm', how: 'it fails requests' },
  { resource: 'TransactionConflictAlarm', how: 'one product sells too fast' },
  { resource: 'TableLimitAlarm', how: '80% of what the account allows a table' },
];

export const QUOTA_ALARM: Evidence = {
  resource: 'ConcurrencyQuotaAlarm',
  how: "80% of the account's concurrency is in use",
};

export const PAGES_ALARMS: readonly Evidence[] = [
  { resource: 'StaticContentErrorAlarm', how: 'S3 fails to deliver' },
  { resource: 'StaticContentMissingAlarm', how: 'most of what is asked for is not there' },
];

export const INTAKE_ALARMS: readonly Evidence[] = [
  { resource: 'OrdersKeptAlarm', how: 'the table refuses orders, which are kept' },
  { resource: 'KeptOrdersLateAlarm', how: 'they have been kept for a quarter of an hour' },
  { resource: 'KeptOrdersPutAsideAlarm', how: 'one of them could not be stored' },
];

export const PLAYBOOKS: readonly Evidence[] = [
  { document: 'docs/playbooks/outage.md', how: 'what to look at, in which order' },
  { document: 'docs/playbooks/function-problems.md', how: 'when it is a function or a queue' },
  { document: 'docs/playbooks/table-problems.md', how: 'when it is the table' },
];

export const LOGS: readonly Evidence[] = [
  { resource: 'ShopLogs', how: 'the application, with its metrics in the same lines' },
  { resource: 'WorkerLogs', how: 'payments and what was put aside' },
  { resource: 'AccessLogs', how: 'every request, as the API answered it' },
];

export const LEVERS: readonly Evidence[] = [
  { resource: 'LeverApplication', how: 'five levers that shed work, read-only among them' },
  { resource: 'LeverEnvironment', how: 'where they are moved' },
  { resource: 'LeverStrategy', how: 'to all functions at once' },
  { document: 'docs/runbooks/pull-an-emergency-lever.md', how: 'which, when, how' },
];

export const RESTORE: readonly Evidence[] = [
  { resource: 'RestoreTable', how: 'any second of the last 35 days, beside the table that is there' },
  { document: 'docs/runbooks/restore-the-table.md', how: 'when, and what to bring back' },
];

export const COPIES: readonly Evidence[] = [
  { resource: 'Table', how: 'any second of the last 35 days can be restored' },
  { resource: 'BackupPlan', how: 'daily copies for 35 days, which outlive the table' },
  { resource: 'BackupVault', how: 'encrypted; nobody may delete a copy' },
  { resource: 'BackupFailedAlert', how: 'tells when a copy failed' },
];

export const RESTORE_TESTS: readonly Evidence[] = [
  { resource: 'RestoreTestPlan', how: 'restores the newest copy every Monday, and says how long it took' },
  { resource: 'RestoreTestSelection', how: 'the table, deleted after four hours' },
  { resource: 'RestoreTestFailedAlert', how: 'tells when it did not work' },
];

export const QUEUES: readonly Evidence[] = [
  { resource: 'OrderQueue', how: 'payments are taken after the answer, once however often they are tried' },
  { resource: 'DeadLetterQueue', how: 'what is not understood waits for people, and harms nothing else' },
  { resource: 'RedriveMessages', how: 'delivers it again' },
  { document: 'docs/runbooks/redrive-messages.md', how: 'when' },
];

/** Cells that are the same words in every tier of one region and up. */
export const SOFTWARE: TierPromise = {
  promise: 'Resilience patterns in every layer of the software',
  fulfilledBy: [
    {
      source: 'apps/shop-api/src/resilience/policies.ts',
      how: 'every call has a time limit, a breaker, a bulkhead',
    },
    { document: 'docs/adr/0060-the-shop-in-one-dynamodb-table.md', how: 'an order is one transaction' },
    { document: 'docs/adr/0061-the-shop-as-a-function.md', how: 'what freezing and thawing asks' },
  ],
};

/** @param experiments What is broken on purpose, by name. */
export const tests = (
  experiments: readonly (readonly [name: string, how: string])[],
  promise: string,
  more: readonly TierPromise[] = [],
): Topic => ({
  name: 'Test resiliency',
  promises: [
    {
      promise,
      fulfilledBy: [
        { command: 'npm test', how: 'the application on both storages, these stacks' },
        ...experiments.map(([name, how]) => ({ resource: `${name}Experiment`, how })),
        { document: 'docs/runbooks/run-a-fault-experiment.md', how: 'how to run one' },
      ],
    },
    ...more,
  ],
});
