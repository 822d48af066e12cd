/**
 * What watches a serverless application, in its region: alarms and where they go, a customer from outside, a dashboard,
 * copies and restore tests, runbooks that act, experiments; and, where one region stands by, who is on duty. Deployed
 * after what it watches, and changed without touching it (docs/adr/0064-what-serves-and-what-watches.md).
 */
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { BackupResource } from 'aws-cdk-lib/aws-backup';
import { type Alarm, type CompositeAlarm, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { ALARM_PERIOD } from '../../constructs/alarm.ts';
import { AlertChannel } from '../../constructs/alert-channel.ts';
import { BackupSchedule } from '../../constructs/backup-schedule.ts';
import { EncryptedLogGroup } from '../../constructs/encrypted-log-group.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import { QuotaAlarm } from '../../constructs/quota-alarm.ts';
import { RestoreTests } from '../../constructs/restore-tests.ts';
import { ApiAlarms, failedApiRequestsPercent } from '../../constructs/serverless/api-alarms.ts';
import { FunctionAlarms } from '../../constructs/serverless/function-alarms.ts';
import { QueueAlarms } from '../../constructs/serverless/queue-alarms.ts';
import { RegionDuty } from '../../constructs/serverless/region-duty.ts';
import { ReleaseAlerts } from '../../constructs/serverless/release-alerts.ts';
import {
  APPLICATION_NAMESPACE,
  ServerlessDashboard,
} from '../../constructs/serverless/serverless-dashboard.ts';
import { ServerlessExperiments } from '../../constructs/serverless/serverless-experiments.ts';
import { TableAlarms } from '../../constructs/serverless/table-alarms.ts';
import { TableRunbooks } from '../../constructs/serverless/table-runbooks.ts';
import { SiteCanary } from '../../constructs/site-canary.ts';
import { SloAlarms } from '../../constructs/slo-alarms.ts';
import { StaticSiteAlarms } from '../../constructs/static-site-alarms.ts';
import type { StaticSite } from '../../constructs/static-site.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { conditions, numbered, pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import type { ApplicationStack } from './application-stack.ts';
import { concurrencyOf, orderThrottle, reservedConcurrency, stageThrottle } from './rating.ts';

const CANARY_REPORTS_ID = 'CanaryReports';
const COPY_RETENTION = Duration.days(35);
/** After the copies of Sunday, in working hours of Monday. */
const RESTORE_TEST_SCHEDULE = 'cron(0 9 ? * MON *)';

export interface OperationsStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly application: ApplicationStack;
  /** What a customer from outside looks at; the API under the same address unless it has another. */
  readonly siteUrl: string;
  readonly apiUrl?: string;
  /**
   * The pages, where they are in this region alone.
   * @default none: pages are watched with the edge
   */
  readonly site?: StaticSite;
  /**
   * Other regions that the table is in, with what consistency.
   * @default none
   */
  readonly replication?: { readonly others: readonly string[]; readonly consistency: 'eventual' | 'strong' };
  /**
   * Where one region serves and another stands by: whether this one was made to serve.
   * @default none: nobody stands by
   */
  readonly duty?: { readonly isHome: boolean };
}

type Alarms = Record<string, Alarm | CompositeAlarm>;

export class OperationsStack extends TierStack {
  private readonly props: OperationsStackProps;
  private readonly alerts: AlertChannel;
  private readonly operationsKey: EncryptionKey;

  constructor(scope: Construct, id: string, props: OperationsStackProps) {
    const { settings, application } = props;
    const { tier, title } = application.rules;
    super(scope, id, {
      ...(application.place !== undefined && { env: { region: application.place.region } }),
      tier,
      flavour: 'serverless',
      title: `the ${title} tier without servers, what watches`,
      data: settings.data,
    });
    this.props = props;
    const { data, alertEmail } = settings;
    this.operationsKey = new EncryptionKey(this, 'OperationsKey', {
      description: 'Alerts, logs and copies',
      data,
    });
    this.operationsKey.allowLogGroups();
    this.alerts = new AlertChannel(this, 'Alerts', { encryptionKey: this.operationsKey, email: alertEmail });
    pinLogicalIds({ OperationsKey: this.operationsKey, AlertTopic: this.alerts.topic });
    this.addStackDependency(application, 'It watches what is there');

    const canary = this.createCanary();
    const api = application.rules.isRated ? this.createApiAlarms() : undefined;
    const alarms: Alarms = {
      CanaryAlarm: canary.failed,
      ...this.createQueueAlarms(),
      ...(api !== undefined && {
        ...this.named(api),
        ...this.createSloAlarms(),
        ...this.createPartAlarms(),
      }),
      ...(props.duty !== undefined && this.createDuty(props.duty)),
    };
    pinLogicalIds(alarms);
    this.createReleaseAlerts();
    this.createRunbooks();
    if (application.rules.isRated && data === 'keep') this.createBackups();
    this.createExperiments(api?.errors ?? canary.failed, canary.failed);
    this.createDashboard(Object.values(alarms), api);
    this.tell({ AlertTopicArn: this.alerts.topic.topicArn });
  }

