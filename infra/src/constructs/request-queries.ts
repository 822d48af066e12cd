/**
 * Queries of the servers' log, kept beside it in CloudWatch: what became of one request, and which requests fail or are
 * slow, where. With the access log of the load balancer, which has the same id, they are the trace of a request
 * (docs/adr/0053-a-request-is-followed-by-its-id.md).
 */
import { Stack } from 'aws-cdk-lib';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Put into the query by whoever looks; an id from an answer's `x-request-id`. */
const ID = 'ID-OF-THE-REQUEST';

/** The application logs failed and slow requests with the request's id (`apps/shop-api/src/core/shop.ts`). */
const QUERIES = {
  'one request': `fields @timestamp, zone, instance, operation, status, durationMs, code, reason, msg
| filter requestId = "${ID}"
| sort @timestamp asc`,
  'failed requests': `filter level >= 40 and ispresent(requestId)
| stats count(*) as requests, latest(requestId) as example by code, operation, zone
| sort requests desc`,
  'slow requests': `filter msg = "slow request"
| stats count(*) as requests, pct(durationMs, 50) as medianMs, max(durationMs) as worstMs, latest(requestId) as example by operation, zone
| sort requests desc`,
} as const;

export class RequestQueries extends Construct {
  readonly oneRequest: CfnQueryDefinition;
  readonly failed: CfnQueryDefinition;
  readonly slow: CfnQueryDefinition;

  constructor(scope: Construct, id: string, { log }: { readonly log: ILogGroup }) {
    super(scope, id);
    const query = (constructId: string, name: keyof typeof QUERIES): CfnQueryDefinition =>
      new CfnQueryDefinition(this, constructId, {
        name: `${Stack.of(this).stackName}/${name}`,
        logGroupNames: [log.logGroupName],
        queryString: QUERIES[name],
      });
    this.oneRequest = query('OneRequest', 'one request');
    this.failed = query('FailedRequests', 'failed requests');
    this.slow = query('SlowRequests', 'slow requests');
  }
}
