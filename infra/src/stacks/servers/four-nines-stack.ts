/**
 * The 99.99% tier on servers: three zones, each with half of what the peak needs, so that any of them may be lost
 * without anything having to be started, moved or decided. CloudFront in front, Aurora with an instance in each zone,
 * releases one zone at a time that alarms take back.
 *
 * docs/tiers/four-nines.md says which resource fulfils which of the tier's promises.
 */
import { join } from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Alarm, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { AuroraAlarms } from '../../constructs/aurora-alarms.ts';
import { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { CLIENT_ADDRESS_HEADER, EdgeApi, privateOrigin } from '../../constructs/cdn.ts';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { FaultExperiments } from '../../constructs/fault-experiments.ts';
import { NetworkAlarms } from '../../constructs/network-alarms.ts';
import { QuotaAlarms } from '../../constructs/quota-alarms.ts';
import { ReleaseAlarms } from '../../constructs/release-alarms.ts';
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
import { WebFirewall } from '../../constructs/web-firewall.ts';
import { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import { ZoneAutoshift } from '../../constructs/zone-autoshift.ts';
import { ZoneHealth } from '../../constructs/zone-health.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { conditions, numbered, pinLogicalIds } from '../pin-logical-id.ts';
import { createDatabaseBackups } from './database-backups.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from './placeholder-warnings.ts';

/** Rules of the tier, not settings: whoever needs others needs another tier. */
const ZONES = 3;
const GOAL_PERCENT = 99.99;
const UTILIZATION_TARGET_PERCENT = 70;
/** A zone grows to twice its size when the peak turns out to be higher than was thought. */
const GROWTH = 2;
const BACKUP_RETENTION = Duration.days(35);
/** After the copies of Sunday, in working hours of Monday. */
const RESTORE_TEST_SCHEDULE = 'cron(0 8 ? * MON *)';
/** Two minutes of alarm periods, and what a metric is late. */
const RELEASE_WATCH = Duration.minutes(3);

const STATIC_CONTENT_ID = 'StaticContent';
const CANARY_REPORTS_ID = 'CanaryReports';
const STATIC_CONTENT = join(import.meta.dirname, '../../../static');

export interface FourNinesStackProps extends StackProps {
  readonly settings: DeploymentSettings;
}

/**
 * Servers that each zone needs: with one zone lost, the two others carry the peak between them, each server at the
 * utilization that scaling holds.
 */
export function serversPerZone({
  peakRps,
  ratedRps,
}: Pick<DeploymentSettings, 'peakRps' | 'ratedRps'>): number {
  const usablePercent = ratedRps * UTILIZATION_TARGET_PERCENT;
  return Math.max(1, Math.ceil((peakRps * 100) / (ZONES - 1) / usablePercent));
}

export class FourNinesStack extends Stack {
  constructor(scope: Construct, id: string, props: FourNinesStackProps) {
    const { settings, ...stackProps } = props;
    super(scope, id, {
      description: 'Nines: the 99.99% tier on servers',
      terminationProtection: settings.data === 'keep',
      ...stackProps,
      tags: { 'nines:tier': 'four-nines', ...stackProps.tags },
    });
    this.addMetadata('nines:tier', 'four-nines');
    this.addMetadata('nines:flavour', 'servers');
    this.addMetadata('nines:peak-rps', settings.peakRps);
    warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings, zones: ZONES });
    const database = this.createDatabase(settings, foundation);
    const web = this.createWebTier(settings, foundation, database);
    const site = this.createEdge(settings, foundation, web.loadBalancer);
    const siteUrl = `https://${site.distribution.distributionDomainName}`;
    const watched = this.createAlarms({ settings, siteUrl, ...foundation, ...web, database, site });
    this.createExperiments({ ...foundation, ...web, database, ...watched });
    this.createDashboard({ ...web, database, ...watched });

    new CfnOutput(this, 'SiteUrl', { value: siteUrl });
    new CfnOutput(this, 'ApiUrl', { value: siteUrl });
    new CfnOutput(this, 'AlertTopicArn', { value: foundation.alerts.topic.topicArn });
    new CfnOutput(this, 'DatabaseIdentifier', { value: database.cluster.clusterIdentifier });
    new CfnOutput(this, 'DatabaseSecretParameter', { value: database.secretParameter.parameterName });
  }

  private createDatabase(settings: DeploymentSettings, foundation: Foundation): AuroraDatabase {
    const { vpc, dataKey, operationsKey } = foundation;
    const { data } = settings;
    const database = new AuroraDatabase(this, 'Database', {
      vpc,
      dataKey,
      operationsKey,
      data,
      backupRetention: BACKUP_RETENTION,
    });
    pinLogicalIds({
      Database: database.cluster,
      ...Object.fromEntries(
        [1, 2, 3].map((zone) => [
          `DatabaseZone${String(zone)}`,
          database.cluster.node.findChild(`Zone${String(zone)}`),
        ]),
      ),
      DatabaseLogs: database.log,
      DatabaseSecretParameter: database.secretParameter,
      DatabaseReaders: database.readerScalingTarget,
      DatabaseReaderScaling: database.readerScaling,
    });
    if (data === 'keep') {
      createDatabaseBackups(this, { foundation, database, restoreTestSchedule: RESTORE_TEST_SCHEDULE });
    }
    return database;
  }

  private createWebTier(settings: DeploymentSettings, foundation: Foundation, database: AuroraDatabase) {
    const { vpc, accessLogs, operationsKey, alerts } = foundation;
    const { data } = settings;
    const loadBalancer = new WebLoadBalancer(this, 'Web', {
      vpc,
      serverPort: SERVER_PORT,
      accessLogs,
      data,
      onlyFromCidr: settings.vpcCidr,
    });
    const firewall = new WebFirewall(this, 'Firewall', {
      loadBalancer: loadBalancer.loadBalancer,
      clientAddressHeader: CLIENT_ADDRESS_HEADER,
      uncountedCidr: settings.loadTestCidr,
      operationsKey,
      data,
    });
    const levers = new EmergencyLevers(this, 'EmergencyLevers');
    const release = new ReleaseAlarms(this, 'ReleaseAlarms', { alerts, loadBalancer });
    const servers = this.createServers(settings, foundation, { database, loadBalancer, levers, release });
    pinLogicalIds({
      LoadBalancer: loadBalancer.loadBalancer,
      ServerTargets: loadBalancer.targetGroup,
      HttpListener: loadBalancer.listeners.http,
      Firewall: firewall.acl,
      FirewallLogs: firewall.log,
      LeverApplication: levers.application,
      LeverEnvironment: levers.environment,
      LeverStrategy: levers.strategy,
      ReleaseErrorAlarm: release.errors,
      ReleaseLatencyAlarm: release.latency,
    });
    return { loadBalancer, servers, release };
  }

  /** A group for each zone, released one after the other: the next begins when the one before has finished. */
  private createServers(
    settings: DeploymentSettings,
    { vpc, serverLogs }: Foundation,
    parts: {
      readonly database: AuroraDatabase;
      readonly loadBalancer: WebLoadBalancer;
      readonly levers: EmergencyLevers;
      readonly release: ReleaseAlarms;
    },
  ): readonly ServerGroup[] {
    const { database, loadBalancer, levers, release } = parts;
    const minServers = serversPerZone(settings);
    const shared = {
      vpc,
      loadBalancer,
      database,
      levers,
      applicationBundle: createApplicationBundle(this, 'ApplicationBundle', settings.appDist),
      serverFiles: createServerFilesAsset(this, 'ServerFiles'),
      logGroup: serverLogs,
      paymentUrl: settings.paymentUrl,
      reviewsUrl: settings.reviewsUrl,
      ratedRps: settings.ratedRps,
      releaseCheck: { alarms: [release.errors, release.latency], watch: RELEASE_WATCH },
      minServers,
      maxServers: minServers * GROWTH,
      utilizationTargetPercent: UTILIZATION_TARGET_PERCENT,
    };
    const groups: ServerGroup[] = [];
    for (const [index, subnet] of vpc.privateSubnets.entries()) {
      const zone = `Zone${String(index + 1)}`;
      const [alike, previous] = [groups[0], groups.at(-1)];
      const group = new ServerGroup(this, `Servers${zone}`, {
        ...shared,
        subnets: [subnet],
        ...(alike !== undefined && { alike }),
      });
      if (previous !== undefined) group.group.node.addDependency(previous.group);
      pinLogicalIds({
        [`Servers${zone}`]: group.group,
        [`ServerLaunchTemplate${zone}`]: group.launchTemplate,
        [`ServerScaling${zone}`]: group.cpuScaling,
        [`ServerRequestScaling${zone}`]: group.requestScaling,
      });
      groups.push(group);
    }
    return groups;
  }

  private createEdge(
    settings: DeploymentSettings,
    foundation: Foundation,
    { loadBalancer }: WebLoadBalancer,
  ): StaticSite {
    const api = new EdgeApi(this, 'EdgeApi', { origin: privateOrigin(loadBalancer) });
    const site = new StaticSite(this, 'StaticSite', {
      contentPath: STATIC_CONTENT,
      // Pages and API have one address.
      configuration: { apiUrl: '' },
      contentLogicalId: STATIC_CONTENT_ID,
      accessLogs: foundation.accessLogs,
      data: settings.data,
      apiBehaviors: api.behaviors,
    });
    pinLogicalIds({
      [STATIC_CONTENT_ID]: site.bucket,
      StaticEdgeLogs: site.edgeLogs,
      Distribution: site.distribution,
    });
    return site;
  }

  private createAlarms(
    parts: Foundation & {
      readonly settings: DeploymentSettings;
      readonly siteUrl: string;
      readonly loadBalancer: WebLoadBalancer;
      readonly servers: readonly ServerGroup[];
      readonly release: ReleaseAlarms;
      readonly database: AuroraDatabase;
      readonly site: StaticSite;
    },
  ) {
    const { alerts, vpc, loadBalancer, servers, database, site, settings, serverLogs } = parts;
    const groups = servers.map(({ group }) => group);
    const web = new WebAlarms(this, 'WebAlarms', {
      alerts,
      loadBalancer,
      groups,
      maxServers: serversPerZone(settings) * GROWTH,
    });
    const slo = new SloAlarms(this, 'SloAlarms', { alerts, loadBalancer, goalPercent: GOAL_PERCENT });
    const zones = new ZoneHealth(this, 'ZoneHealth', {
      alerts,
      loadBalancer,
      zones: vpc.availabilityZones,
      serverLogs,
    });
    const db = new AuroraAlarms(this, 'DatabaseAlarms', { alerts, database });
    const pages = new StaticSiteAlarms(this, 'StaticSiteAlarms', { alerts, site });
    const canary = new SiteCanary(this, 'SiteCanary', {
      alerts,
      siteUrl: parts.siteUrl,
      data: settings.data,
      artifactsLogicalId: CANARY_REPORTS_ID,
    });
    const quotas = new QuotaAlarms(this, 'QuotaAlarms', { alerts });
    const network = new NetworkAlarms(this, 'NetworkAlarms', { alerts, vpc });
    const alerting = {
      OutageAlarm: web.outage,
      ErrorAlarm: web.errors,
      LatencyAlarm: web.latency,
      UnreadyServerAlarm: web.unreadyServer,
      ...numbered('GroupAtMaximumAlarmZone', web.groupsAtMaximum),
      BudgetBurnFastAlarm: slo.burn.Fast,
      BudgetBurnSlowAlarm: slo.burn.Slow,
      BudgetBurnTrickleAlarm: slo.burn.Trickle,
      ...numbered('ZoneImpairedAlarm', zones.impaired),
      DatabaseCpuAlarm: db.cpu,
      DatabaseMemoryAlarm: db.memory,
      DatabaseConnectionsAlarm: db.connections,
      DatabaseReplicaLagAlarm: db.replicaLag,
      StaticContentErrorAlarm: pages.unavailable,
      StaticContentMissingAlarm: pages.missingContent,
      CanaryAlarm: canary.failed,
      VcpuQuotaAlarm: quotas.vcpus,
      ...numbered('NatAlarm', network.exhaustedNat),
    } satisfies Record<string, Alarm | CompositeAlarm>;
    pinLogicalIds({
      ...alerting,
      ...conditions({ ...slo.parts, ...zones.parts }),
      DatabaseEvents: db.clusterEvents,
      DatabaseInstanceEvents: db.instanceEvents,
      Canary: canary.canary,
      [CANARY_REPORTS_ID]: canary.artifacts,
    });
    this.createAlerts(parts, web);
    return { alarms: [...Object.values(alerting)], errorAlarm: web.errors, zones };
  }

  /** Of what heals or protects itself, as far as it is no alarm. */
  private createAlerts(
    { alerts, loadBalancer, servers }: Parameters<FourNinesStack['createAlarms']>[0],
    web: WebAlarms,
  ): void {
    const groups = servers.map(({ group }) => group);
    const server = new ServerAlerts(this, 'ServerAlerts', { alerts, groups });
    const autoshift = new ZoneAutoshift(this, 'ZoneAutoshift', {
      alerts,
      loadBalancer: loadBalancer.loadBalancer,
      outcomeAlarm: web.errors,
      blockingAlarm: web.unreadyServer,
    });
    pinLogicalIds({
      ServerReplacedAlert: server.replaced,
      ServerNotHealingAlert: server.notHealing,
      FailedDeploymentAlert: server.failedDeployment,
      ZoneAutoshift: autoshift.configuration,
      ZoneShiftedAlert: autoshift.shifted,
    });
  }

  private createExperiments(parts: {
    readonly vpc: Foundation['vpc'];
    readonly servers: readonly ServerGroup[];
    readonly database: AuroraDatabase;
    readonly errorAlarm: Alarm;
  }): void {
    const { vpc, servers, database, errorAlarm } = parts;
    const experiments = new FaultExperiments(this, 'FaultExperiments', {
      stopAlarm: errorAlarm,
      groups: servers.map(({ group }) => group),
      zones: vpc.availabilityZones.map((name, index) => ({
        name,
        subnets: [vpc.publicSubnets, vpc.privateSubnets, vpc.isolatedSubnets].flatMap(
          (subnets) => subnets[index] ?? [],
        ),
        groups: servers.slice(index, index + 1).map(({ group }) => group),
      })),
      database: { kind: 'cluster', arn: database.cluster.clusterArn },
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
    readonly servers: readonly ServerGroup[];
    readonly database: AuroraDatabase;
    readonly alarms: readonly (Alarm | CompositeAlarm)[];
    readonly zones: ZoneHealth;
  }): void {
    const { cluster } = parts.database;
    const { dashboard } = new TierDashboard(this, 'Dashboard', {
      loadBalancer: parts.loadBalancer,
      groups: parts.servers.map(({ group }) => group),
      zones: parts.zones.metrics,
      alarms: parts.alarms,
      database: {
        'CPU of the database, percent': [cluster.metricCPUUtilization()],
        'Connections to the database': [cluster.metricDatabaseConnections()],
        'Replica lag, ms': [cluster.metric('AuroraReplicaLagMaximum')],
      },
    });
    pinLogicalIds({ Dashboard: dashboard });
  }
}
