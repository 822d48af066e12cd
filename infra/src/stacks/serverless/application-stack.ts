/**
 * What serves requests in a serverless tier: HTTP API, functions, table, queue and worker, with the tier's rules. What
 * watches it, and pages with their edge, are stacks of their own (docs/adr/0064-what-serves-and-what-watches.md).
 *
 * docs/tiers says for each tier which resource fulfils which of its promises.
 */
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { EncryptedLogGroup } from '../../constructs/encrypted-log-group.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import { BundledFunction } from '../../constructs/serverless/bundled-function.ts';
import { ShopHttpApi } from '../../constructs/serverless/http-api.ts';
import { OrderWorker, WORKER_TIMEOUT } from '../../constructs/serverless/order-worker.ts';
import { SeededCatalogue } from '../../constructs/serverless/seeded-catalogue.ts';
import { grantItems, ShopTable } from '../../constructs/serverless/shop-table.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { warnOfPlaceholders } from '../servers/placeholder-warnings.ts';
import { orderThrottle, reservedConcurrency, stageThrottle } from './rating.ts';
import type { ApplicationRules } from './tier-rules.ts';

/** The application ends its own work after 10 s; API Gateway would wait for 30. */
const REQUEST_TIMEOUT = Duration.seconds(11);

export interface ApplicationStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly rules: ApplicationRules;
}

export class ApplicationStack extends Stack {
  readonly table: ShopTable;
  readonly shop: BundledFunction;
  readonly worker: BundledFunction;
  readonly api: ShopHttpApi;
  readonly orders: OrderWorker;
  readonly logs: ReturnType<ApplicationStack['createLogs']>;

  constructor(scope: Construct, id: string, props: ApplicationStackProps) {
    const { settings, rules, ...stackProps } = props;
    super(scope, id, {
      description: `Nines: the ${rules.title} tier without servers, what serves`,
      terminationProtection: settings.data === 'keep',
      ...stackProps,
      tags: { 'nines:tier': rules.tier, ...stackProps.tags },
    });
    this.addMetadata('nines:tier', rules.tier);
    this.addMetadata('nines:flavour', 'serverless');
    warnOfPlaceholders(this, settings);

    const { appDist, paymentUrl, reviewsUrl, peakRps, data } = settings;
    this.logs = this.createLogs(settings);
    this.table = new ShopTable(this, 'Table', {
      data,
      ...(rules.recoveryDays !== undefined && { recoveryDays: rules.recoveryDays }),
    });
    const environment = { TABLE_NAME: this.table.tableName, PAYMENT_URL: paymentUrl };
    this.shop = new BundledFunction(this, 'Shop', {
      appDist,
      bundle: 'shop-api',
      description: 'The shop behind its HTTP API',
      timeout: REQUEST_TIMEOUT,
      environment: { ...environment, REVIEWS_URL: reviewsUrl },
      logGroup: this.logs.shop,
      ...(rules.isRated && { reservedConcurrency: reservedConcurrency(peakRps) }),
    });
    this.worker = new BundledFunction(this, 'Worker', {
      appDist,
      bundle: 'order-worker',
      description: 'Takes the payments of stored orders',
      timeout: WORKER_TIMEOUT,
      environment,
      logGroup: this.logs.worker,
    });
    for (const { role } of [this.shop, this.worker]) grantItems(role, this.table);
    this.orders = new OrderWorker(this, 'Orders', {
      worker: this.worker.function,
      streamArn: this.table.streamArn,
      logGroup: this.logs.worker,
    });
    new SeededCatalogue(this, 'Catalogue', { appDist, table: this.table, logGroup: this.logs.worker });
    this.api = new ShopHttpApi(this, 'Http', {
      reads: this.shop.function,
      orders: this.shop.function,
      logGroup: this.logs.access,
      ...(rules.isRated && {
        throttle: stageThrottle(peakRps),
        routeThrottles: { 'POST /orders': orderThrottle(peakRps) },
      }),
    });
    this.pin();
    this.createOutputs();
  }

  private createLogs({ data }: DeploymentSettings) {
    const encryptionKey = new EncryptionKey(this, 'OperationsKey', { description: 'Logs', data });
    encryptionKey.allowLogGroups();
    const retention = RetentionDays.THREE_MONTHS;
    const group = (id: string) => new EncryptedLogGroup(this, id, { encryptionKey, retention, data });
    const logs = { shop: group('ShopLogs'), worker: group('WorkerLogs'), access: group('AccessLogs') };
    pinLogicalIds({
      OperationsKey: encryptionKey,
      ShopLogs: logs.shop,
      WorkerLogs: logs.worker,
      AccessLogs: logs.access,
    });
    return logs;
  }

  private pin(): void {
    pinLogicalIds({
      Table: this.table.table,
      ShopFunction: this.shop.function,
      WorkerFunction: this.worker.function,
      Api: this.api.api,
      Stage: this.api.stage,
      OrderQueue: this.orders.queue,
      DeadLetterQueue: this.orders.deadLetters,
      OrderPipe: this.orders.pipe,
      Sweep: this.orders.sweep,
    });
  }

  private createOutputs(): void {
    const outputs = {
      ApiUrl: this.api.url,
      TableName: this.table.tableName,
      OrderQueueUrl: this.orders.queue.queueUrl,
      DeadLetterQueueUrl: this.orders.deadLetters.queueUrl,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
