/**
 * The shop's HTTP API in front of its functions: only the routes of the contract lead to code, and what is more than the
 * API is rated for is refused before any of it runs.
 *
 * Use it in every serverless tier. What it leaves out: authorization (the shop is public) and a firewall, which cannot
 * stand at an HTTP API (docs/adr/0065-the-firewall-stands-at-the-edge.md).
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import {
  type CfnStage,
  type DomainName,
  HttpApi,
  type HttpMethod,
  HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct, type IConstruct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';

/** The part of the contract that is about products: it can be answered while orders cannot. */
const READ_ROUTES = ['GET /products', 'GET /products/{id}'] as const;
const ORDER_ROUTES = ['GET /orders', 'POST /orders', 'GET /orders/{id}', 'GET /order-intakes/{id}'] as const;
/** For who asks from outside whether all is well. `/livez` and `/metrics` are a server's own business. */
const HEALTH_ROUTES = ['GET /readyz'] as const;

export const ROUTES = [...READ_ROUTES, ...ORDER_ROUTES, ...HEALTH_ROUTES] as const;

/** Requests/s, and how many at once on top of that. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/** One line a request: who was answered what, how long it took, and whose fault it was. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLatencyMs: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatencyMs: '$context.integrationLatency',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
} as const;

export interface ShopHttpApiProps {
  /** Answers for products. */
  readonly reads: IFunction;
  /** Answers for orders and health; the same function, or one that has its own concurrency. */
  readonly orders: IFunction;
  /**
   * What the API is rated for, all routes together. More is answered with 429.
   * @default none: the account's quota, 10,000 requests/s for all its APIs
   */
  readonly throttle?: Throttle;
  /**
   * The same for routes of their own, by route key such as `POST /orders`.
   * @default none
   */
  readonly routeThrottles?: Readonly<Partial<Record<(typeof ROUTES)[number], Throttle>>>;
  readonly logGroup: ILogGroup;
  /**
   * Whether metrics are kept for each route.
   * @default false
   */
  readonly hasRouteMetrics?: boolean;
  /**
   * Name that the API answers to as well.
   * @default none: it has API Gateway's own
   */
  readonly domainName?: DomainName;
}

export class ShopHttpApi extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  /** Base URL of the stage, without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ShopHttpApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: Stack.of(this).stackName,
      description: 'The shop',
      createDefaultStage: false,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      ...(props.throttle !== undefined && { throttle: props.throttle }),
      ...(props.domainName !== undefined && { domainMapping: { domainName: props.domainName } }),
    });
    const routes = [
      ...this.addRoutes('Reads', READ_ROUTES, props.reads),
      ...this.addRoutes('Orders', [...ORDER_ROUTES, ...HEALTH_ROUTES], props.orders),
    ];
    this.configureStage(props, routes);
    this.url = this.api.apiEndpoint;
    acknowledge(this.api, {
      'AwsSolutions-APIG4':
        'The shop is public, and so are its orders: who an order belongs to is known by its id, which nobody can guess.',
    });
  }

  private addRoutes(id: string, routes: readonly string[], handler: IFunction): readonly IConstruct[] {
    const integration = new HttpLambdaIntegration(id, handler);
    return routes.flatMap((route) => {
      const [method = '', path = ''] = route.split(' ');
      return this.api.addRoutes({ path, methods: [method as HttpMethod], integration });
    });
  }

  /** What the construct for stages has no words for. */
  private configureStage(
    { logGroup, routeThrottles, hasRouteMetrics }: ShopHttpApiProps,
    routes: readonly IConstruct[],
  ): void {
    const stage = this.stage.node.defaultChild as CfnStage;
    stage.accessLogSettings = {
      // Without the ending ":*" that CloudFormation's attribute has.
      destinationArn: Stack.of(this).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: logGroup.logGroupName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
      format: JSON.stringify(ACCESS_LOG),
    };
    if (hasRouteMetrics === true)
      stage.addPropertyOverride('DefaultRouteSettings.DetailedMetricsEnabled', true);
    if (routeThrottles === undefined) return;
    stage.routeSettings = Object.fromEntries(
      Object.entries(routeThrottles).map(([route, { rateLimit, burstLimit }]) => [
        route,
        { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit },
      ]),
    );
    // A stage cannot have settings for a route that is not there yet.
    stage.node.addDependency(...routes);
  }
}
