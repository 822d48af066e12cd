/**
 * The 99.9% tier on servers: two zones, a load balancer, servers that are replaced when they fail, PostgreSQL
 * with a standby in the other zone, static content in S3. Nothing here needs a person to survive the loss of a
 * server, of the database's primary or of a zone; a person decides about releases, restores and the region.
 *
 * docs/tiers/three-nines.md says which resource fulfils which of the tier's promises.
 */
import { Duration, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { PostgresDatabase } from '../../constructs/postgres-database.ts';
import { SERVER_PORT } from '../../constructs/server-bootstrap.ts';
import { createServerFilesAsset } from '../../constructs/server-files.ts';
import { ServerGroup } from '../../constructs/server-group.ts';
import type { StaticSite } from '../../constructs/static-site.ts';
import { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import { createDatabaseBackups } from './database-backups.ts';
import { createExperiments } from './experiments.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from '../placeholder-warnings.ts';
import { createDashboard, createServiceAlarms } from './service-alarms.ts';
import { createStaticContent } from '../static-content.ts';

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

export interface ThreeNinesStackProps extends StackProps {
  readonly settings: DeploymentSettings;
}

export class ThreeNinesStack extends TierStack {
  constructor(scope: Construct, id: string, props: ThreeNinesStackProps) {
    const { settings, ...stackProps } = props;
    const { data } = settings;
    super(scope, id, {
      tier: 'three-nines',
      flavour: 'servers',
      title: 'the 99.9% tier on servers',
      data,
      ...stackProps,
    });
    warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings, zones: ZONES });
    const database = this.createDatabase(settings, foundation);
    const web = this.createWebTier(settings, foundation, database);
    const apiUrl = web.loadBalancer.url;
    const site = createStaticContent(this, { accessLogs: foundation.accessLogs, data, apiUrl });
    const siteUrl = `https://${site.distribution.distributionDomainName}`;
    this.createOperations({ foundation, ...web, database, site, data, seenFromOutside: { siteUrl, apiUrl } });
    this.tell({
      ApiUrl: apiUrl,
      SiteUrl: siteUrl,
      AlertTopicArn: foundation.alerts.topic.topicArn,
      DatabaseIdentifier: database.instance.instanceIdentifier,
      DatabaseSecretParameter: database.secretParameter.parameterName,
    });
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

  /** What watches the tier, breaks it on purpose, and shows it. */
  private createOperations(parts: {
    readonly foundation: Foundation;
    readonly data: DeploymentSettings['data'];
    readonly loadBalancer: WebLoadBalancer;
    readonly servers: ServerGroup;
    readonly database: PostgresDatabase;
    readonly site: StaticSite;
    readonly seenFromOutside: { readonly siteUrl: string; readonly apiUrl: string };
  }): void {
    const { servers, ...others } = parts;
    const { loadBalancer, database } = parts;
    const { vpc } = parts.foundation;
    const groups = [servers.group];
    // Without the zone that the address plan only has room for.
    const zones = vpc.availabilityZones.slice(0, ZONES);
    const watched = createServiceAlarms(this, {
      ...others,
      groups,
      maxServers: MAX_SERVERS,
      goalPercent: GOAL_PERCENT,
      zones,
    });
    createExperiments(this, {
      vpc,
      zones,
      groups,
      groupsIn: () => groups,
      database,
      stopAlarm: watched.web.errors,
    });
    const { instance } = database;
    createDashboard(this, {
      loadBalancer,
      groups,
      zones: watched.zones.metrics,
      alarms: watched.alarms,
      database: {
        'CPU of the database, percent': [instance.metricCPUUtilization()],
        'Connections to the database': [instance.metricDatabaseConnections()],
        'Free storage of the database, bytes': [instance.metricFreeStorageSpace()],
      },
    });
  }
}
