/**
 * One region of a tier on servers that has several: everything that the 99.99% tier has in its region, and what moves
 * the shop here when the other region is lost. `warm-standby-stacks.ts` and `five-nines-stacks.ts` put two of them and
 * the global part together; nothing else should.
 *
 * The region refers to no other stack. What it shares with the other region it knows by name (`region-names.ts`).
 */
import type { StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet, HostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { RegionContent } from '../../constructs/region-content.ts';
import type { RegionNames } from '../../constructs/region-names.ts';
import { resolvedAtDeployment } from '../../constructs/replicated-secret.ts';
import type { WebLoadBalancer } from '../../constructs/web-load-balancer.ts';
import type { MultiRegionSettings } from '../../settings/multi-region-settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import { createExperiments } from './experiments.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from '../placeholder-warnings.ts';
import { createRegion, EDGE_KEY, type Region, type RegionRules } from './region.ts';
import { createRegionDatabase } from './region-database.ts';
import { createRegionFailover } from './region-failover.ts';
import { createDashboard, createServiceAlarms } from './service-alarms.ts';
import { createAutoshift, createWebTier, maxServersPerZone, type WebTier, ZONES } from './three-zones.ts';

export interface RegionStackProps extends StackProps {
  readonly settings: MultiRegionSettings;
  readonly rules: RegionRules;
  readonly region: string;
}

export class RegionStack extends TierStack {
  readonly names: RegionNames;
  private readonly of: Region;

  constructor(scope: Construct, id: string, props: RegionStackProps) {
    const { settings, rules, region, ...stackProps } = props;
    super(scope, id, {
      tier: rules.tier,
      flavour: 'servers',
      title: `the ${rules.title} tier on servers, in ${region}`,
      data: settings.data,
      env: { region },
      ...stackProps,
    });
    this.of = createRegion(region, rules, settings);
    this.names = this.of.names;
    this.addMetadata('nines:peak-rps', settings.peakRps);
    if (this.of.isHome) warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings: this.of.settings, zones: ZONES });
    const database = createRegionDatabase(this, this.of, foundation);
    const web = this.createWebTier(foundation, database);
    const content = this.createContent(foundation);
    this.createOperations({ ...web, foundation, database, content });

    this.tell({
      SiteUrl: `https://${settings.domainName}`,
      RegionUrl: `https://${this.names.regionOrigin(region)}`,
      AlertTopicArn: foundation.alerts.topic.topicArn,
      DatabaseIdentifier: database.cluster.clusterIdentifier,
      DatabaseSecretParameter: database.secretParameter.parameterName,
      IntakeQueueUrl: web.orderQueue.queue.queueUrl,
      IntakeDeadLetterQueueUrl: web.orderQueue.deadLetters.queueUrl,
    });
  }

  private createWebTier(foundation: Foundation, database: AuroraDatabase): WebTier {
    const { settings, standby, isActive, otherRegion } = this.of;
    const certificate = this.createCertificate();
    const web = createWebTier(this, {
      foundation,
      settings,
      database,
      reachedBy: { certificateArn: certificate.certificateArn },
      edgeKey: {
        header: EDGE_KEY.header,
        value: resolvedAtDeployment(this.names.edgeSecret, EDGE_KEY.secretKey),
        exceptPath: '/readyz',
      },
      ...(standby !== undefined && { standbyServers: standby.serversPerZone }),
      migrates: isActive,
      orderQueues: {
        queueName: this.names.orderQueue(this.region),
        other: { region: otherRegion, queueName: this.names.orderQueue(otherRegion) },
      },
    });
    // The secret is named and not referred to, so that both regions say the same; at home it must be there first.
    const edgeSecret = this.node.tryFindChild('EdgeSecret');
    if (edgeSecret !== undefined) web.firewall.node.addDependency(edgeSecret);
    pinLogicalIds({ Certificate: certificate, RegionRecord: this.createRecord(web.loadBalancer) });
    return web;
  }

  /** For the name that the edge asks for, which leads to either region, and for the region's own. */
  private createCertificate(): Certificate {
    const { domainName, hostedZoneId } = this.of.settings;
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
      hostedZoneId: this.of.settings.hostedZoneId,
      name: this.names.regionOrigin(this.region),
      type: 'A',
      aliasTarget: {
        dnsName: loadBalancer.loadBalancerDnsName,
        hostedZoneId: loadBalancer.loadBalancerCanonicalHostedZoneId,
        evaluateTargetHealth: false,
      },
    });
  }

  private createContent({ accessLogs }: Foundation): RegionContent {
    const content = new RegionContent(this, 'Content', {
      bucketName: this.names.contentBucket(this.region),
      accessLogs,
      data: this.of.settings.data,
    });
    pinLogicalIds({ StaticContent: content.bucket });
    return content;
  }

  /** What watches the region, moves the shop, breaks it on purpose, and shows it. */
  private createOperations(
    parts: WebTier & {
      readonly foundation: Foundation;
      readonly database: AuroraDatabase;
      readonly content: RegionContent;
    },
  ): void {
    const { foundation, database, loadBalancer, servers, orderQueue, content } = parts;
    const { vpc } = foundation;
    const zones = vpc.availabilityZones;
    const groups = servers.map(({ group }) => group);
    const watched = createServiceAlarms(this, {
      foundation,
      data: this.of.settings.data,
      loadBalancer,
      groups,
      maxServers: maxServersPerZone(this.of.settings),
      goalPercent: this.of.rules.goalPercent,
      zones,
      database,
      orderQueue,
      site: content,
      // The whole shop, as seen from this region: it must not matter which region serves.
      seenFromOutside: { siteUrl: `https://${this.names.domainName}` },
    });
    createAutoshift(this, foundation, loadBalancer, watched.web);
    const { takeOver, handOver } = createRegionFailover(this, this.of, foundation, { servers, database });
    this.tell({
      TakeOverArn: takeOver.stateMachine.stateMachineArn,
      HandOverArn: handOver.stateMachine.stateMachineArn,
    });
    createExperiments(this, {
      vpc,
      zones,
      groups,
      groupsIn: (zone) => groups.slice(zone, zone + 1),
      database,
      stopAlarm: watched.web.errors,
      regionStopAlarm: watched.canary.failed,
    });
    const { cluster } = database;
    createDashboard(this, {
      loadBalancer,
      groups,
      zones: watched.zones.metrics,
      alarms: watched.alarms,
      database: {
        'CPU of the database, percent': [cluster.metricCPUUtilization()],
        'Connections to the database': [cluster.metricDatabaseConnections()],
        'Kept orders': [orderQueue.queue.metricApproximateNumberOfMessagesVisible()],
        'Behind the writing region, ms': [cluster.metric('AuroraGlobalDBReplicationLag')],
      },
    });
  }
}
