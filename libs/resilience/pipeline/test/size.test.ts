import { fileURLToPath } from 'node:url';
import { gzippedBytes } from '@nines/testing/bundle-size';
import { expect, test } from 'vitest';

const LIBRARIES = fileURLToPath(new URL('../..', import.meta.url));

/** What an application ships for these lines, minified and gzipped. */
const bytesOf = (contents: string) => gzippedBytes(contents, LIBRARIES);

const from = (names: string, library: string) => `export ${names} from './${library}/src/${library}.ts';`;

/** What cockatiel, the most complete of the known libraries, has too: with its fallback, which here is a stale answer. */
const CORE = [
  ['createRetry', 'retry'],
  ['createCircuitBreaker', 'circuit-breaker'],
  ['createTimeout', 'timeout'],
  ['createBulkhead', 'bulkhead'],
  ['createStaleCache', 'stale-cache'],
  ['pipeline', 'pipeline'],
] as const;

const REST = [
  ['createAdaptiveThrottle', 'adaptive-throttle'],
  ['createConstantWork', 'constant-work'],
  ['createDeadline', 'deadline'],
  ['createEmergencyLevers', 'emergency-lever'],
  ['createHealthCheck', 'health-check'],
  ['createHedge', 'hedge'],
  ['createLoadShedder', 'load-shedder'],
  ['createRateLimiter', 'rate-limiter'],
  ['createShuffleSharding', 'shuffle-sharding'],
] as const;

const bundled = (libraries: readonly (readonly [string, string])[]) =>
  bytesOf(libraries.map(([name, library]) => from(`{ ${name} }`, library)).join('\n'));

test('the file costs an application at most 850 bytes, minified and gzipped', () => {
  expect(bytesOf(from('*', 'pipeline'))).toBeLessThanOrEqual(850);
});

test('the core (retry, breaker, timeout, bulkhead, stale answer, pipeline) costs at most 5000 bytes', () => {
  expect(bundled(CORE)).toBeLessThanOrEqual(5000);
});

test('all fifteen libraries but idempotency cost at most 9200 bytes', () => {
  expect(bundled([...CORE, ...REST])).toBeLessThanOrEqual(9200);
});
