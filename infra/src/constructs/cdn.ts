/**
 * How CloudFront passes requests to an application: which paths, what is cached, how long it waits, and what it
 * says about the client. `StaticSite` puts these behaviours beside its pages, so that pages and application have
 * one address.
 *
 * Use it where the edge stands in front of the whole workload (99.99% and above). Nothing is cached unless the
 * application says so by `cache-control`, and it says `no-store`: prices and stock are live.
 */
import { Duration } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachedMethods,
  CachePolicy,
  type ErrorResponse,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { VpcOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';

/** Paths of the shop's API. Health checks and metrics are not among them: they are nobody's business outside. */
export const API_PATHS = ['/products*', '/orders*', '/order-intakes*'] as const;

/** Set by the edge on every request, whatever the client put there. */
export const CLIENT_ADDRESS_HEADER = 'x-client-address';

/**
 * How CloudFront reaches the application. The application ends its own work after 10 s, so 12 s of silence mean
 * that nobody is there. Connecting takes milliseconds; two tries of 2 s are quick enough to reach another zone's
 * address when the first one's zone is gone. Idle connections are closed before the load balancer's 30 s.
 */
export const EDGE_TO_ORIGIN = {
  connectionAttempts: 2,
  connectionTimeout: Duration.seconds(2),
  readTimeout: Duration.seconds(12),
  keepaliveTimeout: Duration.seconds(25),
} as const;

/** Sets {@link CLIENT_ADDRESS_HEADER} to the address of the connection, which a client cannot choose. */
const TELL_CLIENT_ADDRESS = `function handler(event) {
  var request = event.request;
  request.headers['${CLIENT_ADDRESS_HEADER}'] = { value: event.viewer.ip };
  return request;
}
`;

/** The load balancer of this stack as origin, reached inside the network: it needs no address on the internet. */
export function privateOrigin(loadBalancer: ApplicationLoadBalancer): IOrigin {
  return VpcOrigin.withApplicationLoadBalancer(loadBalancer, {
    ...EDGE_TO_ORIGIN,
    protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
    httpPort: 80,
  });
}

/** What CloudFront takes as a failure of an origin, and keeps whatever `cache-control` says. */
const ORIGIN_FAILURES = [500, 502, 503, 504] as const;

/**
 * For how long the edge keeps to an answer that the application failed, for `Distribution`.
 * @param ttl Undefined: CloudFront's own 10 s.
 */
export const keptFailures = (ttl: Duration | undefined): ErrorResponse[] =>
  ttl === undefined ? [] : ORIGIN_FAILURES.map((httpStatus) => ({ httpStatus, ttl }));

export interface EdgeApiProps {
  /** Where the application is: {@link privateOrigin}, or a name that leads to a healthy region. */
  readonly origin: IOrigin;
  /** @default {@link API_PATHS} */
  readonly paths?: readonly string[];
}

export class EdgeApi extends Construct {
  /** For `Distribution`, by path pattern. */
  readonly behaviors: Readonly<Record<string, BehaviorOptions>>;

  constructor(scope: Construct, id: string, props: EdgeApiProps) {
    super(scope, id);
    const tellClientAddress = new EdgeFunction(this, 'TellClientAddress', {
      comment: 'Tells the firewall the address of the client',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(TELL_CLIENT_ADDRESS),
    });
    const behavior: BehaviorOptions = {
      origin: props.origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachedMethods: CachedMethods.CACHE_GET_HEAD,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: true,
      functionAssociations: [{ function: tellClientAddress, eventType: FunctionEventType.VIEWER_REQUEST }],
    };
    this.behaviors = Object.fromEntries((props.paths ?? API_PATHS).map((path) => [path, behavior]));
  }
}
