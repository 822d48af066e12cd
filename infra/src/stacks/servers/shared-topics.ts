/**
 * Evidence that several tiers on servers have alike, under the names that their stacks pin it to. A tier's own topics
 * say which of its promises these rows fulfil, and add what is its own.
 */
import type { Evidence } from '../../tier-pages/topics.ts';

const ORDINALS = ['first', 'second', 'third'] as const;

/** `Name1` to `Name<zones>`, of which the first says what they are and the others only where. */
export const eachZone = (name: string, zones: 2 | 3, how: string): readonly Evidence[] =>
  ORDINALS.slice(0, zones).map((zone, index) => ({
    resource: `${name}${String(index + 1)}`,
    how: index === 0 ? `${how}, ${zone} zone` : `${zone} zone`,
  }));

export const SITE_ALARMS: readonly Evidence[] = [
  { resource: 'OutageAlarm', how: 'no server ready for two minutes, or silence' },
  { resource: 'ErrorAlarm', how: 'more than 1% of requests failed' },
  { resource: 'LatencyAlarm', how: 'the slowest 1% took longer than 2 s' },
  { resource: 'UnreadyServerAlarm', how: 'a server not ready for five minutes' },
];

export const BUDGET_ALARMS: readonly Evidence[] = [
  { resource: 'BudgetBurnFastAlarm', how: '14.4 times the error budget over 1 h and 5 min' },
  { resource: 'BudgetBurnSlowAlarm', how: '6 times over 6 h and 30 min' },
  { resource: 'BudgetBurnTrickleAlarm', how: '3 times over a day and 2 h' },
];

export const SEEN_FROM_OUTSIDE: readonly Evidence[] = [
  { resource: 'Canary', how: 'a customer from outside, every five minutes' },
  { resource: 'CanaryAlarm', how: 'who could not look at products, twice in a row' },
];

export const STATIC_CONTENT_ALARMS: readonly Evidence[] = [
  { resource: 'StaticContentErrorAlarm', how: 'S3 fails to deliver' },
  { resource: 'StaticContentMissingAlarm', how: 'most of what is asked for is not there' },
];

export const SERVER_QUOTA_ALARMS: readonly Evidence[] = [
  { resource: 'VcpuQuotaAlarm', how: '80% of the quota that a failover would need' },
  { resource: 'ServerGroupQuotaAlarm', how: '80% of the quota that a stack built anew would need' },
];

export const QUOTA_ALARMS: readonly Evidence[] = [
  ...SERVER_QUOTA_ALARMS,
  { resource: 'LoadBalancerQuotaAlarm', how: 'the same' },
  { document: 'docs/playbooks/quota-nearly-used-up.md', how: 'and what watches the other quotas' },
];

export const DASHBOARD: Evidence = {
  resource: 'Dashboard',
  how: 'users, zones, servers, database, alarms, in this order',
};

export const SERVER_ALERTS: readonly Evidence[] = [
  { resource: 'ServerReplacedAlert', how: 'replaced because it was unhealthy' },
  { resource: 'ServerNotHealingAlert', how: 'could not be launched or terminated' },
  { resource: 'ProcessRestartedAlarm', how: 'ended, and systemd started it again' },
];

export const DATABASE_ALARMS: readonly Evidence[] = [
  { resource: 'DatabaseCpuAlarm', how: 'before it comes to that' },
  { resource: 'DatabaseMemoryAlarm', how: 'before it comes to that' },
  { resource: 'DatabaseConnectionsAlarm', how: 'before it comes to that' },
];

export const SERVER_AND_DATABASE_LOGS: readonly Evidence[] = [
  { resource: 'ServerLogs', how: "the application's and the servers' first start" },
  { resource: 'DatabaseLogs', how: 'slow statements, lock waits, errors' },
  { resource: 'FlowLogs', how: 'who talked to whom' },
];

export const ACCESS_LOGS: Evidence = {
  resource: 'AccessLogs',
  how: 'every request, as the load balancer and S3 saw it',
};

export const LEVERS: readonly Evidence[] = [
  { resource: 'LeverApplication', how: 'five levers that shed work, read-only among them' },
  { resource: 'LeverEnvironment', how: 'where they are moved' },
  { resource: 'LeverStrategy', how: 'to all servers at once' },
  { document: 'docs/runbooks/pull-an-emergency-lever.md', how: 'which, when, how' },
];

export const KEPT_ORDERS: readonly Evidence[] = [
  { resource: 'IntakeQueue', how: 'kept, answered 202, stored when a writer answers' },
  { resource: 'IntakeDeadLetterQueue', how: 'what could not be stored in eight hours, for people' },
  { resource: 'IntakeRole', how: 'all that the application may do in AWS: keep orders and fetch them' },
];

export const KEPT_ORDER_ALARMS: readonly Evidence[] = [
  { resource: 'OrdersKeptAlarm', how: 'the database refuses orders, which are kept' },
  { resource: 'KeptOrdersLateAlarm', how: 'they have been kept for a quarter of an hour' },
  { resource: 'KeptOrdersPutAsideAlarm', how: 'one of them could not be stored' },
  { document: 'docs/runbooks/redrive-messages.md', how: 'how it is delivered again' },
];

export const DAILY_COPIES: readonly Evidence[] = [
  { resource: 'BackupPlan', how: 'daily copies for 35 days, which outlive the database' },
  { resource: 'BackupVault', how: 'encrypted; nobody may delete a copy' },
  { resource: 'BackupFailedAlert', how: 'tells when a copy failed' },
];

export const restoreTests = (how: string): readonly Evidence[] => [
  { resource: 'RestoreTestPlan', how: `restores the newest copy ${how}` },
  { resource: 'RestoreTestSelection', how: 'into a network that nobody reaches, deleted after four hours' },
  { resource: 'RestoreTestFailedAlert', how: 'tells when it did not work' },
  { resource: 'RestoreTestCompleted', how: 'asks how long it took, and how old the copy was' },
  { resource: 'RestoreSlowAlarm', how: 'more than an hour, which the runbooks reckon with (RTO)' },
  { resource: 'RestoreStaleAlarm', how: 'from a copy of more than 26 hours (RPO of the daily copies)' },
];

export const LOST_SERVERS: readonly Evidence[] = [
  { resource: 'ProcessKillExperiment', how: 'in the deployed stack: the application is killed' },
  { resource: 'ServerLossExperiment', how: 'a server is terminated' },
];

export const lostZones = (zones: 2 | 3): readonly Evidence[] =>
  ORDINALS.slice(0, zones).map((zone, index) => ({
    resource: `ZoneLossExperiment${String(index + 1)}`,
    how: index === 0 ? `the ${zone} zone is lost for ten minutes` : `the ${zone}`,
  }));

export const RECOVERY: readonly Evidence[] = [
  { resource: 'BackupVault', how: 'encrypted, kept when the stack goes' },
  { resource: 'DataKey', how: 'kept as well, or the copies could not be read' },
];

/** How one request is followed through everything that wrote it down. */
export const TRACES: readonly Evidence[] = [
  { resource: 'RequestByIdQuery', how: "one request by its id, which the load balancer's log has too" },
  { resource: 'FailedRequestsQuery', how: 'which requests fail, where, and an example' },
  { resource: 'SlowRequestsQuery', how: 'which requests are slow, where, and an example' },
  {
    document: 'docs/adr/0053-a-request-is-followed-by-its-id.md',
    how: 'what this shows, and what it does not',
  },
];
