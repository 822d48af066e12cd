/** What an application that imports a library ships: bundled by esbuild, minified, gzipped. The same for all, to the byte. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
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

async function gzippedBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    // ES modules before CommonJS, so that what is not imported can be left out of the peers as well.
    mainFields: ['module', 'main'],
    conditions: ['@nines/source'],
    // Every store of DynamoDB needs the SDK, and Lambda has it: it is in nobody's figure.
    external: ['@aws-sdk/*'],
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

/** Bytes. One measurement: the same every time. */
export async function weighBundles(): Promise<Series> {
  const weighed = Object.entries(IMPORTS).map(async ([name, contents]) => [
    name,
    [await gzippedBytes(contents)],
  ]);
  return Object.fromEntries((await Promise.all(weighed)) as [string, number[]][]);
}
