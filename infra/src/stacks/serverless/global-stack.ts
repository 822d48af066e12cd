/**
 * The part of a serverless tier of several regions that belongs to none of them: the edge with its firewall, the records
 * by which it finds a region, and the pages that are published once. In us-east-1, where CloudFront's certificates and
 * firewalls and the metrics of Route 53 are; deployed after the regions. No failover changes anything in it.
 */
import { Duration } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet, type CfnHealthCheck, HostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { AccessLogBucket } from '../../constructs/access-log-bucket.ts';
import { AlertChannel } from '../../constructs/alert-channel.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import { ContentSource } from '../../constructs/region-content.ts';
import { RegionEdge } from '../../constructs/region-edge.ts';
import { GLOBAL_REGION, type RegionNames } from '../../constructs/region-names.ts';
import { RegionRouting } from '../../constructs/region-routing.ts';
import { EdgeRoutes, FAILURE_TTL, namedOrigin } from '../../constructs/serverless/edge-routes.ts';
import { GlobalAlarms } from '../../constructs/serverless/global-alarms.ts';
import { NearestRegion } from '../../constructs/serverless/nearest-region.ts';
import { WebFirewall } from '../../constructs/web-firewall.ts';
import type { MultiRegionSettings } from '../../settings/multi-region-settings.ts';
import { numbered, pinLogicalIds } from '../pin-logical-id.ts';
import { STATIC_CONTENT } from '../static-content.ts';
import { TierStack } from '../tier-stack.ts';
import type { RegionsRules } from './tier-rules.ts';

const CONTENT_ID = 'PublishedContent';

/** The zone of every distribution (Route 53 API reference, `AliasTarget`). */
const CLOUDFRONT_ZONE = 'Z2FDTNDATAQYW2';

export interface GlobalStackProps {
  readonly settings: MultiRegionSettings;
  readonly rules: RegionsRules;
  readonly names: RegionNames;
  /** All regions that may serve, the one that is first by design first. */
  readonly regions: readonly [string, string, ...string[]];
}

export class GlobalStack extends TierStack {
  private readonly props: GlobalStackProps;

  constructor(scope: Construct, id: string, props: GlobalStackProps) {
    const { settings, rules } = props;
    super(scope, id, {
      env: { region: GLOBAL_REGION },
      tier: rules.tier,
      flavour: 'serverless',
      title: `the ${rules.title} tier without servers, its edge`,
      data: settings.data,
    });
    this.props = props;
    const { data, alertEmail } = settings;
    const operationsKey = new EncryptionKey(this, 'OperationsKey', { description: 'Alerts and logs', data });
    operationsKey.allowLogGroups();
    const alerts = new AlertChannel(this, 'Alerts', { encryptionKey: operationsKey, email: alertEmail });
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', { data, expiration: Duration.days(90) });
    const answers = this.createRouting();
    const edge = this.createEdge(operationsKey, accessLogs);
    const content = this.createContent(edge, accessLogs);
    const alarms = new GlobalAlarms(this, 'Alarms', {
      alerts,
      answers,
      distribution: edge.distribution,
      source: content.bucket,
      destinations: this.contentBuckets(),
    });
    pinLogicalIds({
      OperationsKey: operationsKey,
      AlertTopic: alerts.topic,
      AccessLogs: accessLogs,
      ...numbered('RegionUnhealthyAlarm', alarms.unhealthy),
      EdgeErrorAlarm: alarms.edgeErrors,
      ...numbered('ContentReplicationAlarm', alarms.replication),
    });
    this.tell({ SiteUrl: `https://${settings.domainName}`, AlertTopicArn: alerts.topic.topicArn });
  }

  /** @returns whether each region answers, in the order of the regions. */
  private createRouting(): Readonly<Record<string, CfnHealthCheck>> {
    const { settings, rules, names, regions } = this.props;
    const shared = { names, hostedZoneId: settings.hostedZoneId, ttl: Duration.seconds(rules.dnsTtlSeconds) };
    if (rules.serving === 'all') {
      const nearest = new NearestRegion(this, 'Routing', { ...shared, regions });
      pinLogicalIds({
        ...numbered('RegionAnswers', Object.values(nearest.answers)),
        ...numbered('RegionRecord', nearest.records),
      });
      return nearest.answers;
    }
    const [home, standby] = regions;
    const routing = new RegionRouting(this, 'Routing', { ...shared, home, standby, failover: 'decided' });
    pinLogicalIds({
      ...numbered('RegionAnswers', Object.values(routing.answers)),
      StandbyTookOver: routing.standbyTookOver,
      HomeServes: routing.homeServes,
      StandbyServes: routing.standbyServes,
      ...numbered('RegionRecord', routing.writeRecords),
    });
    return routing.answers;
  }

  private contentBuckets(): readonly [string, string] {
    const { names, regions } = this.props;
    return [names.contentBucket(regions[0]), names.contentBucket(regions[1])];
  }

  private createEdge(operationsKey: EncryptionKey, accessLogs: AccessLogBucket): RegionEdge {
    const { settings, names, regions } = this.props;
    const { domainName, hostedZoneId, data } = settings;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: domainName });
    const certificate = new Certificate(this, 'Certificate', {
      domainName,
      validation: CertificateValidation.fromDns(zone),
    });
    const firewall = new WebFirewall(this, 'Firewall', {
      operationsKey,
      data,
      ...(settings.loadTestCidr !== undefined && { uncountedCidr: settings.loadTestCidr }),
    });
    const edge = new RegionEdge(this, 'Edge', {
      domainName,
      certificate,
      content: regions.slice(0, 2).map((region) => ({ region, bucketName: names.contentBucket(region) })),
      apiBehaviors: new EdgeRoutes(this, 'Routes', { origin: namedOrigin(names.origin) }).behaviors,
      accessLogs,
      data,
      firewallArn: firewall.acl.attrArn,
      failureTtl: FAILURE_TTL,
    });
    const records = (['A', 'AAAA'] as const).map(
      (type) =>
        new CfnRecordSet(this, `Site${type}`, {
          hostedZoneId,
          name: domainName,
          type,
          aliasTarget: {
            dnsName: edge.distribution.distributionDomainName,
            hostedZoneId: CLOUDFRONT_ZONE,
          },
        }),
    );
    pinLogicalIds({
      Certificate: certificate,
      Firewall: firewall.acl,
      FirewallLogs: firewall.log,
      Distribution: edge.distribution,
      EdgeLogs: edge.logs,
      ...Object.fromEntries(records.map((record) => [`${record.node.id}Record`, record])),
    });
    return edge;
  }

  private createContent(edge: RegionEdge, accessLogs: AccessLogBucket): ContentSource {
    const content = new ContentSource(this, 'Content', {
      contentPath: STATIC_CONTENT,
      // Pages and API have one address.
      configuration: { apiUrl: '' },
      contentLogicalId: CONTENT_ID,
      destinations: this.contentBuckets(),
      distribution: edge.distribution,
      accessLogs,
      data: this.props.settings.data,
    });
    pinLogicalIds({ [CONTENT_ID]: content.bucket });
    return content;
  }
}
