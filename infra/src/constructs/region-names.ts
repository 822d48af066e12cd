/**
 * Names that stacks in several regions agree on beforehand. A region that has to refer to another one does so by such a
 * name and never by a reference between stacks: a reference ties the deployment of the healthy region to the lost one
 * (docs/adr/0045-regions-know-each-other-by-name.md).
 *
 * Use it where a tier has more than one region. Everything that only its own region knows stays without a name.
 */
import { Aws } from 'aws-cdk-lib';

/** Where CloudFront's certificates, and the metrics of Route 53's health checks, have to be. */
export const GLOBAL_REGION = 'us-east-1';

export interface RegionNamesOptions {
  /** What all names begin with, such as `nines-warm-standby`: unique in the account. */
  readonly workload: string;
  /** Domain of the shop, whose hosted zone is in this account. */
  readonly domainName: string;
}

export interface RegionNames {
  readonly workload: string;
  readonly domainName: string;
  /** Where CloudFront finds the application, in whichever region that is. */
  readonly origin: string;
  /** Where reads go, for tiers that read in every region. */
  readonly readOrigin: string;
  /** Where writes go, for tiers that read in every region. */
  readonly writeOrigin: string;
  /** The load balancer of one region. */
  regionOrigin(region: string): string;
  /** Says by DNS what Route 53's checkers think of one region: a text, `answers` or `lost`. */
  regionVerdict(region: string): string;
  /** Every name of an origin, for certificates. */
  readonly certificateNames: readonly [string, ...string[]];
  /** Identifier of the Aurora global database. */
  readonly globalDatabase: string;
  /** Secret with the password of the database, in every region. */
  readonly databaseSecret: string;
  /** Secret that the edge shows to load balancers, in every region. */
  readonly edgeSecret: string;
  /** Bucket with the pages, in one region. */
  contentBucket(region: string): string;
  /** Queue of the orders that one region keeps; the servers of each region fetch from it while they write. */
  orderQueue(region: string): string;
  /** Alarm that is on while the region writes although it was not made as the one that does. */
  tookOverAlarm(region: string): string;
  /** Namespace of the workload's own metrics. */
  readonly metricNamespace: string;
}

export function createRegionNames({ workload, domainName }: RegionNamesOptions): RegionNames {
  const origin = `origin.${domainName}`;
  return {
    workload,
    domainName,
    origin,
    readOrigin: `reads.${origin}`,
    writeOrigin: `writes.${origin}`,
    regionOrigin: (region) => `${region}.${origin}`,
    regionVerdict: (region) => `${region}.verdict.${domainName}`,
    certificateNames: [origin, `*.${origin}`],
    globalDatabase: workload,
    databaseSecret: `${workload}/database`,
    edgeSecret: `${workload}/edge`,
    // Names of buckets are unique in the world, so the account is part of them.
    contentBucket: (region) => `${workload}-${Aws.ACCOUNT_ID}-${region}`,
    orderQueue: (region) => `${workload}-${region}-orders`,
    tookOverAlarm: (region) => `${workload}-${region}-took-over`,
    metricNamespace: `Nines/${workload}`,
  };
}
