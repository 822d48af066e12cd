/**
 * The part of a tier with several regions that belongs to none of them: the edge, the records by which it finds a
 * region, and the pages that are published once and copied to each region. It stands in us-east-1, where CloudFront's
 * certificates and the metrics of Route 53 are, and is deployed last. No failover changes anything in it.
 */
import { Duration, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { IOrigin } from 'aws-cdk-lib/aws-cloudfront';
import { CfnRecordSet, HostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { AccessLogBucket } from '../../constructs/access-log-bucket.ts';
import { AlertChannel } from '../../constructs/alert-channel.ts';
import { EdgeApi } from '../../constructs/cdn.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import { ContentSource } from '../../constructs/region-content.ts';
import { GLOBAL_REGION, type RegionNames } from '../../constructs/region-names.ts';
import { RegionRouting } from '../../constructs/region-routing.ts';
import { regionalOrigin, RegionEdge } from '../../constructs/region-edge.ts';
import { RegionAlarms } from '../../constructs/region-alarms.ts';
import { resolvedAtDeployment } from '../../constructs/replicated-secret.ts';
import type { MultiRegionSettings } from '../../settings/multi-region-settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import { EDGE_KEY, namesOf, type RegionRules } from './region.ts';
import { STATIC_CONTENT } from '../static-content.ts';

const CONTENT_ID = 'PublishedContent';

/** What the tier asks of its global part. */
export interface EdgeRules extends Pick<RegionRules, 'tier' | 'title' | 'failover'> {
  /** How long an answer about where the application is may be kept. */
  readonly dnsTtl: Duration;
  /** Whether products are read in every region, or everything goes to one. */
  readonly reads: 'everywhere' | 'where-it-writes';
}

export interface GlobalEdgeStackProps extends StackProps {
  readonly settings: MultiRegionSettings;
  readonly rules: EdgeRules;
}

export class GlobalEdgeStack extends TierStack {
  readonly names: RegionNames;
  private readonly settings: MultiRegionSettings;

  constructor(scope: Construct, id: string, props: GlobalEdgeStackProps) {
    const { settings, rules, ...stackProps } = props;
    super(scope, id, {
      tier: rules.tier,
      flavour: 'servers',
      title: `the ${rules.title} tier on servers, its edge`,
      data: settings.data,
      env: { region: GLOBAL_REGION },
      ...stackProps,
    });
    this.settings = settings;
    this.names = namesOf(rules.tier, settings);

    const alerts = this.createAlerts();
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', {
      data: settings.data,
      expiration: Duration.days(90),
    });
    const routing = this.createRouting(rules);
    const edge = this.createEdge(rules, accessLogs);
    const content = this.createContent(edge, accessLogs);
    const { homeRegion, standbyRegion } = settings;
    const alarms = new RegionAlarms(this, 'RegionAlarms', {
      alerts,
      routing,
      regions: [homeRegion, standbyRegion],
      distribution: edge.distribution,
      source: content.bucket,
      destinations: this.contentBuckets(),
    });
    pinLogicalIds({
      AlertTopic: alerts.topic,
      AccessLogs: accessLogs,
      HomeUnhealthyAlarm: alarms.unhealthy[0],
      StandbyUnhealthyAlarm: alarms.unhealthy[1],
      EdgeErrorAlarm: alarms.edgeErrors,
      ContentReplicationAlarm1: alarms.replication[0],
      ContentReplicationAlarm2: alarms.replication[1],
    });
    this.tell({ SiteUrl: `https://${settings.domainName}`, AlertTopicArn: alerts.topic.topicArn });
  }

  private createAlerts(): AlertChannel {
    const { data, alertEmail } = this.settings;
    const encryptionKey = new EncryptionKey(this, 'OperationsKey', { description: 'Alerts', data });
    pinLogicalIds({ OperationsKey: encryptionKey });
    return new AlertChannel(this, 'Alerts', { encryptionKey, email: alertEmail });
  }

  private createRouting({ dnsTtl, failover, reads }: EdgeRules): RegionRouting {
    const { hostedZoneId, homeRegion, standbyRegion } = this.settings;
    const routing = new RegionRouting(this, 'Routing', {
      names: this.names,
      hostedZoneId,
      home: homeRegion,
      standby: standbyRegion,
      ttl: dnsTtl,
      failover,
      readsEverywhere: reads === 'everywhere',
    });
    const [homeAnswers, standbyAnswers] = [routing.answers[homeRegion], routing.answers[standbyRegion]];
    pinLogicalIds({
      ...(homeAnswers && { HomeAnswers: homeAnswers }),
      ...(standbyAnswers && { StandbyAnswers: standbyAnswers }),
      StandbyTookOver: routing.standbyTookOver,
      HomeServes: routing.homeServes,
      StandbyServes: routing.standbyServes,
      HomeRecord: routing.writeRecords[0],
      StandbyRecord: routing.writeRecords[1],
      ...Object.fromEntries(
        routing.readRecords.map((record, index) => [`ReadRecord${String(index + 1)}`, record]),
      ),
      ...Object.fromEntries(
        routing.verdictRecords.map((record, index) => [`VerdictRecord${String(index + 1)}`, record]),
      ),
    });
    return routing;
  }

  private contentBuckets(): readonly [string, string] {
    const { homeRegion, standbyRegion } = this.settings;
    return [this.names.contentBucket(homeRegion), this.names.contentBucket(standbyRegion)];
  }

  private createEdge({ reads }: EdgeRules, accessLogs: AccessLogBucket): RegionEdge {
    const { settings, names } = this;
    const { domainName, hostedZoneId, homeRegion, standbyRegion, data } = settings;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: domainName });
    const certificate = new Certificate(this, 'Certificate', {
      domainName,
      validation: CertificateValidation.fromDns(zone),
    });
    const origin = (name: string): IOrigin =>
      regionalOrigin(name, {
        [EDGE_KEY.header]: resolvedAtDeployment(names.edgeSecret, EDGE_KEY.secretKey),
      });
    const apis =
      reads === 'everywhere'
        ? [
            new EdgeApi(this, 'ReadApi', { origin: origin(names.readOrigin), paths: ['/products*'] }),
            new EdgeApi(this, 'WriteApi', {
              origin: origin(names.writeOrigin),
              paths: ['/orders*', '/order-intakes*'],
            }),
          ]
        : [new EdgeApi(this, 'EdgeApi', { origin: origin(names.origin) })];
    const edge = new RegionEdge(this, 'Edge', {
      domainName,
      certificate,
      content: [homeRegion, standbyRegion].map((region) => ({
        region,
        bucketName: names.contentBucket(region),
      })),
      apiBehaviors: Object.assign({}, ...apis.map(({ behaviors }) => behaviors)),
      accessLogs,
      data,
    });
    const records = (['A', 'AAAA'] as const).map(
      (type) =>
        new CfnRecordSet(this, `Site${type}`, {
          hostedZoneId,
          name: domainName,
          type,
          // The zone of every distribution (Route 53 API reference, `AliasTarget`).
          aliasTarget: { dnsName: edge.distribution.distributionDomainName, hostedZoneId: 'Z2FDTNDATAQYW2' },
        }),
    );
    pinLogicalIds({
      Certificate: certificate,
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
      data: this.settings.data,
    });
    pinLogicalIds({ [CONTENT_ID]: content.bucket });
    return content;
  }
}
