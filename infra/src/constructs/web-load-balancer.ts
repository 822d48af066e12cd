/**
 * The load balancer of a web tier: sends requests only to servers that say they are ready, in every zone.
 *
 * What decides how long users feel a failure is chosen here and nowhere left to a default: how fast an unready
 * server is found, how long a leaving one finishes its work, how long a connection lives.
 */
import { Duration } from 'aws-cdk-lib';
import { type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  ListenerAction,
  ListenerCertificate,
  Protocol,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import type { AccessLogBucket } from './access-log-bucket.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * How an unready server is found: two misses 5 s apart, each given 3 s, so within 5 + 5 + 3 = 13 s at worst.
 * 5 s is the shortest interval that ALB offers. One miss would take a server away for a single lost packet.
 */
const HEALTH_CHECK = {
  path: '/readyz',
  interval: Duration.seconds(5),
  timeout: Duration.seconds(3),
  healthyThresholdCount: 2,
  unhealthyThresholdCount: 2,
  healthyHttpCodes: '200',
} as const;

/**
 * How long a leaving server may finish what it has begun. The shop drops work after 10 s; a connection that is
 * still busy after 30 s is stuck.
 */
const DEREGISTRATION_DELAY = Duration.seconds(30);

/**
 * How long a connection may be silent, to clients and to servers. A server must keep idle connections open for
 * longer than this, or the load balancer sends a request into one that is just being closed and answers 502.
 */
export const IDLE_TIMEOUT = Duration.seconds(30);

/**
 * How long a client's connection may live at all. It stays with the zone it was opened to, so this bounds how
 * long a client is held in a zone that DNS has left (ALB's default is an hour).
 */
const CLIENT_KEEP_ALIVE = Duration.minutes(2);

export interface WebLoadBalancerProps {
  readonly vpc: IVpc;
  /** Port that the servers listen on. */
  readonly serverPort: number;
  readonly accessLogs: AccessLogBucket;
  readonly data: DataPolicy;
  /**
   * The network's range, for a load balancer that has no address on the internet and is reached from inside the
   * network only, which is where CloudFront comes in (`privateOrigin`). It then takes HTTP and no certificate.
   * @default - reached by everybody
   */
  readonly onlyFromCidr?: string;
  /**
   * ACM certificate in the stack's region.
   * @default none: HTTP only, because a certificate needs a domain, and nobody's is known at synth
   */
  readonly certificateArn?: string;
}

const isPrivate = ({ onlyFromCidr }: WebLoadBalancerProps): boolean => onlyFromCidr !== undefined;

interface Listeners {
  /** Answers requests, or redirects them when there is HTTPS. */
  readonly http: ApplicationListener;
  readonly https?: ApplicationListener;
}

export class WebLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targetGroup: ApplicationTargetGroup;
  readonly securityGroup: SecurityGroup;
  readonly listeners: Listeners;
  /** Where clients send their requests. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: WebLoadBalancerProps) {
    super(scope, id);
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: isPrivate(props)
        ? 'The private load balancer: reached by the edge, reaches only the servers'
        : 'The public load balancer: reached by everybody, reaches only the servers',
      allowAllOutbound: false,
    });
    this.loadBalancer = this.createLoadBalancer(props);
    this.targetGroup = this.createTargetGroup(props);
    this.listeners =
      props.onlyFromCidr === undefined
        ? this.listen(props.certificateArn)
        : this.listenPrivately(props.onlyFromCidr);
    const scheme = this.listeners.https === undefined ? 'http' : 'https';
    this.url = `${scheme}://${this.loadBalancer.loadBalancerDnsName}`;
  }

  private createLoadBalancer(props: WebLoadBalancerProps): ApplicationLoadBalancer {
    const loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: {
        subnetType: isPrivate(props) ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PUBLIC,
      },
      internetFacing: !isPrivate(props),
      securityGroup: this.securityGroup,
      crossZoneEnabled: true,
      idleTimeout: IDLE_TIMEOUT,
      clientKeepAlive: CLIENT_KEEP_ALIVE,
      http2Enabled: true,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.DEFENSIVE,
      deletionProtection: props.data === 'keep',
    });
    // Lets an operator move traffic out of a zone by one call to the zonal shift data plane.
    loadBalancer.setAttribute('zonal_shift.config.enabled', 'true');
    const prefix = 'load-balancer';
    props.accessLogs.allowLoadBalancers(prefix);
    loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
    loadBalancer.setAttribute('access_logs.s3.bucket', props.accessLogs.bucketName);
    loadBalancer.setAttribute('access_logs.s3.prefix', prefix);
    // The load balancer tries to write a test object when it is made, so the permission must be there before.
    if (props.accessLogs.policy !== undefined) loadBalancer.node.addDependency(props.accessLogs.policy);
    return loadBalancer;
  }

  private createTargetGroup(props: WebLoadBalancerProps): ApplicationTargetGroup {
    return new ApplicationTargetGroup(this, 'Servers', {
      vpc: props.vpc,
      targetType: TargetType.INSTANCE,
      protocol: ApplicationProtocol.HTTP,
      port: props.serverPort,
      healthCheck: { ...HEALTH_CHECK, enabled: true, protocol: Protocol.HTTP },
      deregistrationDelay: DEREGISTRATION_DELAY,
      // Off: a server is ready when it says so, and a slow start would leave the others alone with a peak.
      slowStart: Duration.seconds(0),
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN,
      // Below one ready server requests go to all of them: some answer beats none (fail open).
      targetGroupHealth: { routingMinimumHealthyTargetCount: 1, dnsMinimumHealthyTargetCount: 1 },
    });
  }

  /**
   * The listener on port 80 is always the same resource: with a certificate it redirects, without it forwards.
   * Two resources that take turns on one port would fail to deploy on the day the certificate comes.
   */
  private listen(certificateArn: string | undefined): Listeners {
    const forward = ListenerAction.forward([this.targetGroup]);
    const redirect = ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true });
    this.admit(80, 'HTTP');
    const http = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultAction: certificateArn === undefined ? forward : redirect,
    });
    if (certificateArn === undefined) return { http };
    this.admit(443, 'HTTPS');
    const https = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      open: false,
      certificates: [ListenerCertificate.fromArn(certificateArn)],
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      defaultAction: forward,
    });
    return { http, https };
  }

  /**
   * CloudFront comes from a network interface in this network, with a security group that no template can name;
   * the network's own range is the narrowest source that can be written down.
   */
  private listenPrivately(cidr: string): Listeners {
    this.securityGroup.addIngressRule(Peer.ipv4(cidr), Port.tcp(80), 'CloudFront, from its interface here');
    return {
      http: this.loadBalancer.addListener('Http', {
        port: 80,
        protocol: ApplicationProtocol.HTTP,
        open: false,
        defaultAction: ListenerAction.forward([this.targetGroup]),
      }),
    };
  }

  private admit(port: number, description: string): void {
    this.securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(port), description);
    acknowledge(this.securityGroup, {
      'AwsSolutions-EC23':
        'The public edge of the workload: its clients are on the internet. Ports 80 and 443 only, and nothing else in the stack admits the internet.',
    });
  }
}
