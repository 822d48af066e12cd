/**
 * The 99.9% tier on servers: two zones, a load balancer, servers that are replaced when they fail, PostgreSQL
 * with a standby in the other zone, static content in S3. Nothing here needs a person to survive the loss of a
 * server, of the database's primary or of a zone; a person decides about releases, restores and the region.
 *
 * docs/tiers/three-nines.md says which resource fulfils which of the tier's promises.
 */
import { join } from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { BackupResource } from 'aws-cdk-lib/aws-backup';
import type { Construct } from 'constructs';
import type { AlertChannel } from '../../constructs/alert-channel.ts';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { BackupSchedule } from '../../constructs/backup-schedule.ts';
import { DatabaseAlarms } from '../../constructs/database-alarms.ts';
import { NetworkAlarms } from '../../constructs/network-alarms.ts';
import { PostgresDatabase } from '../../constructs/postgres-database.ts';
import { ServerAlerts } from '../../constructs/server-alerts.ts';
import { SERVER_PORT } from '../../constructs/server-bootstrap.ts';
import { createServerFilesAsset } from '../../constructs/server-files.ts';
import { ServerGroup } from '../../constructs/server-group.ts';
import { StaticSite } from '../../constructs/static-site.ts';
import { StaticSiteAlarms } from '../../constructs/static-site-alarms.ts';
import { WebAlarms } from '../../constructs/web-alarms.ts';
import { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from './placeholder-warnings.ts';

/** Rules of the tier, not settings: whoever needs others needs another tier. */
const ZONES = 2;
const MIN_SERVERS = ZONES;
const MAX_SERVERS = 6;
const UTILIZATION_TARGET_PERCENT = 70;
/** Restores reach back two weeks; a release every two weeks must not outlive the backups before it. */
const BACKUP_RETENTION = Duration.days(14);
const DAILY_COPY_RETENTION = Duration.days(35);

const STATIC_CONTENT_ID = 'StaticContent';
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
    this.createAlarms({ ...foundation, ...web, database, site });

    new CfnOutput(this, 'ApiUrl', { value: web.loadBalancer.url });
    new CfnOutput(this, 'SiteUrl', { value: `https://${site.distribution.distributionDomainName}` });
    new CfnOutput(this, 'AlertTopicArn', { value: foundation.alerts.topic.topicArn });
    new CfnOutput(this, 'DatabaseIdentifier', { value: database.instance.instanceIdentifier });
    new CfnOutput(this, 'DatabaseSecretParameter', { value: database.secretParameter.parameterName });
  }

  private createDatabase(settings: DeploymentSettings, foundation: Foundation): PostgresDatabase {
    const { vpc, dataKey, operationsKey, alerts } = foundation;
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
      const backup = new BackupSchedule(this, 'Backup', {
        resource: BackupResource.fromRdsDatabaseInstance(database.instance),
        encryptionKey: dataKey,
        retention: DAILY_COPY_RETENTION,
        alertTopic: alerts.topic,
      });
      pinLogicalIds({
        BackupVault: backup.vault,
        BackupPlan: backup.plan,
        BackupFailedAlert: backup.failureRule,
      });
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
    const servers = new ServerGroup(this, 'Servers', {
      vpc,
      loadBalancer,
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

  private createAlarms(parts: {
    readonly alerts: AlertChannel;
    readonly vpc: Foundation['vpc'];
    readonly loadBalancer: WebLoadBalancer;
    readonly servers: ServerGroup;
    readonly database: PostgresDatabase;
    readonly site: StaticSite;
  }): void {
    const { alerts, vpc, loadBalancer, servers, database, site } = parts;
    const groups = [servers.group];
    const web = new WebAlarms(this, 'WebAlarms', { alerts, loadBalancer, groups, maxServers: MAX_SERVERS });
    const db = new DatabaseAlarms(this, 'DatabaseAlarms', { alerts, database });
    const pages = new StaticSiteAlarms(this, 'StaticSiteAlarms', { alerts, site });
    const server = new ServerAlerts(this, 'ServerAlerts', { alerts, groups });
    const network = new NetworkAlarms(this, 'NetworkAlarms', { alerts, vpc });
    pinLogicalIds({
      OutageAlarm: web.outage,
      ErrorAlarm: web.errors,
      LatencyAlarm: web.latency,
      UnreadyServerAlarm: web.unreadyServer,
      DatabaseEvents: db.events,
      DatabaseCpuAlarm: db.cpu,
      DatabaseStorageAlarm: db.storage,
      DatabaseMemoryAlarm: db.memory,
      DatabaseConnectionsAlarm: db.connections,
      StaticContentErrorAlarm: pages.unavailable,
      StaticContentMissingAlarm: pages.missingContent,
      ServerReplacedAlert: server.replaced,
      ServerNotHealingAlert: server.notHealing,
      FailedDeploymentAlert: server.failedDeployment,
    });
    web.groupsAtMaximum.forEach((alarm) => {
      pinLogicalIds({ GroupAtMaximumAlarm: alarm });
    });
    network.exhaustedNat.forEach((alarm, index) => {
      pinLogicalIds({ [`NatAlarm${String(index + 1)}`]: alarm });
    });
  }
}
