/**
 * The 99.99% tier on servers: three zones, each with half of what the peak needs, so that any of them may be lost
 * without anything having to be started, moved or decided. CloudFront in front, Aurora with an instance in each zone,
 * releases one zone at a time that alarms take back.
 *
 * docs/tiers/four-nines.md says which resource fulfils which of the tier's promises.
 */
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { EdgeApi, privateOrigin } from '../../constructs/cdn.ts';
import type { StaticSite } from '../../constructs/static-site.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { TierStack } from '../tier-stack.ts';
import { createExperiments } from './experiments.ts';
import { createFoundation, type Foundation } from './foundation.ts';
import { warnOfPlaceholders } from '../placeholder-warnings.ts';
import { createDashboard, createServiceAlarms } from './service-alarms.ts';
import { createStaticContent } from '../static-content.ts';
import {
  createAutoshift,
  createCluster,
  createWebTier,
  maxServersPerZone,
  type WebTier,
  ZONES,
} from './three-zones.ts';

/** A rule of the tier, not a setting: whoever needs another needs another tier. */
const GOAL_PERCENT = 99.99;

export interface FourNinesStackProps extends StackProps {
  readonly settings: DeploymentSettings;
}

export class FourNinesStack extends TierStack {
  constructor(scope: Construct, id: string, props: FourNinesStackProps) {
    const { settings, ...stackProps } = props;
    const { data } = settings;
    super(scope, id, {
      tier: 'four-nines',
      flavour: 'servers',
      title: 'the 99.99% tier on servers',
      data,
      ...stackProps,
    });
    this.addMetadata('nines:peak-rps', settings.peakRps);
    warnOfPlaceholders(this, settings);

    const foundation = createFoundation(this, { settings, zones: ZONES });
    const { accessLogs } = foundation;
    const database = createCluster(this, { foundation, data });
    const { loadBalancer, servers, orderQueue } = createWebTier(this, {
      foundation,
      settings,
      database,
      reachedBy: { onlyFromCidr: settings.vpcCidr },
    });
    const api = new EdgeApi(this, 'EdgeApi', { origin: privateOrigin(loadBalancer.loadBalancer) });
    // Pages and API have one address.
    const site = createStaticContent(this, { accessLogs, data, apiUrl: '', apiBehaviors: api.behaviors });
    const siteUrl = `https://${site.distribution.distributionDomainName}`;
    this.createOperations({
      foundation,
      settings,
      loadBalancer,
      servers,
      orderQueue,
      database,
      site,
      siteUrl,
    });
    this.tell({
      SiteUrl: siteUrl,
      ApiUrl: siteUrl,
      AlertTopicArn: foundation.alerts.topic.topicArn,
      DatabaseIdentifier: database.cluster.clusterIdentifier,
      DatabaseSecretParameter: database.secretParameter.parameterName,
      IntakeQueueUrl: orderQueue.queue.queueUrl,
      IntakeDeadLetterQueueUrl: orderQueue.deadLetters.queueUrl,
    });
  }

  /** What watches the tier, breaks it on purpose, and shows it. */
  private createOperations(
    parts: Pick<WebTier, 'loadBalancer' | 'servers' | 'orderQueue'> & {
      readonly foundation: Foundation;
      readonly settings: DeploymentSettings;
      readonly database: AuroraDatabase;
      readonly site: StaticSite;
      readonly siteUrl: string;
    },
  ): void {
    const { foundation, settings, loadBalancer, orderQueue, database, site, siteUrl } = parts;
    const { vpc } = foundation;
    const zones = vpc.availabilityZones;
    const groups = parts.servers.map(({ group }) => group);
    const watched = createServiceAlarms(this, {
      foundation,
      data: settings.data,
      loadBalancer,
      groups,
      maxServers: maxServersPerZone(settings),
      goalPercent: GOAL_PERCENT,
      zones,
      database,
      orderQueue,
      site,
      seenFromOutside: { siteUrl },
    });
    createAutoshift(this, foundation, loadBalancer, watched.web);
    createExperiments(this, {
      vpc,
      zones,
      groups,
      groupsIn: (zone) => groups.slice(zone, zone + 1),
      database,
      stopAlarm: watched.web.errors,
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
        'Replica lag, ms': [cluster.metric('AuroraReplicaLagMaximum')],
      },
    });
  }
}
