/**
 * The 99.9% tier on servers: two zones, a load balancer, servers that are replaced when they fail, PostgreSQL
 * with a standby in the other zone, static content in S3. Nothing here needs a person to survive the loss of a
 * server, of the database's primary or of a zone; a person decides about releases, restores and the region.
 *
 * docs/tiers/three-nines.md says which resource fulfils which of the tier's promises.
 */
import { join } from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Alarm, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { DatabaseAlarms } from '../../constructs/database-alarms.ts';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { FaultExperiments } from '../../constructs/fault-experiments.ts';
import { NetworkAlarms } from '../../constructs/network-alarms.ts';
import { PostgresDatabase } from '../../constructs/postgres-database.ts';
import { QuotaAlarms } from '../../constructs/quota-alarms.ts';
import { ServerAlerts } from '../../constructs/server-alerts.ts';
import { SERVER_PORT } from '../../constructs/server-bootstrap.ts';
import { createServerFilesAsset } from '../../constructs/server-files.ts';
import { ServerGroup } from '../../constructs/server-group.ts';
import { SiteCanary } from '../../constructs/site-canary.ts';
import { SloAlarms } from '../../constructs/slo-alarms.ts';
import { StaticSite } from '../../constructs/static-site.ts';
import { StaticSiteAlarms } from '../../constructs/static-site-alarms.ts';
import { TierDashboard } from '../../constructs/tier-dashboard.ts';
import { WebAlarms } from '../../constructs/web-alarms.ts';
import { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import { ZoneHealth } from '../../constructs/zone-health.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { conditions, numbered, pinLogicalIds } from '../pin-logical-id.ts';
import { createDatabaseBackups } from './database-backups.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from './placeholder-warnings.ts';

/** Rules of the tier, not settings: whoever needs others needs another tier. */
const ZONES = 2;
const MIN_SERVERS = ZONES;
const MAX_SERVERS = 6;
const UTILIZATION_TARGET_PERCENT = 70;
/** Restores reach back two weeks; a release every two weeks must not outlive the backups before it. */
const BACKUP_RETENTION = Duration.days(14);

const GOAL_PERCENT = 99.9;
/** The first Monday of each month, in working hours. */
const RESTORE_TEST_SCHEDULE = 'cron(0 8 ? * 2#1 *)';

const STATIC_CONTENT_ID = 'StaticContent';
const CANARY_REPORTS_ID = 'CanaryReports';
const STATIC_CONTENT = join(import.meta.dirname, '../../../static');

export interface ThreeNinesStackProps extends StackProps {
  readonly settings: DeploymentSettings;
}

export class ThreeNinesStack extends Stack {
  constructor(scope: Construct, id: string, props: ThreeNinesStackProps) {
    const { settings, ...stackProps } = props;
    super(scope, id, {
      description: 'Nines: the 99.9% tier on servers',
      terminationProtection: settings.data === 'keep',
      ...stackProps,
      tags: { 'nines:tier': 'three-nines', ...stackProps.tags },
    });
    this.addMetadata('nines:tier', 'three-nines');
    this.addMetadata('nines:flavour', 'servers');
    warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings, zones: ZONES });
    const database = this.createDatabase(settings, foundation);
    const web = this.createWebTier(settings, foundation, database);
    const site = this.createStaticSite(settings, foundation, web.loadBalancer.url);
    const siteUrl = `https://${site.distribution.distributionDomainName}`;
    const watched = this.createAlarms({ settings, siteUrl, ...foundation, ...web, database, site });
    this.createExperiments({ ...foundation, ...web, database, ...watched });
    this.createDashboard({ ...web, database, ...watched });

    new CfnOutput(this, 'ApiUrl', { value: web.loadBalancer.url });
    new CfnOutput(this, 'SiteUrl', { value: siteUrl });
    new CfnOutput(this, 'AlertTopicArn', { value: foundation.alerts.topic.topicArn });
    new CfnOutput(this, 'DatabaseIdentifier', { value: database.instance.instanceIdentifier });
    new CfnOutput(this, 'DatabaseSecretParameter', { value: database.secretParameter.parameterName });
  }

  private createDatabase(settings: DeploymentSettings, foundation: Foundation): PostgresDatabase {
    const { vpc, dataKey, operationsKey } = foundation;
    const { data } = settings;
    const database = new PostgresDatabase(this, 'Database', {
      vpc,
      dataKey,
      operationsKey,
      data,
      backupRetention: BACKUP_RETENTION,
    });
    pinLogicalIds({
      Database: database.instance,
      DatabaseSecretParameter: database.secretParameter,
      DatabaseLogs: database.logs.postgresql,
      DatabaseUpgradeLogs: database.logs.upgrade,
    });
    if (data === 'keep') {
      createDatabaseBackups(this, { foundation, database, restoreTestSchedule: RESTORE_TEST_SCHEDULE });
    }
    return database;
  }

  private createWebTier(settings: DeploymentSettings, foundation: Foundation, database: PostgresDatabase) {
    const { vpc, accessLogs, serverLogs } = foundation;
    const { data, certificateArn } = settings;
    const loadBalancer = new WebLoadBalancer(this, 'Web', {
      vpc,
      serverPort: SERVER_PORT,
      accessLogs,
      data,
      certificateArn,
    });
    const levers = new EmergencyLevers(this, 'EmergencyLevers');
    const servers = new ServerGroup(this, 'Servers', {
      vpc,
      loadBalancer,
      levers,
      database,
      applicationBundle: createApplicationBundle(this, 'ApplicationBundle', settings.appDist),
      serverFiles: createServerFilesAsset(this, 'ServerFiles'),
      logGroup: serverLogs,
      paymentUrl: settings.paymentUrl,
      reviewsUrl: settings.reviewsUrl,
      ratedRps: settings.ratedRps,
      minServers: MIN_SERVERS,
      maxServers: MAX_SERVERS,
      utilizationTargetPercent: UTILIZATION_TARGET_PERCENT,
    });
    pinLogicalIds({
      LoadBalancer: loadBalancer.loadBalancer,
      ServerTargets: loadBalancer.targetGroup,
      HttpListener: loadBalancer.listeners.http,
      ...(loadBalancer.listeners.https && { HttpsListener: loadBalancer.listeners.https }),
      Servers: servers.group,
      ServerLaunchTemplate: servers.launchTemplate,
      ServerScaling: servers.cpuScaling,
      ServerRequestScaling: servers.requestScaling,
      LeverApplication: levers.application,
      LeverEnvironment: levers.environment,
      LeverStrategy: levers.strategy,
    });
    return { loadBalancer, servers };
  }

  private createStaticSite(settings: DeploymentSettings, foundation: Foundation, apiUrl: string): StaticSite {
    const site = new StaticSite(this, 'StaticSite', {
      contentPath: STATIC_CONTENT,
      configuration: { apiUrl },
      contentLogicalId: STATIC_CONTENT_ID,
      accessLogs: foundation.accessLogs,
      data: settings.data,
    });
    pinLogicalIds({
      [STATIC_CONTENT_ID]: site.bucket,
      StaticEdgeLogs: site.edgeLogs,
      StaticDistribution: site.distribution,
    });
    return site;
  }

  private createAlarms(
    parts: Foundation & {
      readonly settings: DeploymentSettings;
      readonly siteUrl: string;
      readonly loadBalancer: WebLoadBalancer;
      readonly servers: ServerGroup;
      readonly database: PostgresDatabase;
      readonly site: StaticSite;
    },
  ) {
    const { alerts, vpc, loadBalancer, servers, database, site, serverLogs, settings } = parts;
    const groups = [servers.group];
    const web = new WebAlarms(this, 'WebAlarms', { alerts, loadBalancer, groups, maxServers: MAX_SERVERS });
    const db = new DatabaseAlarms(this, 'DatabaseAlarms', { alerts, database });
    const pages = new StaticSiteAlarms(this, 'StaticSiteAlarms', { alerts, site });
    const server = new ServerAlerts(this, 'ServerAlerts', { alerts, groups });
    const network = new NetworkAlarms(this, 'NetworkAlarms', { alerts, vpc });
    const slo = new SloAlarms(this, 'SloAlarms', { alerts, loadBalancer, goalPercent: GOAL_PERCENT });
    const zones = new ZoneHealth(this, 'ZoneHealth', {
      alerts,
      loadBalancer,
      zones: zonesOf(vpc),
      serverLogs,
    });
    const canary = new SiteCanary(this, 'SiteCanary', {
      alerts,
      siteUrl: parts.siteUrl,
      apiUrl: loadBalancer.url,
      data: settings.data,
      artifactsLogicalId: CANARY_REPORTS_ID,
    });
    const quotas = new QuotaAlarms(this, 'QuotaAlarms', { alerts });
    const alerting = {
      OutageAlarm: web.outage,
      ErrorAlarm: web.errors,
      LatencyAlarm: web.latency,
      UnreadyServerAlarm: web.unreadyServer,
      ...Object.fromEntries(web.groupsAtMaximum.map((alarm) => ['GroupAtMaximumAlarm', alarm])),
      BudgetBurnFastAlarm: slo.burn.Fast,
      BudgetBurnSlowAlarm: slo.burn.Slow,
      BudgetBurnTrickleAlarm: slo.burn.Trickle,
      ...numbered('ZoneImpairedAlarm', zones.impaired),
      DatabaseCpuAlarm: db.cpu,
      DatabaseStorageAlarm: db.storage,
      DatabaseMemoryAlarm: db.memory,
      DatabaseConnectionsAlarm: db.connections,
      StaticContentErrorAlarm: pages.unavailable,
      StaticContentMissingAlarm: pages.missingContent,
      CanaryAlarm: canary.failed,
      VcpuQuotaAlarm: quotas.vcpus,
      ...numbered('NatAlarm', network.exhaustedNat),
    } satisfies Record<string, Alarm | CompositeAlarm>;
    pinLogicalIds({
      ...alerting,
      ...conditions({ ...slo.parts, ...zones.parts }),
      DatabaseEvents: db.events,
      Canary: canary.canary,
      [CANARY_REPORTS_ID]: canary.artifacts,
      ServerReplacedAlert: server.replaced,
      ServerNotHealingAlert: server.notHealing,
      FailedDeploymentAlert: server.failedDeployment,
    });
    return { alarms: [...Object.values(alerting)], errorAlarm: web.errors, zones };
  }

  private createExperiments(parts: {
    readonly vpc: Foundation['vpc'];
    readonly servers: ServerGroup;
    readonly database: PostgresDatabase;
    readonly errorAlarm: Alarm;
  }): void {
    const { vpc, servers, database, errorAlarm } = parts;
    const experiments = new FaultExperiments(this, 'FaultExperiments', {
      stopAlarm: errorAlarm,
      groups: [servers.group],
      zones: zonesOf(vpc).map((name, index) => ({
        name,
        subnets: [vpc.publicSubnets, vpc.privateSubnets, vpc.isolatedSubnets].flatMap(
          (subnets) => subnets[index] ?? [],
        ),
        groups: [servers.group],
      })),
      database: { kind: 'instance', arn: database.instance.instanceArn },
    });
    pinLogicalIds({
      ProcessKillExperiment: experiments.processKill,
      ServerLossExperiment: experiments.serverLoss,
      ...(experiments.databaseFailover && { DatabaseFailoverExperiment: experiments.databaseFailover }),
      ...numbered('ZoneLossExperiment', experiments.zoneLosses),
    });
  }

  private createDashboard(parts: {
    readonly loadBalancer: WebLoadBalancer;
    readonly servers: ServerGroup;
    readonly database: PostgresDatabase;
    readonly alarms: readonly (Alarm | CompositeAlarm)[];
    readonly zones: ZoneHealth;
  }): void {
    const { instance } = parts.database;
    const { dashboard } = new TierDashboard(this, 'Dashboard', {
      loadBalancer: parts.loadBalancer,
      groups: [parts.servers.group],
      zones: parts.zones.metrics,
      alarms: parts.alarms,
      database: {
        'CPU of the database, percent': [instance.metricCPUUtilization()],
        'Connections to the database': [instance.metricDatabaseConnections()],
        'Free storage of the database, bytes': [instance.metricFreeStorageSpace()],
      },
    });
    pinLogicalIds({ Dashboard: dashboard });
  }
}

/** Without the zone that the address plan only has room for. */
const zonesOf = ({ availabilityZones }: Foundation['vpc']): string[] => availabilityZones.slice(0, ZONES);
