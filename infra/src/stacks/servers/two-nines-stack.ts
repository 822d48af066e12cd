/**
 * The 99% tier on servers: one zone, one server that holds the application and its PostgreSQL, copies of the database
 * in S3 that the server cannot delete. What fails is rebuilt and restored, in the same zone or in another.
 *
 * docs/tiers/two-nines.md says which resource fulfils which of the tier's promises.
 */
import { Duration, type StackProps } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  ComparisonOperator,
  type CompositeAlarm,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { AlertingAlarm } from '../../constructs/alarm.ts';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { FailoverName } from '../../constructs/failover-name.ts';
import { FaultExperiments } from '../../constructs/fault-experiments.ts';
import { RebuildElsewhere } from '../../constructs/rebuild-elsewhere.ts';
import { createServerFilesAsset } from '../../constructs/server-files.ts';
import { COPY_INTERVAL, SingleServer } from '../../constructs/single-server.ts';
import { SiteCanary } from '../../constructs/site-canary.ts';
import { SloAlarms } from '../../constructs/slo-alarms.ts';
import type { StaticSite } from '../../constructs/static-site.ts';
import type { SingleZoneSettings } from '../../settings/single-zone-settings.ts';
import { conditions, pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from '../placeholder-warnings.ts';
import { createQuotaAlarms, createServerAlerts } from './service-alarms.ts';
import { createStaticContent } from '../static-content.ts';

/**
 * Seen by the canary, a look every five minutes: nobody counts the requests of a lone server but itself, and it counts
 * none while it is down.
 */
const GOAL_PERCENT = 99;

/** Zones that the server can be rebuilt in. It is in one of them. */
const ZONES = 3;
const COPY_RETENTION = Duration.days(90);
/** So many copies missing, and somebody is told. */
const COPIES_MISSING = 3;

const COPIES_ID = 'DatabaseCopies';
const CANARY_REPORTS_ID = 'CanaryReports';

export interface TwoNinesStackProps extends StackProps {
  readonly settings: SingleZoneSettings;
}

export class TwoNinesStack extends TierStack {
  constructor(scope: Construct, id: string, props: TwoNinesStackProps) {
    const { settings, ...stackProps } = props;
    super(scope, id, {
      tier: 'two-nines',
      flavour: 'servers',
      title: 'the 99% tier on servers',
      data: settings.data,
      ...stackProps,
    });
    warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings, zones: ZONES, isPublicOnly: true });
    const server = this.createServer(settings, foundation);
    const site = this.createStaticSite(settings, foundation, server.url);
    const siteUrl = `https://${site.distribution.distributionDomainName}`;
    if (settings.failoverName !== undefined) {
      const { domainName, hostedZoneId } = settings.failoverName;
      const name = new FailoverName(this, 'Name', {
        domainName,
        hostedZoneId,
        address: server.address.attrPublicIp,
        healthPath: '/products?limit=1',
        staticPage: site.distribution,
      });
      pinLogicalIds({
        SiteHealthCheck: name.healthCheck,
        ServerRecord: name.primary,
        StaticPageRecord: name.secondary,
      });
    }
    const copiesMissing = this.createMonitoring({ settings, siteUrl, server, ...foundation });
    this.createExperiments(settings, foundation, server, copiesMissing);

    this.tell({
      ApiUrl: server.url,
      SiteUrl: siteUrl,
      AlertTopicArn: foundation.alerts.topic.topicArn,
      ...Object.fromEntries(
        foundation.vpc.publicSubnets.map(({ subnetId }, index) => [
          `Zone${String(index + 1)}Subnet`,
          subnetId,
        ]),
      ),
    });
  }

  private createServer(
    settings: SingleZoneSettings,
    { vpc, dataKey, accessLogs, serverLogs }: Foundation,
  ): SingleServer {
    const subnet = vpc.publicSubnets[settings.zone - 1];
    if (subnet === undefined) throw new RangeError(`There is no zone ${String(settings.zone)}.`);
    const levers = new EmergencyLevers(this, 'EmergencyLevers');
    const server = new SingleServer(this, 'Server', {
      vpc,
      subnet,
      dataKey,
      data: settings.data,
      accessLogs,
      copiesLogicalId: COPIES_ID,
      copyRetention: COPY_RETENTION,
      applicationBundle: createApplicationBundle(this, 'ApplicationBundle', settings.appDist),
      serverFiles: createServerFilesAsset(this, 'ServerFiles'),
      logGroup: serverLogs,
      levers,
      paymentUrl: settings.paymentUrl,
      reviewsUrl: settings.reviewsUrl,
      ratedRps: settings.ratedRps,
    });
    const rebuild = new RebuildElsewhere(this, 'RebuildElsewhere', {
      group: server.group,
      subnets: vpc.publicSubnets,
    });
    pinLogicalIds({
      Server: server.group,
      ServerLaunchTemplate: server.launchTemplate,
      ServerAddress: server.address,
      [COPIES_ID]: server.copies,
      RebuildElsewhere: rebuild.document,
      LeverApplication: levers.application,
      LeverEnvironment: levers.environment,
      LeverStrategy: levers.strategy,
    });
    return server;
  }

  private createStaticSite(
    { data, failoverName: name }: SingleZoneSettings,
    { accessLogs }: Foundation,
    apiUrl: string,
  ): StaticSite {
    return createStaticContent(this, {
      accessLogs,
      data,
      apiUrl,
      ...(name !== undefined && {
        name: { domainName: name.domainName, certificateArn: name.edgeCertificateArn },
      }),
    });
  }

  private createMonitoring(
    parts: Foundation & {
      readonly settings: SingleZoneSettings;
      readonly siteUrl: string;
      readonly server: SingleServer;
    },
  ): AlertingAlarm {
    const { alerts, server, serverLogs } = parts;
    const canary = new SiteCanary(this, 'SiteCanary', {
      alerts,
      siteUrl: parts.siteUrl,
      apiUrl: server.url,
      data: parts.settings.data,
      artifactsLogicalId: CANARY_REPORTS_ID,
    });
    const slo = new SloAlarms(this, 'SloAlarms', {
      alerts,
      goalPercent: GOAL_PERCENT,
      counted: 'looks from outside',
      failedPercent: ({ period }) => canary.failedPercent(period),
    });
    const copied = new MetricFilter(this, 'DatabaseCopied', {
      logGroup: serverLogs,
      metricNamespace: `Nines/${this.stackName}`,
      metricName: 'DatabaseCopies',
      metricValue: '1',
      filterPattern: FilterPattern.literal('{ $.msg = "database copied" }'),
    }).metric({ statistic: Stats.SUM, period: COPY_INTERVAL });
    const missing = new AlertingAlarm(this, 'CopiesMissing', {
      alerts,
      problem: 'The database has not been copied for three quarters of an hour: that much would be lost.',
      playbook: 'docs/playbooks/database-problems.md',
      metric: copied,
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: COPIES_MISSING,
      missingData: TreatMissingData.BREACHING,
    });
    const quotas = createQuotaAlarms(this, alerts);
    const restarted = createServerAlerts(this, { alerts, groups: [server.group], serverLogs });
    const shown = [canary.failed, missing, ...Object.values({ ...slo.burn, ...quotas }), restarted];
    this.createDashboard(shown, {
      'Looks around from outside, percent': canary.canary.metricSuccessPercent(),
      'CPU, percent': cpuOf(server),
      'Copies of the database': copied,
    });
    pinLogicalIds({
      Canary: canary.canary,
      [CANARY_REPORTS_ID]: canary.artifacts,
      CanaryAlarm: canary.failed,
      CopiesMissingAlarm: missing,
      ...quotas,
      BudgetBurnFastAlarm: slo.burn.Fast,
      BudgetBurnSlowAlarm: slo.burn.Slow,
      BudgetBurnTrickleAlarm: slo.burn.Trickle,
      ...conditions(slo.parts),
    });
    return missing;
  }

  private createDashboard(
    alarms: readonly (Alarm | CompositeAlarm)[],
    metrics: Readonly<Record<string, IMetric>>,
  ): void {
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: this.stackName,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', width: 24, height: 3, alarms: [...alarms] })],
        Object.entries(metrics).map(
          ([title, metric]) => new GraphWidget({ title, width: 8, left: [metric] }),
        ),
      ],
    });
    pinLogicalIds({ Dashboard: dashboard });
  }

  /** Stopped when there is no fresh copy: what an experiment breaks is made anew from one. */
  private createExperiments(
    { zone }: SingleZoneSettings,
    { vpc }: Foundation,
    { group }: SingleServer,
    stopAlarm: AlertingAlarm,
  ): void {
    const subnets = vpc.publicSubnets.slice(zone - 1, zone);
    const experiments = new FaultExperiments(this, 'FaultExperiments', {
      stopAlarm,
      groups: [group],
      zones: subnets.map((subnet) => ({ name: subnet.availabilityZone, subnets: [subnet], groups: [group] })),
    });
    pinLogicalIds({
      ProcessKillExperiment: experiments.processKill,
      ServerLossExperiment: experiments.serverLoss,
      ...Object.fromEntries(experiments.zoneLosses.map((loss) => ['ZoneLossExperiment', loss])),
    });
  }
}

const cpuOf = ({ group }: SingleServer): Metric =>
  new Metric({
    namespace: 'AWS/EC2',
    metricName: 'CPUUtilization',
    dimensionsMap: { AutoScalingGroupName: group.autoScalingGroupName },
    statistic: Stats.AVERAGE,
    period: Duration.minutes(1),
  });
