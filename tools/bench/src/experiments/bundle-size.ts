/** What an application that imports a library ships: bundled by esbuild, minified, gzipped. The same for all, to the byte. */
import { gzippedBytes } from '@nines/testing/bundle-size';
import type { Series } from './experiment.ts';

/** What stands around one call; what looks at many callers (limits, shedding, throttling, caches) is beside it. */
const CORE = `
  export { createRetry } from '@nines/retry';
  export { createCircuitBreaker } from '@nines/circuit-breaker';
  export { createTimeout } from '@nines/timeout';
  export { createBulkhead } from '@nines/bulkhead';
  export { createDeadline } from '@nines/deadline';
  export { createHedge } from '@nines/hedge';
  export { pipeline } from '@nines/pipeline';`;

/** The names that an application imports to have the thing; what it does not import, the bundler may leave out. */
export const IMPORTS = {
  'nines retry': `export { createRetry } from '@nines/retry';`,
  'cockatiel retry': `export { retry, handleAll, ExponentialBackoff } from 'cockatiel';`,
  'p-retry': `export { default } from 'p-retry';`,
  'util-retry': `export { StandardRetryStrategy } from '@smithy/util-retry';`,
  'nines breaker': `export { createCircuitBreaker } from '@nines/circuit-breaker';`,
  'cockatiel breaker': `export { circuitBreaker, handleAll, CountBreaker } from 'cockatiel';`,
  opossum: `export { default } from 'opossum';`,
  'nines core': CORE,
  'cockatiel core': `export {
    wrap, retry, circuitBreaker, timeout, bulkhead, handleAll, ExponentialBackoff, CountBreaker, TimeoutStrategy,
  } from 'cockatiel';`,
  'nines idempotency': `
    export { createIdempotency } from '@nines/idempotency';
    export { createDynamodbStore } from '@nines/idempotency/dynamodb';`,
  'Powertools idempotency': `
    export { makeIdempotent, IdempotencyConfig } from '@aws-lambda-powertools/idempotency';
    export { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';`,
} as const;

/** Bytes. One measurement: the same every time. */
export function weighBundles(): Promise<Series> {
  const weighed = Object.entries(IMPORTS).map(([name, contents]) => [
    name,
    [gzippedBytes(contents, import.meta.dirname)],
  ]);
  return Promise.resolve(Object.fromEntries(weighed) as Series);
}