  private named({ outage, errors, latency, refused }: ApiAlarms): Alarms {
    return { OutageAlarm: outage, ErrorAlarm: errors, LatencyAlarm: latency, RefusedRequestsAlarm: refused };
  }

  private createCanary(): SiteCanary {
    const { settings, siteUrl, apiUrl } = this.props;
    const canary = new SiteCanary(this, 'SiteCanary', {
      alerts: this.alerts,
      siteUrl,
      ...(apiUrl !== undefined && { apiUrl }),
      data: settings.data,
      artifactsLogicalId: CANARY_REPORTS_ID,
    });
    pinLogicalIds({ Canary: canary.canary, [CANARY_REPORTS_ID]: canary.artifacts });
    return canary;
  }

  private createApiAlarms(): ApiAlarms {
    const { application } = this.props;
    return new ApiAlarms(this, 'ApiAlarms', {
      alerts: this.alerts,
      apiId: application.api.api.apiId,
      accessLog: application.accessLog,
    });
  }

  private createSloAlarms(): Alarms {
    const { application } = this.props;
    const slo = new SloAlarms(this, 'SloAlarms', {
      alerts: this.alerts,
      failedPercent: failedApiRequestsPercent(application.api.api.apiId),
      goalPercent: application.rules.goalPercent,
    });
    pinLogicalIds(conditions(slo.parts));
    return {
      BudgetBurnFastAlarm: slo.burn.Fast,
      BudgetBurnSlowAlarm: slo.burn.Slow,
      BudgetBurnTrickleAlarm: slo.burn.Trickle,
    };
  }

  /** Of each function, the table, the account's quota, and the pages. */
  private createPartAlarms(): Alarms {
    const { alerts } = this;
    const { application, site, replication } = this.props;
    const alarms: Alarms = {};
    for (const [name, { function: watched }] of Object.entries({
      ...application.shop,
      Worker: application.worker,
    })) {
      const of = new FunctionAlarms(this, `${name}Alarms`, {
        alerts,
        function: watched,
        name,
        ...this.limits(name),
      });
      alarms[`${name}ErrorAlarm`] = of.errors;
      alarms[`${name}ThrottleAlarm`] = of.throttles;
      if (of.concurrency !== undefined) alarms[`${name}ConcurrencyAlarm`] = of.concurrency;
      if (of.spillover !== undefined) alarms[`${name}SpilloverAlarm`] = of.spillover;
    }
    const table = new TableAlarms(this, 'TableAlarms', {
      alerts,
      tableName: application.table.tableName,
      ...(replication?.consistency === 'eventual' && { replicasIn: replication.others }),
      ...(application.rules.ordersAreSingleItems === true && { conflicts: this.repeatedOrders() }),
    });
    const quota = new QuotaAlarm(this, 'ConcurrencyQuota', { alerts, quota: 'concurrency' });
    const pages =
      site === undefined ? undefined : new StaticSiteAlarms(this, 'StaticSiteAlarms', { alerts, site });
    return {
      ...alarms,
      TableRefusalAlarm: table.refused,
      TableFailureAlarm: table.failing,
      TransactionConflictAlarm: table.conflicts,
      TableLimitAlarm: table.nearLimit,
      ...numbered('ReplicationLagAlarm', table.lags),
      ConcurrencyQuotaAlarm: quota,
      ...(pages !== undefined && {
        StaticContentErrorAlarm: pages.unavailable,
        StaticContentMissingAlarm: pages.missingContent,
      }),
    };
  }

