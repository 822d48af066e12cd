/**
 * The pages of a serverless tier, and what stands in front of them: below 99.99% pages only, from there on API and pages
 * under one address, with products kept at the edge. A stack of its own, because pages are published more often than
 * the application is released, and a distribution takes minutes to change.
 */
import { Duration, Fn, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessLogBucket } from '../../constructs/access-log-bucket.ts';
import { GLOBAL_REGION } from '../../constructs/region-names.ts';
import { apiOrigin, EdgeRoutes, FAILURE_TTL } from '../../constructs/serverless/edge-routes.ts';
import type { StaticSite } from '../../constructs/static-site.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { createStaticContent } from '../static-content.ts';
import { TierStack } from '../tier-stack.ts';
import type { ApplicationStack } from './application-stack.ts';

export interface EdgeStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly application: ApplicationStack;
  /**
   * Stack with the firewall, in us-east-1. With it the API is reached through the edge.
   * @default none: the edge shows pages only
   */
  readonly firewallStackName?: string;
}

export class EdgeStack extends TierStack {
  readonly site: StaticSite;
  /** Base URL of pages, and of the API where both have one address. */
  readonly siteUrl: string;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    const { settings, application, firewallStackName, ...stackProps } = props;
    const { tier, title } = application.rules;
    super(scope, id, {
      ...stackProps,
      tier,
      flavour: 'serverless',
      title: `the ${title} tier without servers, its pages and their edge`,
      data: settings.data,
    });
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', {
      data: settings.data,
      expiration: Duration.days(90),
    });
    pinLogicalIds({ AccessLogs: accessLogs });
    const isInFront = firewallStackName !== undefined;
    this.site = createStaticContent(this, {
      apiUrl: isInFront ? '' : application.api.url,
      accessLogs,
      data: settings.data,
      ...(isInFront && {
        apiBehaviors: new EdgeRoutes(this, 'Routes', { origin: apiOrigin(this, application.api.api) })
          .behaviors,
        failureTtl: FAILURE_TTL,
        // Asked for when this stack is deployed; the region is known, so no reference between stacks is needed.
        firewallArn: Fn.getStackOutput(firewallStackName, 'FirewallArn', GLOBAL_REGION),
      }),
    });
    this.siteUrl = `https://${this.site.distribution.distributionDomainName}`;
    this.tell({ SiteUrl: this.siteUrl });
  }
}
