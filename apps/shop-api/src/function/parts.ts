/** What every function of the shop is made of. All of it is made once, outside the handler, and used by each event. */
import { randomBytes } from 'node:crypto';
import { createAppConfigLevers } from '../adapters/aws/app-config-levers.ts';
import { createSignedFetch, endpointOf, type SignedFetch } from '../adapters/aws/signed-fetch.ts';
import { createDynamodbConnection } from '../adapters/dynamodb/connection.ts';
import { createDynamodbStorage } from '../adapters/dynamodb/dynamodb-storage.ts';
import { createEmbeddedMetrics, type EmbeddedMetrics } from '../adapters/embedded-metrics.ts';
import { createHttpPayment } from '../adapters/http-payment.ts';
import { createJsonLog } from '../adapters/json-log.ts';
import type { Log } from '../ports/log.ts';
import type { IntakeResults } from '../ports/order-intake.ts';
import type { Payment } from '../ports/payment.ts';
import type { NamedCaptures, Reservations, Storage } from '../ports/storage.ts';
import { createContentionRetry } from '../resilience/contention.ts';
import { createLeversOnDemand, type LeversOnDemand } from '../resilience/levers-on-demand.ts';
import { createFunctionRetryBudget, createPaymentPolicies, type Timing } from '../resilience/policies.ts';
import type { FunctionConfig } from './config.ts';
import { defaultProvider } from './environment-credentials.ts';
import { createPendingWork, type PendingWork } from './pending-work.ts';
import { createThawClock, type ThawClock } from './thaw-clock.ts';

const METRICS_NAMESPACE = 'Nines/Shop';

export interface FunctionParts {
  readonly log: Log;
  readonly metrics: EmbeddedMetrics;
  readonly clock: ThawClock;
  readonly timing: Timing;
  readonly pending: PendingWork;
  readonly storage: Storage & NamedCaptures & IntakeResults & Reservations;
  readonly payment: Payment;
  readonly levers: LeversOnDemand;
  readonly wallClock: () => Date;
}

/** @param service as signatures name it. */
export function createAwsFetch(service: string, region: string): SignedFetch {
  return createSignedFetch({
    service,
    region,
    fetch,
    credentials: defaultProvider(),
    wallClock: () => new Date(),
  });
}

export const awsEndpoint = (host: string, region: string): string => endpointOf(host, process.env, region);

export function createFunctionParts(config: FunctionConfig): FunctionParts {
  const { functionName, instanceId } = config;
  const wallClock = () => new Date();
  const wall = { now: () => wallClock().getTime() };
  const write = (line: string) => {
    process.stdout.write(line);
  };
  const clock = createThawClock({ monotonic: performance, wall });
  const timing = { clock };
  const metrics = createEmbeddedMetrics({ namespace: METRICS_NAMESPACE, functionName, write, wallClock });
  const base = { service: functionName, instance: instanceId };
  const log = createJsonLog({ level: config.logLevel, base, write, wallClock });
  return {
    log,
    metrics,
    levers: createLeversOnDemand({ source: leverSource(config), metrics, log, clock }),
    clock,
    timing,
    pending: createPendingWork(),
    storage: createDynamodbStorage({
      connection: createDynamodbConnection(),
      tableName: config.tableName,
      clock: wall,
      contention: createContentionRetry({ metrics, timing }),
      // 72 random bits, twelve characters: each is stored with what it reserves.
      newAttemptId:
        config.orderWrites === 'transaction' ? undefined : () => randomBytes(9).toString('base64url'),
    }),
    payment: createHttpPayment({
      baseUrl: config.paymentUrl,
      fetch,
      clock,
      metrics,
      ...createPaymentPolicies({ metrics, timing, retryBudget: createFunctionRetryBudget() }),
    }),
    wallClock,
  };
}

function leverSource({ levers, region }: FunctionConfig) {
  if (levers === undefined) return undefined;
  return createAppConfigLevers({
    ...levers,
    request: createAwsFetch('appconfig', region),
    endpoint: awsEndpoint('appconfigdata', region),
  });
}
