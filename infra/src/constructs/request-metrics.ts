/** How failed requests of a load balancer are counted, for every alarm that asks: their share, in percent. */
import type { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { WebLoadBalancer } from './web-load-balancer.ts';

export interface FailedRequestsOptions {
  readonly period: Duration;
  /** Condition on `requests` under which the share means anything, such as `requests > 100`; otherwise the share is 0. */
  readonly countedWhen: string;
}

/** With fewer than 100 requests in a minute one failure would be the whole percent. */
export const MORE_THAN_A_FEW = 'requests > 100';

/** Shed requests are answered 503 and count: to their user they failed. */
export function failedRequestsPercent(
  { loadBalancer: { metrics } }: WebLoadBalancer,
  { period, countedWhen }: FailedRequestsOptions,
): MathExpression {
  return new MathExpression({
    label: 'Failed requests, percent',
    expression: `IF(${countedWhen}, 100 * (FILL(own, 0) + FILL(balancer, 0)) / requests, 0)`,
    usingMetrics: {
      requests: metrics.requestCount({ period }),
      own: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
      balancer: metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
    },
    period,
  });
}
