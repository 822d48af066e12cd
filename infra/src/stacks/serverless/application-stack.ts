/**
 * What serves requests in a serverless tier: HTTP API, functions, table, queue and worker, with the tier's rules. What
 * watches it, and pages with their edge, are stacks of their own (docs/adr/0064-what-serves-and-what-watches.md).
 *
 * docs/tiers says for each tier which resource fulfils which of its promises.
 */
import { Duration, type StackProps } from 'aws-cdk-lib';
import { LambdaApplication } from 'aws-cdk-lib/aws-codedeploy';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { EmergencyLevers } from '../../constructs/emergency-levers.ts';
import { EncryptedLogGroup } from '../../constructs/encrypted-log-group.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import type { RegionNames } from '../../constructs/region-names.ts';
import { BundledFunction } from '../../constructs/serverless/bundled-function.ts';
import { GuardedRelease } from '../../constructs/serverless/guarded-release.ts';
import { RegionDoor } from '../../constructs/serverless/region-door.ts';
import { ShopHttpApi } from '../../constructs/serverless/http-api.ts';
import { OrderIntake } from '../../constructs/serverless/order-intake.ts';
import { OrderWorker, WORKER_TIMEOUT } from '../../constructs/serverless/order-worker.ts';
import { SeededCatalogue } from '../../constructs/serverless/seeded-catalogue.ts';
import { grantItems, ShopTable, type TableAddress } from '../../constructs/serverless/shop-table.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import { warnOfPlaceholders } from '../placeholder-warnings.ts';
import { concurrencyOf, orderThrottle, reservedConcurrency, stageThrottle } from './rating.ts';
import type { ApplicationRules } from './tier-rules.ts';

/** The application ends its own work after 10 s; API Gateway would wait for 30. */
const REQUEST_TIMEOUT = Duration.seconds(11);

/** What stands ready of each function where a region stands by: enough to answer checks without a cold start. */
const STANDBY_CONCURRENCY = 1;

/** Where an application stands, in tiers of several regions. */
export interface RegionPlace {
  readonly region: string;
  readonly names: RegionNames;
  readonly hostedZoneId: string;
  /** Whether it is read-only, with little capacity ready, until it takes over. */
  readonly standsBy: boolean;
}

export interface ApplicationStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly rules: ApplicationRules;
  /** @default none: one region, whose table and catalogue are made here */
  readonly place?: RegionPlace;
}

export class ApplicationStack extends TierStack {
  readonly rules: ApplicationRules;
  readonly table: TableAddress;
  /** By name: `Shop`, or `Reads` and `Orders`. */
  readonly shop: Readonly<Record<string, BundledFunction>>;
  readonly worker: BundledFunction;
  readonly api: ShopHttpApi;
  readonly orders: OrderWorker;
  /** None where the tier does not keep orders that the table refuses. */
  readonly intake?: OrderIntake;
  /** None where releases are made in place. */
  readonly releases: Readonly<Record<string, GuardedRelease>>;
  /** What CodeDeploy knows the releases by; none where they are made in place. */
  readonly releaseApplication?: LambdaApplication;
  readonly levers: EmergencyLevers;
  readonly place?: RegionPlace;
  private readonly settings: DeploymentSettings;
  private readonly logs: Readonly<Record<'shop' | 'worker' | 'access', EncryptedLogGroup>>;

  /** Every request, as the API answered it. */
  get accessLog(): EncryptedLogGroup {
    return this.logs.access;
  }

