/**
 * One name that leads to the nearest region that answers, for regions that are all alike: no region writes for the
 * others, so nobody has to take over and nothing is promoted. What a lost region costs is its checks and the TTL.
 *
 * Not for tables where one region writes: there traffic follows the writer (`region-routing.ts`).
 */
import type { Duration } from 'aws-cdk-lib';
import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { RegionNames } from '../region-names.ts';

/** The shortest that Route 53 has, and as few failures as are no accident: 30 s to see a loss. */
const CHECK_INTERVAL_SECONDS = 10;
const FAILURE_THRESHOLD = 3;

export interface NearestRegionProps {
  readonly names: RegionNames;
  readonly hostedZoneId: string;
  readonly regions: readonly string[];
  /** How long an answer may be kept. */
  readonly ttl: Duration;
}

export class NearestRegion extends Construct {
  /** Whether a region answers, by region. */
  readonly answers: Readonly<Record<string, CfnHealthCheck>>;
  /** In the order of the regions. */
  readonly records: readonly CfnRecordSet[];

  constructor(scope: Construct, id: string, { names, hostedZoneId, regions, ttl }: NearestRegionProps) {
    super(scope, id);
    const answers: Record<string, CfnHealthCheck> = {};
    this.records = regions.map((region, index) => {
      const number = String(index + 1);
      const check = new CfnHealthCheck(this, `Answers${number}`, {
        healthCheckConfig: {
          type: 'HTTPS',
          fullyQualifiedDomainName: names.regionOrigin(region),
          port: 443,
          resourcePath: '/readyz',
          enableSni: true,
          requestInterval: CHECK_INTERVAL_SECONDS,
          failureThreshold: FAILURE_THRESHOLD,
        },
        healthCheckTags: [{ key: 'Name', value: `${names.workload} ${region} answers` }],
      });
      answers[region] = check;
      return new CfnRecordSet(this, `Record${number}`, {
        hostedZoneId,
        name: names.origin,
        type: 'CNAME',
        ttl: String(ttl.toSeconds()),
        setIdentifier: region,
        region,
        healthCheckId: check.attrHealthCheckId,
        resourceRecords: [names.regionOrigin(region)],
      });
    });
    this.answers = answers;
  }
}
