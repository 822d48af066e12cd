/**
 * What a region with three zones is made of: the only one of the 99.99% tier, and each one of the tiers of several
 * regions. The ids of these constructs are part of the deployed stacks: do not rename them.
 *
 * Statically stable: any zone may be lost without anything having to be started, moved or decided.
 */
import { Duration, type Stack } from 'aws-cdk-lib';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { AuroraDatabase, type AuroraDatabaseProps } from '../../constructs/aurora-database.ts';
import { CLIENT_ADDRESS_HEADER } from '../../constructs/cdn.ts';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { ReleaseAlarms } from '../../constructs/release-alarms.ts';
import { ServerOrderQueue, type ServerOrderQueueProps } from '../../constructs/server-order-queue.ts';
import { SERVER_PORT } from '../../constructs/server-bootstrap.ts';
import { createServerFilesAsset } from '../../constructs/server-files.ts';
import { ServerGroup } from '../../constructs/server-group.ts';
import type { WebAlarms } from '../../constructs/web-alarms.ts';
import { WebFirewall, type WebFirewallProps } from '../../constructs/web-firewall.ts';
import { WebLoadBalancer, type WebLoadBalancerProps } from '../../constructs/web-load-balancer.ts';
import { ZoneAutoshift } from '../../constructs/zone-autoshift.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { createDatabaseBackups } from './database-backups.ts';
import type { Foundation } from './foundation.ts';

/** Rules of these tiers, not settings: whoever needs others needs another tier. */
export const ZONES = 3;
const UTILIZATION_TARGET_PERCENT = 70;
/** A zone grows to twice its size when the peak turns out to be higher than was thought. */
const GROWTH = 2;
const BACKUP_RETENTION = Duration.days(35);
/** After the copies of Sunday, in working hours of Monday. */
const RESTORE_TEST_SCHEDULE = 'cron(0 8 ? * MON *)';
/** Two minutes of alarm periods, and what a metric is late. */
const RELEASE_WATCH = Duration.minutes(3);

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

/** Most servers of a zone. */
export const maxServersPerZone = (settings: Pick<DeploymentSettings, 'peakRps' | 'ratedRps'>): number =>
  serversPerZone(settings) * GROWTH;

export interface ClusterOptions extends Pick<AuroraDatabaseProps, 'data' | 'global'> {
  readonly foundation: Foundation;
  /**
   * Instances that are always there, one in each of so many zones.
   * @default one in each of the three
   */
  readonly instances?: number;
}

export function createCluster(
  stack: Stack,
  { foundation, data, global, instances = ZONES }: ClusterOptions,
): AuroraDatabase {
  const { vpc, dataKey, operationsKey } = foundation;
  const database = new AuroraDatabase(stack, 'Database', {
    vpc,
    dataKey,
    operationsKey,
    data,
    backupRetention: BACKUP_RETENTION,
    instances,
    ...(global !== undefined && { global }),
  });
  const zones = Array.from({ length: instances }, (_, index) => `Zone${String(index + 1)}`);
  pinLogicalIds({
    Database: database.cluster,
    ...Object.fromEntries(zones.map((zone) => [`Database${zone}`, database.cluster.node.findChild(zone)])),
    DatabaseLogs: database.log,
    DatabaseSecretParameter: database.secretParameter,
    DatabaseReaders: database.readerScalingTarget,
    DatabaseReaderScaling: database.readerScaling,
  });
  if (data === 'keep') {
    createDatabaseBackups(stack, { foundation, database, restoreTestSchedule: RESTORE_TEST_SCHEDULE });
  }
  return database;
}

export interface WebTierOptions {
  readonly foundation: Foundation;
  readonly settings: DeploymentSettings;
  readonly database: AuroraDatabase;
  /** How the load balancer is reached: from inside the network, or over HTTPS. */
  readonly reachedBy: Pick<WebLoadBalancerProps, 'onlyFromCidr' | 'certificateArn'>;
  /**
   * What the edge shows to the firewall.
   * @default nothing
   */
  readonly edgeKey?: WebFirewallProps['edgeKey'];
  /**
   * Servers of each zone while the region does not serve.
   * @default as many as the peak needs
   */
  readonly standbyServers?: number;
  /**
   * Whether the servers bring the schema up to date when they start.
   * @default true
   */
  readonly migrates?: boolean;
  /**
   * What the region and another one agree on about the queues of kept orders.
   * @default nothing: there is one region
   */
  readonly orderQueues?: ServerOrderQueueProps;
}