  /** The shop's own count (`embedded-metrics.ts` there), where DynamoDB has no transactions to count. */
  private repeatedOrders(): Metric {
    const orders = this.props.application.shop['Orders'];
    if (orders === undefined) throw new RangeError('Nothing takes orders.');
    return new Metric({
      namespace: APPLICATION_NAMESPACE,
      metricName: 'OrdersRepeated',
      dimensionsMap: { FunctionName: orders.function.functionName },
      statistic: Stats.SUM,
      period: ALARM_PERIOD,
    });
  }

  /** What a function of the shop may have; the worker shares the account's. */
  private limits(name: string) {
    const { peakRps } = this.props.settings;
    const { reads, orders } = concurrencyOf(peakRps);
    const reserved: Readonly<Record<string, number>> = {
      Shop: reservedConcurrency(peakRps),
      Reads: reads.reserved,
      Orders: orders.reserved,
    };
    const kept = reserved[name];
    const release = this.props.application.releases[name];
    return {
      ...(kept !== undefined && { reservedConcurrency: kept }),
      ...(release !== undefined && { readyAlias: release.alias.aliasName }),
    };
  }

  private createQueueAlarms(): Alarms {
    const { application } = this.props;
    const { orders, intake } = application;
    const of = new QueueAlarms(this, 'QueueAlarms', {
      alerts: this.alerts,
      queue: orders.queue,
      deadLetters: orders.deadLetters,
      sweep: orders.sweep,
      ...(orders.housekeeping !== undefined && { housekeeping: orders.housekeeping }),
      ...(intake !== undefined && { intake }),
    });
    return {
      MessagesPutAsideAlarm: of.putAside,
      RemindersLateAlarm: of.late,
      NoSweepAlarm: of.noSweep,
      ...(of.noHousekeeping !== undefined && { NoHousekeepingAlarm: of.noHousekeeping }),
      ...(of.intake !== undefined && {
        OrdersKeptAlarm: of.intake.used,
        KeptOrdersLateAlarm: of.intake.late,
        KeptOrdersPutAsideAlarm: of.intake.putAside,
      }),
    };
  }

  private createReleaseAlerts(): void {
    const { application } = this.props;
    const alerts = new ReleaseAlerts(this, 'ReleaseAlerts', {
      alerts: this.alerts,
      stackId: application.stackId,
      ...(application.releaseApplication !== undefined && {
        deployments: application.releaseApplication.applicationName,
      }),
    });
    pinLogicalIds({
      FailedDeploymentAlert: alerts.failedDeployment,
      ...(alerts.takenBack !== undefined && { ReleaseTakenBackAlert: alerts.takenBack }),
    });
  }

  private createRunbooks(): void {
    const { application } = this.props;
    const runbooks = new TableRunbooks(this, 'Runbooks', {
      table: application.table,
      queue: application.orders.queue,
      deadLetters: application.orders.deadLetters,
      hasPointInTimeRecovery: application.rules.recoveryDays !== undefined,
    });
    pinLogicalIds({
      BackUpTable: runbooks.backUp.document,
      ...(runbooks.restore !== undefined && { RestoreTable: runbooks.restore.document }),
      RedriveMessages: runbooks.redrive.document,
    });
  }

  /** Beside what DynamoDB keeps itself: copies that outlive the table, and are restored every week. */
  private createBackups(): void {
    const { tableArn } = this.props.application.table;
    const { alerts, operationsKey } = this;
    const table = TableV2.fromTableArn(this, 'CopiedTable', tableArn);
    const backup = new BackupSchedule(this, 'Backup', {
      resource: BackupResource.fromDynamoDbTable(table),
      encryptionKey: operationsKey,
      retention: COPY_RETENTION,
      alertTopic: alerts.topic,
    });
    const tests = new RestoreTests(this, 'RestoreTests', {
      vault: backup.vault,
      encryptionKey: operationsKey,
      resourceType: 'DynamoDB',
      resourceArn: tableArn,
      schedule: RESTORE_TEST_SCHEDULE,
      alertTopic: alerts.topic,
    });
    pinLogicalIds({
      BackupVault: backup.vault,
      BackupPlan: backup.plan,
      BackupFailedAlert: backup.failureRule,
      RestoreTestPlan: tests.plan,
      RestoreTestSelection: tests.selection,
      RestoreTestFailedAlert: tests.failureRule,
    });
  }

