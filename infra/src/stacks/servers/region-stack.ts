/**
 * One region of a tier on servers that has several: everything that the 99.99% tier has in its region, and what moves
 * the shop here when the other region is lost. `warm-standby-stacks.ts` and `five-nines-stacks.ts` put two of them and
 * the global part together; nothing else should.
 *
 * The region refers to no other stack. What it shares with the other region it knows by name (`region-names.ts`).
 */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { Alarm, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRecordSet, HostedZone } from 'aws-cdk-lib/aws-route53';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { createApplicationBundle } from '../../constructs/application-bundle.ts';
import { AuroraAlarms } from '../../constructs/aurora-alarms.ts';
import { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { CLIENT_ADDRESS_HEADER } from '../../constructs/cdn.ts';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { FaultExperiments } from '../../constructs/fault-experiments.ts';
import { GlobalDatabase } from '../../constructs/global-database.ts';
import { NetworkAlarms } from '../../constructs/network-alarms.ts';
import { QuotaAlarms } from '../../constructs/quota-alarms.ts';
import { RegionContent } from '../../constructs/region-content.ts';
import { createRegionNames, GLOBAL_REGION, type RegionNames } from '../../constructs/region-names.ts';
import { RegionTakeover } from '../../constructs/region-takeover.ts';
import { RegionWatch } from '../../constructs/region-watch.ts';
import { ReleaseAlarms } from '../../constructs/release-alarms.ts';
import {
  ReplicatedSecret,
  resolvedAtDeployment,
  secretOfThisRegion,
} from '../../constructs/replicated-secret.ts';
import { ServerAlerts } from '../../constructs/server-alerts.ts';
import { SERVER_PORT } from '../../constructs/server-bootstrap.ts';
import { DATABASE_USER } from '../../constructs/server-database.ts';
import { createServerFilesAsset } from '../../constructs/server-files.ts';
import { ServerGroup } from '../../constructs/server-group.ts';
import { SiteCanary } from '../../constructs/site-canary.ts';
import { SloAlarms } from '../../constructs/slo-alarms.ts';
import { StaticSiteAlarms } from '../../constructs/static-site-alarms.ts';
import { TierDashboard } from '../../constructs/tier-dashboard.ts';
import { WebAlarms } from '../../constructs/web-alarms.ts';
import { WebFirewall } from '../../constructs/web-firewall.ts';
import { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import { WriterBeacon } from '../../constructs/writer-beacon.ts';
import { ZoneAutoshift } from '../../constructs/zone-autoshift.ts';
import { ZoneHealth } from '../../constructs/zone-health.ts';
import { type MultiRegionSettings, vpcCidrOf } from '../../settings/multi-region-settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { createDatabaseBackups } from './database-backups.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { serversPerZone } from './three-zones.ts';
import { warnOfPlaceholders } from './placeholder-warnings.ts';

/** The same in every tier of several regions; see the 99.99% tier. */
const ZONES = 3;
const UTILIZATION_TARGET_PERCENT = 70;
const GROWTH = 2;
const BACKUP_RETENTION = Duration.days(35);
const RESTORE_TEST_SCHEDULE = 'cron(0 8 ? * MON *)';
const RELEASE_WATCH = Duration.minutes(3);
/** Readers of the database beside the writer, when the region carries everything. */
const READERS = 2;

const CANARY_REPORTS_ID = 'CanaryReports';

/** Header by which the edge is known to load balancers, and the key of the secret that holds its value. */
export const EDGE_KEY = { header: 'x-origin-key', secretKey: 'key' } as const;

/** What the tier asks of its regions. */
export interface RegionRules {
  /** The tier's id, as in `nines:tier`. */
  readonly tier: 'warm-standby' | 'five-nines';
  readonly title: string;
  readonly goalPercent: number;
  /** What a region has while it does not serve; the full size where every region serves. */
  readonly standby: { readonly serversPerZone: number; readonly databaseInstances: number } | 'full';
  /** Who starts a takeover: a person, or the watch on the other region. */
  readonly failover: 'decided' | 'automatic';
}

export interface RegionStackProps extends StackProps {
  readonly settings: MultiRegionSettings;
  readonly rules: RegionRules;
  readonly region: string;
}

/** Every name of a tier's workload. */
export const namesOf = (tier: RegionRules['tier'], { domainName }: MultiRegionSettings): RegionNames =>
  createRegionNames({ workload: `nines-${tier}`, domainName });

export class RegionStack extends Stack {
  readonly names: RegionNames;
  private readonly settings: MultiRegionSettings;
  private readonly rules: RegionRules;
  private readonly isHome: boolean;
  private readonly isActive: boolean;

  constructor(scope: Construct, id: string, props: RegionStackProps) {
    const { settings, rules, region, ...stackProps } = props;
    super(scope, id, {
      description: `Nines: the ${rules.title} tier on servers, in ${region}`,
      terminationProtection: settings.data === 'keep',
      env: { region },
      ...stackProps,
      tags: { 'nines:tier': rules.tier, ...stackProps.tags },
    });
    this.settings = { ...settings, vpcCidr: vpcCidrOf(settings, region) };
    this.rules = rules;
    this.names = namesOf(rules.tier, settings);
    this.isHome = region === settings.homeRegion;
    this.isActive = region === settings.activeRegion;
    this.addMetadata('nines:tier', rules.tier);
    this.addMetadata('nines:flavour', 'servers');
    this.addMetadata('nines:peak-rps', settings.peakRps);
    if (this.isHome) warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings: this.settings, zones: ZONES });
    const database = this.createDatabase(foundation);
    const web = this.createWebTier(foundation, database);
    const content = this.createContent(foundation);
    const watched = this.createAlarms({ ...foundation, ...web, database, content });
    this.createTakeover({ ...foundation, ...web, database });
    this.createExperiments({ ...foundation, ...web, database, ...watched });
    this.createDashboard({ ...web, database, ...watched });

    new CfnOutput(this, 'SiteUrl', { value: `https://${settings.domainName}` });
    new CfnOutput(this, 'RegionUrl', { value: `https://${this.names.regionOrigin(region)}` });
    new CfnOutput(this, 'AlertTopicArn', { value: foundation.alerts.topic.topicArn });
    new CfnOutput(this, 'DatabaseIdentifier', { value: database.cluster.clusterIdentifier });
    new CfnOutput(this, 'DatabaseSecretParameter', { value: database.secretParameter.parameterName });
  }

  /** Servers of each zone when the region carries everything, also with one zone lost. */
  private get fullServers(): number {
    return serversPerZone(this.settings);
  }

  private get standby(): Exclude<RegionRules['standby'], 'full'> | undefined {
    return this.isActive || this.rules.standby === 'full' ? undefined : this.rules.standby;
  }

  private createDatabase(foundation: Foundation): AuroraDatabase {
    const { vpc, dataKey, operationsKey } = foundation;
    const { data } = this.settings;
    const passwordSecret = this.createSecrets();
    const instances = this.standby?.databaseInstances ?? ZONES;
    const database = new AuroraDatabase(this, 'Database', {
      vpc,
      dataKey,
      operationsKey,
      data,
      backupRetention: BACKUP_RETENTION,
      instances,
      global: {
        globalClusterIdentifier: this.createGlobalDatabase(),
        madeAs: this.isHome ? 'primary' : 'secondary',
        passwordSecret,
      },
    });
    pinLogicalIds({
      Database: database.cluster,
      ...Object.fromEntries(
        Array.from({ length: instances }, (_, index) => String(index + 1)).map((zone) => [
          `DatabaseZone${zone}`,
          database.cluster.node.findChild(`Zone${zone}`),
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

  /** @returns the identifier: by reference where it is made, so that it is made first; else by name. */
  private createGlobalDatabase(): string {
    if (!this.isHome) return this.names.globalDatabase;
    const { cluster } = new GlobalDatabase(this, 'GlobalDatabase', {
      identifier: this.names.globalDatabase,
      data: this.settings.data,
    });
    pinLogicalIds({ GlobalDatabase: cluster });
    return cluster.ref;
  }

  /** What every region must know alike is made at home and copied from there. */
  private createSecrets(): ISecret {
    const { names, settings } = this;
    if (!this.isHome) return secretOfThisRegion(this, 'DatabaseSecret', names.databaseSecret);
    const rotation =
      'RDS rotates no password of a global database, and a function of ours would have to reach the writer in whichever region it is. It is changed by a runbook, with no server restarted (docs/runbooks/change-the-shared-secrets.md).';
    const database = new ReplicatedSecret(this, 'DatabaseSecret', {
      secretName: names.databaseSecret,
      description: 'Password of the database, in every region',
      generatedKey: 'password',
      fixed: { username: DATABASE_USER },
      regions: [settings.standbyRegion],
      rotation,
    });
    const edge = new ReplicatedSecret(this, 'EdgeSecret', {
      secretName: names.edgeSecret,
      description: 'What the edge shows to load balancers',
      generatedKey: EDGE_KEY.secretKey,
      regions: [settings.standbyRegion, GLOBAL_REGION],
      rotation:
        'Stands in the configuration of the edge and of two firewalls, which only deployments change; it is changed by a runbook (docs/runbooks/change-the-shared-secrets.md).',
    });
    pinLogicalIds({ DatabaseSecret: database.secret, EdgeSecret: edge.secret });
    return database.secret;
  }

  private createWebTier(foundation: Foundation, database: AuroraDatabase) {
    const { vpc, accessLogs, operationsKey, alerts } = foundation;
    const { data } = this.settings;
    const certificate = this.createCertificate();
    const loadBalancer = new WebLoadBalancer(this, 'Web', {
      vpc,
      serverPort: SERVER_PORT,
      accessLogs,
      data,
      certificateArn: certificate.certificateArn,
    });
    const firewall = new WebFirewall(this, 'Firewall', {
      loadBalancer: loadBalancer.loadBalancer,
      clientAddressHeader: CLIENT_ADDRESS_HEADER,
      edgeKey: {
        header: EDGE_KEY.header,
        value: resolvedAtDeployment(this.names.edgeSecret, EDGE_KEY.secretKey),
        exceptPath: '/readyz',
      },
      ...(this.settings.loadTestCidr !== undefined && { uncountedCidr: this.settings.loadTestCidr }),
      operationsKey,
      data,
    });
    // The secret is named and not referred to, so that both regions say the same; at home it must be there first.
    const edgeSecret = this.node.tryFindChild('EdgeSecret');
    if (edgeSecret !== undefined) firewall.node.addDependency(edgeSecret);
    const levers = new EmergencyLevers(this, 'EmergencyLevers');
    const release = new ReleaseAlarms(this, 'ReleaseAlarms', { alerts, loadBalancer });
    const servers = this.createServers(foundation, { database, loadBalancer, levers, release });
    pinLogicalIds({
      Certificate: certificate,
      LoadBalancer: loadBalancer.loadBalancer,
      ServerTargets: loadBalancer.targetGroup,
      HttpListener: loadBalancer.listeners.http,
      ...(loadBalancer.listeners.https && { HttpsListener: loadBalancer.listeners.https }),
      RegionRecord: this.createRecord(loadBalancer),
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

  /** For the name that the edge asks for, which leads to either region, and for the region's own. */
  private createCertificate(): Certificate {
    const { domainName, hostedZoneId } = this.settings;
    const [first, ...others] = this.names.certificateNames;
    return new Certificate(this, 'Certificate', {
      domainName: first,
      subjectAlternativeNames: others,
      validation: CertificateValidation.fromDns(
        HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: domainName }),
      ),
    });
  }

  private createRecord({ loadBalancer }: WebLoadBalancer): CfnRecordSet {
    return new CfnRecordSet(this, 'Record', {
      hostedZoneId: this.settings.hostedZoneId,
      name: this.names.regionOrigin(this.region),
      type: 'A',
      aliasTarget: {
        dnsName: loadBalancer.loadBalancerDnsName,
        hostedZoneId: loadBalancer.loadBalancerCanonicalHostedZoneId,
        evaluateTargetHealth: false,
      },
    });
  }

  /** A group for each zone, released one after the other: the next begins when the one before has finished. */
  private createServers(
    { vpc, serverLogs }: Foundation,
    parts: {
      readonly database: AuroraDatabase;
      readonly loadBalancer: WebLoadBalancer;
      readonly levers: EmergencyLevers;
      readonly release: ReleaseAlarms;
    },
  ): readonly ServerGroup[] {
    const { database, loadBalancer, levers, release } = parts;
    const { paymentUrl, reviewsUrl, ratedRps, appDist } = this.settings;
    const shared = {
      vpc,
      loadBalancer,
      database,
      levers,
      applicationBundle: createApplicationBundle(this, 'ApplicationBundle', appDist),
      serverFiles: createServerFilesAsset(this, 'ServerFiles'),
      logGroup: serverLogs,
      paymentUrl,
      reviewsUrl,
      ratedRps,
      migrates: this.isActive,
      releaseCheck: { alarms: [release.errors, release.latency], watch: RELEASE_WATCH },
      minServers: this.standby?.serversPerZone ?? this.fullServers,
      maxServers: this.fullServers * GROWTH,
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

  private createContent({ accessLogs }: Foundation): RegionContent {
    const content = new RegionContent(this, 'Content', {
      bucketName: this.names.contentBucket(this.region),
      accessLogs,
      data: this.settings.data,
    });
    pinLogicalIds({ StaticContent: content.bucket });
    return content;
  }

  private createTakeover(
    parts: Foundation & { readonly servers: readonly ServerGroup[]; readonly database: AuroraDatabase },
  ): void {
    const { names } = this;
    const { database, servers, alerts, operationsKey, serverLogs: logGroup } = parts;
    const takeover = new RegionTakeover(this, 'Takeover', {
      names,
      database,
      groups: servers.map(({ group }) => group),
      serversPerGroup: this.fullServers,
      readers: READERS,
      alerts,
      operationsKey,
      logGroup,
    });
    pinLogicalIds({
      TakeOver: takeover.takeOver.stateMachine,
      HandOver: takeover.handOver.stateMachine,
    });
    new CfnOutput(this, 'TakeOverArn', { value: takeover.takeOver.stateMachine.stateMachineArn });
    new CfnOutput(this, 'HandOverArn', { value: takeover.handOver.stateMachine.stateMachineArn });
    if (this.rules.failover === 'automatic') this.createWatch(parts, takeover);
    if (this.isHome) return;
    const beacon = new WriterBeacon(this, 'Beacon', { names, database, alerts, logGroup });
    pinLogicalIds({
      WriterBeacon: beacon.workflow.stateMachine,
      WriterBeaconSchedule: beacon.schedule,
      TookOverAlarm: beacon.tookOver,
      BeaconSilentAlarm: beacon.silent,
    });
  }

  private createWatch({ alerts, operationsKey }: Foundation, { takeOver }: RegionTakeover): void {
    const { homeRegion, standbyRegion, data } = this.settings;
    const watch = new RegionWatch(this, 'Watch', {
      names: this.names,
      otherRegion: this.isHome ? standbyRegion : homeRegion,
      takeOver,
      alerts,
      operationsKey,
      data,
    });
    pinLogicalIds({
      RegionWatch: watch.watcher,
      RegionWatchLogs: watch.log,
      RegionWatchSchedule: watch.schedule,
      OtherRegionLostAlarm: watch.lost,
      TakeOverStart: watch.start,
      WatchSilentAlarm: watch.silent,
    });
  }

  private createAlarms(
    parts: Foundation & {
      readonly loadBalancer: WebLoadBalancer;
      readonly servers: readonly ServerGroup[];
      readonly database: AuroraDatabase;
      readonly content: RegionContent;
    },
  ) {
    const { alerts, vpc, loadBalancer, servers, database, content, serverLogs } = parts;
    const groups = servers.map(({ group }) => group);
    const web = new WebAlarms(this, 'WebAlarms', {
      alerts,
      loadBalancer,
      groups,
      maxServers: this.fullServers * GROWTH,
    });
    const slo = new SloAlarms(this, 'SloAlarms', {
      alerts,
      loadBalancer,
      goalPercent: this.rules.goalPercent,
    });
    const zones = new ZoneHealth(this, 'ZoneHealth', {
      alerts,
      loadBalancer,
      zones: vpc.availabilityZones,
      serverLogs,
    });
    const db = new AuroraAlarms(this, 'DatabaseAlarms', { alerts, database });
    const pages = new StaticSiteAlarms(this, 'StaticSiteAlarms', { alerts, site: content });
    // The whole shop, as seen from this region: it must not matter which region serves.
    const canary = new SiteCanary(this, 'SiteCanary', {
      alerts,
      siteUrl: `https://${this.names.domainName}`,
      data: this.settings.data,
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
      ...Object.fromEntries(
        Object.entries({ ...slo.parts, ...zones.parts }).map(([name, part]) => [`${name}Condition`, part]),
      ),
      DatabaseEvents: db.clusterEvents,
      DatabaseInstanceEvents: db.instanceEvents,
      Canary: canary.canary,
      [CANARY_REPORTS_ID]: canary.artifacts,
    });
    this.createAlerts(parts, web);
    return { alarms: Object.values(alerting), errorAlarm: web.errors, canaryAlarm: canary.failed, zones };
  }

  /** What healed or moved by itself. */
  private createAlerts(
    parts: Foundation & {
      readonly loadBalancer: WebLoadBalancer;
      readonly servers: readonly ServerGroup[];
    },
    web: WebAlarms,
  ): void {
    const { alerts, loadBalancer, servers } = parts;
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
    readonly canaryAlarm: Alarm;
  }): void {
    const { vpc, servers, database, errorAlarm, canaryAlarm } = parts;
    const kinds = [vpc.publicSubnets, vpc.privateSubnets, vpc.isolatedSubnets];
    const experiments = new FaultExperiments(this, 'FaultExperiments', {
      stopAlarm: errorAlarm,
      groups: servers.map(({ group }) => group),
      zones: vpc.availabilityZones.map((name, index) => ({
        name,
        subnets: kinds.flatMap((subnets) => subnets[index] ?? []),
        groups: servers.slice(index, index + 1).map(({ group }) => group),
      })),
      database: { kind: 'cluster', arn: database.cluster.clusterArn },
      region: { subnets: kinds.flat(), stopAlarm: canaryAlarm },
    });
    pinLogicalIds({
      ProcessKillExperiment: experiments.processKill,
      ServerLossExperiment: experiments.serverLoss,
      ...(experiments.databaseFailover && { DatabaseFailoverExperiment: experiments.databaseFailover }),
      ...numbered('ZoneLossExperiment', experiments.zoneLosses),
      ...(experiments.regionLoss && { RegionLossExperiment: experiments.regionLoss }),
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
        'Behind the writing region, ms': [cluster.metric('AuroraGlobalDBReplicationLag')],
      },
    });
    pinLogicalIds({ Dashboard: dashboard });
  }
}

/** `{ Name1: first, Name2: second, ... }` */
const numbered = <T>(name: string, items: readonly T[]): Record<string, T> =>
  Object.fromEntries(items.map((item, index) => [`${name}${String(index + 1)}`, item]));