  constructor(scope: Construct, id: string, props: ApplicationStackProps) {
    const { settings, rules, place, ...stackProps } = props;
    super(scope, id, {
      ...(place !== undefined && { env: { region: place.region } }),
      ...stackProps,
      tier: rules.tier,
      flavour: 'serverless',
      title: `the ${rules.title} tier without servers, what serves`,
      data: settings.data,
    });
    this.rules = rules;
    this.settings = settings;
    if (place !== undefined) this.place = place;
    this.addMetadata('nines:peak-rps', settings.peakRps);
    warnOfPlaceholders(this, settings);

    this.logs = this.createLogs();
    this.levers = this.createLevers();
    const made = place === undefined ? this.createTable() : undefined;
    this.table = made ?? this.tableOf(place);
    this.worker = this.createFunction('Worker', {
      bundle: 'order-worker',
      description: 'Takes the payments of stored orders',
      timeout: WORKER_TIMEOUT,
      environment: {},
      logGroup: this.logs.worker,
    });
    if (rules.buffersOrders) this.intake = this.createIntake();
    this.shop = this.createShop();
    if (rules.isStaticallyStable) this.releaseApplication = new LambdaApplication(this, 'ReleaseApplication');
    this.releases = this.releaseApplication === undefined ? {} : this.createReleases(this.releaseApplication);
    this.orders = this.createOrders(made?.streamArn);
    if (made !== undefined) {
      const { appDist } = settings;
      new SeededCatalogue(this, 'Catalogue', { appDist, table: made, logGroup: this.logs.worker });
    }
    this.api = this.createApi();
    this.tellAddresses();
  }