export interface WebTier {
  readonly loadBalancer: WebLoadBalancer;
  readonly firewall: WebFirewall;
  /** One of each zone, in their order. */
  readonly servers: readonly ServerGroup[];
  readonly orderQueue: ServerOrderQueue;
}

export function createWebTier(stack: Stack, options: WebTierOptions): WebTier {
  const { vpc, accessLogs, operationsKey, alerts } = options.foundation;
  const { data, loadTestCidr } = options.settings;
  const loadBalancer = new WebLoadBalancer(stack, 'Web', {
    ...options.reachedBy,
    vpc,
    serverPort: SERVER_PORT,
    accessLogs,
    data,
  });
  const firewall = new WebFirewall(stack, 'Firewall', {
    loadBalancer: loadBalancer.loadBalancer,
    clientAddressHeader: CLIENT_ADDRESS_HEADER,
    edgeKey: options.edgeKey,
    uncountedCidr: loadTestCidr,
    operationsKey,
    data,
  });
  const levers = new EmergencyLevers(stack, 'EmergencyLevers');
  const release = new ReleaseAlarms(stack, 'ReleaseAlarms', { alerts, loadBalancer });
  const orderQueue = new ServerOrderQueue(stack, 'OrderQueue', options.orderQueues);
  const servers = createServers(stack, options, { loadBalancer, levers, release, orderQueue });
  pinLogicalIds({
    IntakeQueue: orderQueue.queue,
    IntakeDeadLetterQueue: orderQueue.deadLetters,
    IntakeRole: orderQueue.applicationRole,
    LoadBalancer: loadBalancer.loadBalancer,
    ServerTargets: loadBalancer.targetGroup,
    HttpListener: loadBalancer.listeners.http,
    ...(loadBalancer.listeners.https && { HttpsListener: loadBalancer.listeners.https }),
    Firewall: firewall.acl,
    FirewallLogs: firewall.log,
    LeverApplication: levers.application,
    LeverEnvironment: levers.environment,
    LeverStrategy: levers.strategy,
    ReleaseErrorAlarm: release.errors,
    ReleaseLatencyAlarm: release.latency,
  });
  return { loadBalancer, firewall, servers, orderQueue };
}

/** A group for each zone, released one after the other: the next begins when the one before has finished. */
function createServers(
  stack: Stack,
  { foundation, settings, database, standbyServers, migrates }: WebTierOptions,
  parts: {
    readonly loadBalancer: WebLoadBalancer;
    readonly levers: EmergencyLevers;
    readonly release: ReleaseAlarms;
    readonly orderQueue: ServerOrderQueue;
  },
): readonly ServerGroup[] {
  const { vpc, serverLogs } = foundation;
  const { loadBalancer, levers, release, orderQueue } = parts;
  const shared = {
    vpc,
    loadBalancer,
    database,
    levers,
    orderQueue,
    applicationBundle: createApplicationBundle(stack, 'ApplicationBundle', settings.appDist),
    serverFiles: createServerFilesAsset(stack, 'ServerFiles'),
    logGroup: serverLogs,
    paymentUrl: settings.paymentUrl,
    reviewsUrl: settings.reviewsUrl,
    ratedRps: settings.ratedRps,
    migrates,
    keepsPort: true,
    releaseCheck: { alarms: [release.errors, release.latency], watch: RELEASE_WATCH },
    minServers: standbyServers ?? serversPerZone(settings),
    maxServers: maxServersPerZone(settings),
    utilizationTargetPercent: UTILIZATION_TARGET_PERCENT,
  };
  const groups: ServerGroup[] = [];
  for (const [index, subnet] of vpc.privateSubnets.entries()) {
    const zone = `Zone${String(index + 1)}`;
    const [alike, previous] = [groups[0], groups.at(-1)];
    const group = new ServerGroup(stack, `Servers${zone}`, {
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

/** Lets AWS leave a zone, and tells when it does. */
export function createAutoshift(
  stack: Stack,
  { alerts }: Pick<Foundation, 'alerts'>,
  { loadBalancer }: WebLoadBalancer,
  { errors, unreadyServer }: WebAlarms,
): void {
  const autoshift = new ZoneAutoshift(stack, 'ZoneAutoshift', {
    alerts,
    loadBalancer,
    outcomeAlarm: errors,
    blockingAlarm: unreadyServer,
  });
  pinLogicalIds({ ZoneAutoshift: autoshift.configuration, ZoneShiftedAlert: autoshift.shifted });
}