  private createExperiments(stopAlarm: Alarm, seenFromOutside: Alarm): void {
    const { application, replication, settings } = this.props;
    const { rules, shop, worker, table, api } = application;
    const mayBeLost = rules.isStaticallyStable ? {} : shop;
    const experiments = new ServerlessExperiments(this, 'Experiments', {
      stopAlarm,
      functions: Object.fromEntries(
        Object.entries({ ...mayBeLost, Worker: worker }).map(([name, { function: lost }]) => {
          const { reservedConcurrency: reserved } = this.limits(name);
          return [name, { function: lost, ...(rules.isRated && reserved !== undefined && { reserved }) }];
        }),
      ),
      ...(replication === undefined && { refusingTable: table }),
      ...(replication !== undefined && {
        region: {
          table,
          apiId: api.api.apiId,
          throttle: stageThrottle(settings.peakRps),
          routeThrottles: { 'POST /orders': orderThrottle(settings.peakRps) },
          stopAlarm: seenFromOutside,
        },
      }),
    });
    const { functionLosses, tableRefusal, replicationPause, regionLoss } = experiments;
    pinLogicalIds({
      ...Object.fromEntries(
        Object.entries(functionLosses).map(([name, template]): [string, IConstruct] => [
          `${name}LossExperiment`,
          template,
        ]),
      ),
      ...(tableRefusal && { TableRefusalExperiment: tableRefusal }),
      ...(replicationPause && { ReplicationPauseExperiment: replicationPause }),
      ...(regionLoss && { RegionLossExperiment: regionLoss }),
    });
  }

  private createDuty({ isHome }: { readonly isHome: boolean }): Alarms {
    const { application, settings } = this.props;
    const { place, shop, releases } = application;
    if (place === undefined) throw new RangeError(`${Stack.of(this).stackName} is in no region of several.`);
    const capacity: Readonly<Record<string, { readonly provisioned: number }>> = {
      Reads: concurrencyOf(settings.peakRps).reads,
      Orders: concurrencyOf(settings.peakRps).orders,
    };
    const logGroup = new EncryptedLogGroup(this, 'DutyLogs', {
      encryptionKey: this.operationsKey,
      retention: RetentionDays.THREE_MONTHS,
      data: settings.data,
    });
    const duty = new RegionDuty(this, 'Duty', {
      names: place.names,
      alerts: this.alerts,
      logGroup,
      isOnDuty: !place.standsBy,
      movesTraffic: !isHome,
      levers: application.levers,
      ready: Object.entries(releases).map(([name, { alias }]) => ({
        functionArn: shop[name]?.function.functionArn ?? '',
        functionName: shop[name]?.function.functionName ?? '',
        alias: alias.aliasName,
        environments: capacity[name]?.provisioned ?? 1,
      })),
    });
    pinLogicalIds({
      DutyLogs: logGroup,
      Duty: duty.parameter,
      DutyBeacon: duty.beacon.stateMachine,
      DutyBeaconSchedule: duty.schedule,
      TakeOver: duty.takeOver.stateMachine,
      StepAside: duty.stepAside.stateMachine,
    });
    return {
      DutySilentAlarm: duty.silent,
      ...(duty.tookOver !== undefined && { TookOverAlarm: duty.tookOver }),
    };
  }

  private createDashboard(alarms: readonly (Alarm | CompositeAlarm)[], api: ApiAlarms | undefined): void {
    const { application } = this.props;
    const { shop, worker, table, orders, intake } = application;
    const { dashboard } = new ServerlessDashboard(this, 'Dashboard', {
      apiId: application.api.api.apiId,
      functions: Object.fromEntries(
        Object.entries({ ...shop, Worker: worker }).map(([name, of]) => [name, of.function]),
      ),
      tableName: table.tableName,
      queues: {
        Reminders: orders.queue,
        'Put aside': orders.deadLetters,
        ...(intake !== undefined && { 'Kept orders': intake.queue }),
      },
      alarms,
      ...(api !== undefined && { users: [api.refusedMetric] }),
    });
    pinLogicalIds({ Dashboard: dashboard });
  }
}
