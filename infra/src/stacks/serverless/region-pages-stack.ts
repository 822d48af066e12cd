/**
 * The pages in one region of a serverless tier of several: a bucket that the edge reads, filled by replication from the
 * one that releases are published to (`global-stack.ts`).
 */
import { Duration, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessLogBucket } from '../../constructs/access-log-bucket.ts';
import { RegionContent } from '../../constructs/region-content.ts';
import type { RegionNames } from '../../constructs/region-names.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import type { RegionsRules } from './tier-rules.ts';

export interface RegionPagesStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly rules: RegionsRules;
  readonly names: RegionNames;
  readonly region: string;
}

export class RegionPagesStack extends TierStack {
  constructor(scope: Construct, id: string, props: RegionPagesStackProps) {
    const { settings, rules, names, region, ...stackProps } = props;
    const { data } = settings;
    super(scope, id, {
      ...stackProps,
      env: { region },
      tier: rules.tier,
      flavour: 'serverless',
      title: `the ${rules.title} tier without servers, pages in ${region}`,
      data,
    });
    const accessLogs = new AccessLogBucket(this, 'AccessLogs', { data, expiration: Duration.days(90) });
    const content = new RegionContent(this, 'Content', {
      bucketName: names.contentBucket(region),
      accessLogs,
      data,
    });
    pinLogicalIds({ AccessLogs: accessLogs, StaticContent: content.bucket });
  }
}
