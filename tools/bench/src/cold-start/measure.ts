/** The starts: in each round every contestant starts once, in turns, so that a busy moment meets all of them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend, type Backend } from './backend.ts';
import { buildBundles, functionOf, type Bundle, type ContestantName } from './bundles.ts';
import { startFunction, type HttpAnswer, type RunningFunction } from './function-process.ts';

/** What is read off one start, in milliseconds. */
export interface Start {
  /** The code is loaded and the handler there; the shop has read its catalogue by then. */
  readonly init: number;
  /** The first request: a product with its reviews. */
  readonly firstProduct: number;
  /** The second request: an order, paid and stored. */
  readonly firstOrder: number;
  /** The third: the product again. */
  readonly secondProduct: number;
}

export type Starts = Readonly<Record<ContestantName, readonly Start[]>>;

export interface Measured {
  readonly bundles: readonly Bundle[];
  readonly starts: Starts;
  /** Starts that gave a wrong answer and were made again: on a busy machine one may miss its own time limits. */
  readonly repeated: number;
}

/** Who fails as often as this in a row does not do the same as the others. */
const MOST_ATTEMPTS = 10;

/** An answer that is none of the expected ones: what it took to give it says nothing. */
export class AnswerWrongError extends Error {
  readonly code = 'answer-wrong';
  override readonly name = 'AnswerWrongError';
}

/** An event of an HTTP API, with all that the contestants look at. */
function eventOf(
  method: string,
  path: string,
  order?: { readonly key: string; readonly body: object },
): object {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: {
      host: 'api.test',
      'user-agent': 'bench',
      ...(order === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': order.key }),
    },
    requestContext: {
      accountId: '1',
      apiId: 'api',
      domainName: 'api.test',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' },
      requestId: 'request',
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
    },
    ...(order === undefined ? {} : { body: JSON.stringify(order.body) }),
    isBase64Encoded: false,
  };
}

const PRODUCT = '/products/product-001';

async function ask(running: RunningFunction, event: object, status: number): Promise<number> {
  const { durationMs, result } = await running.invoke(event);
  const { statusCode, body } = result as HttpAnswer;
  if (statusCode !== status)
    throw new AnswerWrongError(`${String(statusCode)} instead of ${String(status)}: ${body}`);
  return durationMs;
}

async function startOnce({ name, file }: Bundle, backend: Backend, key: string): Promise<Start> {
  const running = await startFunction(file, backend.environmentOf(name));
  try {
    const body = { reference: key, items: [{ productId: 'product-001', quantity: 1 }] };
    return {
      init: running.initMs,
      firstProduct: await ask(running, eventOf('GET', PRODUCT), 200),
      firstOrder: await ask(running, eventOf('POST', '/orders', { key, body }), 201),
      secondProduct: await ask(running, eventOf('GET', PRODUCT), 200),
    };
  } finally {
    running.stop();
  }
}

/** @param onRepeat told of each start that is made again. */
async function startUntilRight(
  bundle: Bundle,
  backend: Backend,
  key: string,
  onRepeat: () => void,
): Promise<Start> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(bundle, backend, `${key}-${String(attempt)}`);
    } catch (error) {
      if (!(error instanceof AnswerWrongError) || attempt === MOST_ATTEMPTS) throw error;
      onRepeat();
    }
  }
}

export interface MeasureOptions {
  /** How often each contestant is started. */
  readonly rounds: number;
  /** Told what is being done. */
  readonly onStep?: (what: string) => void;
}

/** @throws AnswerWrongError, FunctionFailedError: a contestant that does not do the same cannot be compared. */
export async function measureColdStarts({ rounds, onStep }: MeasureOptions): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'nines-cold-start-'));
  try {
    onStep?.('building the bundles');
    const bundles = await buildBundles(folder);
    const backend = await startBackend(functionOf(folder, 'seed-catalogue'));
    let repeated = 0;
    const onRepeat = () => {
      repeated += 1;
    };
    const starts = new Map<ContestantName, Start[]>(bundles.map(({ name }) => [name, []]));
    try {
      onStep?.(`${String(rounds)} starts of each`);
      for (let round = 0; round < rounds; round++) {
        // Each begins a round once in a while: whoever comes first finds the machine as the last one left it.
        const turn = round % bundles.length;
        for (const bundle of [...bundles.slice(turn), ...bundles.slice(0, turn)]) {
          const key = `${bundle.name.replaceAll(' ', '-')}-${String(round)}`;
          starts.get(bundle.name)?.push(await startUntilRight(bundle, backend, key, onRepeat));
        }
      }
    } finally {
      await backend.stop();
    }
    return { bundles, repeated, starts: Object.fromEntries(starts) as unknown as Starts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