  private createLogs(): ApplicationStack['logs'] {
    const { data } = this.settings;
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

  private createLevers(): EmergencyLevers {
    const standsBy = this.place?.standsBy === true;
    const levers = new EmergencyLevers(this, 'EmergencyLevers', standsBy ? { 'read-only': true } : {});
    pinLogicalIds({
      LeverApplication: levers.application,
      LeverEnvironment: levers.environment,
      LeverStrategy: levers.strategy,
    });
    return levers;
  }

  private createTable(): ShopTable {
    const { recoveryDays } = this.rules;
    const table = new ShopTable(this, 'Table', {
      data: this.settings.data,
      ...(recoveryDays !== undefined && { recoveryDays }),
    });
    pinLogicalIds({ Table: table.table });
    return table;
  }

  /** This region's part of a table that is made elsewhere and has the same name everywhere. */
  private tableOf(place: RegionPlace | undefined): TableAddress {
    const tableName = place?.names.workload ?? '';
    return {
      tableName,
      tableArn: this.formatArn({ service: 'dynamodb', resource: 'table', resourceName: tableName }),
    };
  }

  /** A function that knows the table, the payment service and the levers, and may use them. */
  private createFunction(
    id: string,
    props: Omit<ConstructorParameters<typeof BundledFunction>[2], 'appDist'>,
  ): BundledFunction {
    const { application, environment, profile } = this.levers.address;
    const made = new BundledFunction(this, id, {
      ...props,
      appDist: this.settings.appDist,
      environment: {
        TABLE_NAME: this.table.tableName,
        PAYMENT_URL: this.settings.paymentUrl,
        ...(this.rules.ordersAreSingleItems === true && { ORDER_WRITES: 'single-item' }),
        LEVERS_APPLICATION: application,
        LEVERS_ENVIRONMENT: environment,
        LEVERS_PROFILE: profile,
        ...props.environment,
      },
      isTraced: this.rules.isStaticallyStable,
    });
    grantItems(made.role, this.table);
    this.levers.grantRead(made.role);
    pinLogicalIds({ [`${id}Function`]: made.function });
    return made;
  }

  private createIntake(): OrderIntake {
    const intake = new OrderIntake(this, 'Intake', { worker: this.worker.function });
    pinLogicalIds({ IntakeQueue: intake.queue, IntakeDeadLetterQueue: intake.deadLetters });
    return intake;
  }

  private createShop(): Readonly<Record<string, BundledFunction>> {
    const { isRated, isStaticallyStable } = this.rules;
    const { reviewsUrl, peakRps } = this.settings;
    const concurrency = concurrencyOf(peakRps);
    const make = (id: string, description: string, reserved: number): BundledFunction => {
      const made = this.createFunction(id, {
        bundle: 'shop-api',
        description,
        timeout: REQUEST_TIMEOUT,
        environment: {
          REVIEWS_URL: reviewsUrl,
          ...(this.intake !== undefined && { ORDER_INTAKE_QUEUE_URL: this.intake.queue.queueUrl }),
        },
        logGroup: this.logs.shop,
        ...(isRated && { reservedConcurrency: reserved }),
      });
      this.intake?.queue.grantSendMessages(made.role);
      return made;
    };
    return isStaticallyStable
      ? {
          Reads: make('Reads', 'The shop: products', concurrency.reads.reserved),
          Orders: make('Orders', 'The shop: orders', concurrency.orders.reserved),
        }
      : { Shop: make('Shop', 'The shop behind its HTTP API', reservedConcurrency(peakRps)) };
  }

  /** Products first: what is wrong with a release is found out where it costs a reload and no order. */
  private createReleases(application: LambdaApplication): Readonly<Record<string, GuardedRelease>> {
    const { reads, orders } = concurrencyOf(this.settings.peakRps);
    const ready: Readonly<Record<string, number>> =
      this.place?.standsBy === true ? {} : { Reads: reads.provisioned, Orders: orders.provisioned };
    const releases: Record<string, GuardedRelease> = {};
    for (const [name, { function: released }] of Object.entries(this.shop)) {
      const after = Object.values(releases).at(-1);
      const release = new GuardedRelease(this, `${name}Release`, {
        function: released,
        application,
        provisionedConcurrency: ready[name] ?? STANDBY_CONCURRENCY,
        ...(after !== undefined && { after }),
      });
      pinLogicalIds({
        [`${name}Live`]: release.alias,
        [`${name}Deployment`]: release.group,
        [`${name}ReleaseErrorAlarm`]: release.alarms.errors,
        [`${name}ReleaseLatencyAlarm`]: release.alarms.latency,
      });
      releases[name] = release;
    }
    pinLogicalIds({ ReleaseApplication: application });
    return releases;
  }

  private createOrders(streamArn: string | undefined): OrderWorker {
    const orders = new OrderWorker(this, 'OrderWorker', {
      worker: this.worker.function,
      ...(streamArn !== undefined && { streamArn }),
      logGroup: this.logs.worker,
      keepsHouse: this.rules.ordersAreSingleItems === true,
    });
    pinLogicalIds({
      OrderQueue: orders.queue,
      DeadLetterQueue: orders.deadLetters,
      ...(orders.pipe !== undefined && { OrderPipe: orders.pipe }),
      Sweep: orders.sweep,
      ...(orders.housekeeping !== undefined && { Housekeeping: orders.housekeeping }),
    });
    return orders;
  }

  private createApi(): ShopHttpApi {
    const { peakRps } = this.settings;
    const answering = (name: string): IFunction => {
      const made = this.releases[name]?.alias ?? (this.shop[name] ?? this.shop['Shop'])?.function;
      if (made === undefined) throw new RangeError(`There is no function for ${name}.`);
      return made;
    };
    const door = this.place === undefined ? undefined : new RegionDoor(this, 'Door', this.place);
    const api = new ShopHttpApi(this, 'Http', {
      ...(door !== undefined && { domainName: door.domainName }),
      reads: answering('Reads'),
      orders: answering('Orders'),
      logGroup: this.logs.access,
      hasRouteMetrics: this.rules.isStaticallyStable,
      ...(this.rules.isRated && {
        throttle: stageThrottle(peakRps),
        routeThrottles: { 'POST /orders': orderThrottle(peakRps) },
      }),
    });
    pinLogicalIds({
      Api: api.api,
      Stage: api.stage,
      ...(door !== undefined && {
        RegionCertificate: door.certificate,
        RegionName: door.domainName,
        RegionRecord: door.record,
      }),
    });
    return api;
  }

  private tellAddresses(): void {
    this.tell({
      ApiUrl: this.api.url,
      TableName: this.table.tableName,
      OrderQueueUrl: this.orders.queue.queueUrl,
      DeadLetterQueueUrl: this.orders.deadLetters.queueUrl,
      ...(this.intake !== undefined && {
        IntakeQueueUrl: this.intake.queue.queueUrl,
        IntakeDeadLetterQueueUrl: this.intake.deadLetters.queueUrl,
      }),
    });
  }
}
