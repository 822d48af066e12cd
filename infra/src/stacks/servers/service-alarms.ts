/**
 * The alarms and alerts of a tier that has a load balancer, and its dashboard. The ids of these constructs are part of
 * the deployed stacks: do not rename them.
 *
 * Use it from 99.9% on. The 99% tier has no load balancer to ask.
 */
import type { Stack } from 'aws-cdk-lib';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { Alarm, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import type { AlertingAlarm } from '../../constructs/alarm.ts';
import type { AlertChannel } from '../../constructs/alert-channel.ts';
import { AuroraAlarms } from '../../constructs/aurora-alarms.ts';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { DatabaseAlarms } from '../../constructs/database-alarms.ts';
import { KeptOrderAlarms } from '../../constructs/kept-order-alarms.ts';
import { NetworkAlarms } from '../../constructs/network-alarms.ts';
import type { PostgresDatabase } from '../../constructs/postgres-database.ts';
import type { OrderQueue } from '../../constructs/order-queue.ts';
import { QuotaAlarm } from '../../constructs/quota-alarm.ts';
import { failedRequestsPercent } from '../../constructs/request-metrics.ts';
import { ServerAlerts, type ServerAlertsProps } from '../../constructs/server-alerts.ts';
import { SiteCanary, type SiteCanaryProps } from '../../constructs/site-canary.ts';
import { SloAlarms } from '../../constructs/slo-alarms.ts';
import { StaticSiteAlarms, type StaticSiteAlarmsProps } from '../../constructs/static-site-alarms.ts';
import { TierDashboard, type TierDashboardProps } from '../../constructs/tier-dashboard.ts';
import { WebAlarms } from '../../constructs/web-alarms.ts';
import type { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import { ZoneHealth } from '../../constructs/zone-health.ts';
import type { DataPolicy } from '../../settings/data-policy.ts';
import { conditions, numbered, pinLogicalIds } from '../pin-logical-id.ts';
import type { Foundation } from './foundation.ts';

const CANARY_REPORTS_ID = 'CanaryReports';

export interface ServiceAlarmsOptions {
  readonly foundation: Pick<Foundation, 'alerts' | 'vpc' | 'serverLogs'>;
  readonly data: DataPolicy;
  readonly loadBalancer: WebLoadBalancer;
  readonly groups: readonly AutoScalingGroup[];
  /** Most servers of one group. */
  readonly maxServers: number;
  /** Share of requests that must be good, in percent. */
  readonly goalPercent: number;
  /** Names of the zones that servers are in. */
  readonly zones: readonly string[];
  readonly database: AuroraDatabase | PostgresDatabase;
  readonly site: StaticSiteAlarmsProps['site'];
  /**
   * Where orders are kept that the database refuses.
   * @default nowhere: they are refused
   */
  readonly orderQueue?: OrderQueue;
  /** What a customer from outside looks at. */
  readonly seenFromOutside: Pick<SiteCanaryProps, 'siteUrl' | 'apiUrl'>;
}

export interface ServiceAlarms {
  /** Every one that alerts. */
  readonly alarms: readonly (Alarm | CompositeAlarm)[];
  readonly web: WebAlarms;
  readonly zones: ZoneHealth;
  readonly canary: SiteCanary;
}

export function createServiceAlarms(stack: Stack, options: ServiceAlarmsOptions): ServiceAlarms {
  const { loadBalancer, groups, database, site } = options;
  const { alerts, vpc, serverLogs } = options.foundation;
  const web = new WebAlarms(stack, 'WebAlarms', {
    alerts,
    loadBalancer,
    groups,
    maxServers: options.maxServers,
  });
  const slo = new SloAlarms(stack, 'SloAlarms', {
    alerts,
    failedPercent: (counted) => failedRequestsPercent(loadBalancer, counted),
    goalPercent: options.goalPercent,
  });
  const zones = new ZoneHealth(stack, 'ZoneHealth', {
    alerts,
    loadBalancer,
    zones: options.zones,
    serverLogs,
  });
  const databaseAlarms = createDatabaseAlarms(stack, alerts, database);
  const pages = new StaticSiteAlarms(stack, 'StaticSiteAlarms', { alerts, site });
  const canary = new SiteCanary(stack, 'SiteCanary', {
    ...options.seenFromOutside,
    alerts,
    data: options.data,
    artifactsLogicalId: CANARY_REPORTS_ID,
  });
  const network = new NetworkAlarms(stack, 'NetworkAlarms', { alerts, vpc });
  const alerting = {
    OutageAlarm: web.outage,
    ErrorAlarm: web.errors,
    LatencyAlarm: web.latency,
    UnreadyServerAlarm: web.unreadyServer,
    ...named('GroupAtMaximumAlarm', web.groupsAtMaximum),
    BudgetBurnFastAlarm: slo.burn.Fast,
    BudgetBurnSlowAlarm: slo.burn.Slow,
    BudgetBurnTrickleAlarm: slo.burn.Trickle,
    ...numbered('ZoneImpairedAlarm', zones.impaired),
    ...databaseAlarms.alarms,
    ...createKeptOrderAlarms(stack, alerts, options.orderQueue),
    StaticContentErrorAlarm: pages.unavailable,
    StaticContentMissingAlarm: pages.missingContent,
    CanaryAlarm: canary.failed,
    ...createQuotaAlarms(stack, alerts),
    LoadBalancerQuotaAlarm: new QuotaAlarm(stack, 'LoadBalancerQuota', { alerts, quota: 'loadBalancers' }),
    ...numbered('NatAlarm', network.exhaustedNat),
  } satisfies Record<string, Alarm | CompositeAlarm>;
  pinLogicalIds({
    ...alerting,
    ...conditions({ ...slo.parts, ...zones.parts }),
    ...databaseAlarms.events,
    Canary: canary.canary,
    [CANARY_REPORTS_ID]: canary.artifacts,
  });
  const processRestarted = createServerAlerts(stack, { alerts, groups, serverLogs });
  return { alarms: [...Object.values(alerting), processRestarted], web, zones, canary };
}

/**
 * Of servers that were replaced, or could not be, of their processes that were started again, and of deployments that
 * were taken back.
 *
 * @returns The alarm among them; the others are rules.
 */
export function createServerAlerts(stack: Stack, props: ServerAlertsProps): AlertingAlarm {
  const { replaced, notHealing, failedDeployment, processRestarted } = new ServerAlerts(
    stack,
    'ServerAlerts',
    props,
  );
  pinLogicalIds({
    ServerReplacedAlert: replaced,
    ServerNotHealingAlert: notHealing,
    FailedDeploymentAlert: failedDeployment,
    ProcessRestartedAlarm: processRestarted,
  });
  return processRestarted;
}

/** Of what every server needs, alone or in a group of many: its successor, and the group that a rebuilt stack has. */
export const createQuotaAlarms = (stack: Stack, alerts: AlertChannel) => ({
  VcpuQuotaAlarm: new QuotaAlarm(stack, 'VcpuQuota', { alerts, quota: 'vcpus' }),
  ServerGroupQuotaAlarm: new QuotaAlarm(stack, 'ServerGroupQuota', { alerts, quota: 'serverGroups' }),
});

export function createDashboard(stack: Stack, props: TierDashboardProps): void {
  const { dashboard } = new TierDashboard(stack, 'Dashboard', props);
  pinLogicalIds({ Dashboard: dashboard });
}

/** A group for all zones needs no number; groups of zones are numbered as these are. */
const named = (name: string, alarms: readonly Alarm[]): Record<string, Alarm> =>
  alarms.length === 1
    ? Object.fromEntries(alarms.map((alarm) => [name, alarm]))
    : numbered(`${name}Zone`, alarms);

function createKeptOrderAlarms(
  stack: Stack,
  alerts: AlertChannel,
  orderQueue: OrderQueue | undefined,
): Readonly<Record<string, Alarm>> {
  if (orderQueue === undefined) return {};
  const { queue, deadLetters } = orderQueue;
  const of = new KeptOrderAlarms(stack, 'KeptOrderAlarms', {
    alerts,
    queue,
    deadLetters,
    database: 'The database',
    databasePlaybook: 'docs/playbooks/database-problems.md',
    playbook: 'docs/playbooks/database-problems.md',
    triedFor: 'eight hours',
  });
  return {
    OrdersKeptAlarm: of.used,
    KeptOrdersLateAlarm: of.late,
    KeptOrdersPutAsideAlarm: of.putAside,
  };
}

function createDatabaseAlarms(
  stack: Stack,
  alerts: AlertChannel,
  database: AuroraDatabase | PostgresDatabase,
): {
  readonly alarms: Readonly<Record<string, Alarm>>;
  readonly events: Readonly<Record<string, CfnEventSubscription>>;
} {
  if ('cluster' in database) {
    const of = new AuroraAlarms(stack, 'DatabaseAlarms', { alerts, database });
    return {
      alarms: {
        DatabaseCpuAlarm: of.cpu,
        DatabaseMemoryAlarm: of.memory,
        DatabaseConnectionsAlarm: of.connections,
        DatabaseReplicaLagAlarm: of.replicaLag,
      },
      events: { DatabaseEvents: of.clusterEvents, DatabaseInstanceEvents: of.instanceEvents },
    };
  }
  const of = new DatabaseAlarms(stack, 'DatabaseAlarms', { alerts, database });
  return {
    alarms: {
      DatabaseCpuAlarm: of.cpu,
      DatabaseStorageAlarm: of.storage,
      DatabaseMemoryAlarm: of.memory,
      DatabaseConnectionsAlarm: of.connections,
    },
    events: { DatabaseEvents: of.events },
  };
}
