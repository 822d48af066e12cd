/**
 * A name that leads to the server while it answers, and to the static page while it does not: two failover records of
 * Route 53 and the health check that decides between them.
 */
import { Duration } from 'aws-cdk-lib';
import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';

/** CloudFront's hosted zone, the same for every distribution. */
const CLOUDFRONT_ZONE_ID = 'Z2FDTNDATAQYW2';

/** Three misses of a check every 30 s, and then what clients may remember: two and a half minutes. */
const CHECK_INTERVAL = Duration.seconds(30);
const FAILURE_THRESHOLD = 3;
const TIME_TO_LIVE = Duration.seconds(60);

export interface FailoverNameProps {
  readonly domainName: string;
  readonly hostedZoneId: string;
  /** Public address of the server. */
  readonly address: string;
  /** Path that answers 200 while customers can be served. */
  readonly healthPath: string;
  readonly staticPage: Distribution;
}

export class FailoverName extends Construct {
  readonly healthCheck: CfnHealthCheck;
  readonly primary: CfnRecordSet;
  readonly secondary: CfnRecordSet;

  constructor(scope: Construct, id: string, props: FailoverNameProps) {
    super(scope, id);
    this.healthCheck = new CfnHealthCheck(this, 'HealthCheck', {
      healthCheckConfig: {
        type: 'HTTP',
        ipAddress: props.address,
        port: 80,
        resourcePath: props.healthPath,
        requestInterval: CHECK_INTERVAL.toSeconds(),
        failureThreshold: FAILURE_THRESHOLD,
      },
    });
    const record = { hostedZoneId: props.hostedZoneId, name: props.domainName, type: 'A' };
    this.primary = new CfnRecordSet(this, 'Primary', {
      ...record,
      setIdentifier: 'server',
      failover: 'PRIMARY',
      ttl: String(TIME_TO_LIVE.toSeconds()),
      resourceRecords: [props.address],
      healthCheckId: this.healthCheck.attrHealthCheckId,
    });
    this.secondary = new CfnRecordSet(this, 'Secondary', {
      ...record,
      setIdentifier: 'static-page',
      failover: 'SECONDARY',
      aliasTarget: {
        dnsName: props.staticPage.distributionDomainName,
        hostedZoneId: CLOUDFRONT_ZONE_ID,
        evaluateTargetHealth: false,
      },
    });
  }
}
