/**
 * How CloudFront passes requests to an HTTP API: products are kept for a second and shown for as long as the API fails,
 * orders pass through. `StaticSite` puts these behaviors beside its pages.
 *
 * A second is what the shop's own snapshot of the catalogue may be old, once more; it turns a rush for one product into
 * one request a second and place. After that second the edge asks again, and when the API does not answer or answers
 * 5xx, it shows what it has (CloudFront Developer Guide, "How CloudFront processes HTTP 4xx and 5xx status codes from
 * your origin"): stale-if-error without a header of the application.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachedMethods,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Construct } from 'constructs';
import { EDGE_TO_ORIGIN } from '../cdn.ts';

/** The application says `no-store`, which CloudFront keeps to unless the least time is longer than none. */
const FRESH = Duration.seconds(1);

/** For how long the edge keeps to a failure of which it has nothing older to show. */
export const FAILURE_TTL = Duration.seconds(1);

const READS = ['/products*'] as const;
const WRITES = ['/orders*', '/order-intakes*'] as const;

/** The API of this region under its own address. */
export function apiOrigin(scope: Construct, { apiId }: { readonly apiId: string }): IOrigin {
  const { region, urlSuffix } = Stack.of(scope);
  return namedOrigin(`${apiId}.execute-api.${region}.${urlSuffix}`);
}

/** An API under a name that leads to a region. */
export const namedOrigin = (name: string): IOrigin =>
  new HttpOrigin(name, {
    ...EDGE_TO_ORIGIN,
    protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [OriginSslPolicy.TLS_V1_2],
  });

export class EdgeRoutes extends Construct {
  /** For `Distribution`, by path pattern. */
  readonly behaviors: Readonly<Record<string, BehaviorOptions>>;

  constructor(scope: Construct, id: string, { origin }: { readonly origin: IOrigin }) {
    super(scope, id);
    const shared = {
      origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: true,
    };
    const reads: BehaviorOptions = {
      ...shared,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
      cachedMethods: CachedMethods.CACHE_GET_HEAD,
      cachePolicy: new CachePolicy(this, 'Products', {
        comment: 'Products: a second, and for as long as the API fails',
        minTtl: FRESH,
        defaultTtl: FRESH,
        maxTtl: FRESH,
        queryStringBehavior: CacheQueryStringBehavior.allowList('limit', 'cursor'),
        headerBehavior: CacheHeaderBehavior.none(),
        enableAcceptEncodingGzip: true,
        enableAcceptEncodingBrotli: true,
      }),
    };
    const writes: BehaviorOptions = {
      ...shared,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
    };
    this.behaviors = Object.fromEntries([
      ...READS.map((path) => [path, reads]),
      ...WRITES.map((path) => [path, writes]),
    ]) as Record<string, BehaviorOptions>;
  }
}
