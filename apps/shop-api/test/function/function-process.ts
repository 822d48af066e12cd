/**
 * The bundles of the functions, each run alone in an empty folder in a plain Node process (`runtime.mjs`), with an
 * emulator of DynamoDB and a payment service behind them.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import type { HttpResult } from '../../src/function/api-gateway.ts';
import { checkAgainstContract } from '../contract-check.ts';
import { startTables, type TestTables } from '../dynamodb.ts';
import { toEvent, toResponse } from './http-api.ts';

export const RUNTIME = fileURLToPath(new URL('runtime.mjs', import.meta.url));
const BUILD = fileURLToPath(new URL('../../build.mjs', import.meta.url));

export interface Invocation {
  /** How long the function was frozen before, as far as the wall clock knows, in milliseconds. @default 0 */
  readonly sleptMs?: number;
  /** What is left of the function's time when it begins, in milliseconds. @default 20000 */
  readonly remainingMs?: number;
}

export interface RunningFunction {
  readonly process: ChildProcess;
  invoke<T>(event: unknown, invocation?: Invocation): Promise<T>;
}

export interface FunctionBench {
  readonly tables: TestTables;
  readonly payment: Awaited<ReturnType<typeof startPayment>>;
  bundleOf(name: string): string;
  /** Starts a function. Nothing of ours is inherited: what a bundle needs is in its file and its environment. */
  run(name: string, environment: Readonly<Record<string, string>>): Promise<RunningFunction>;
  stop(): Promise<void>;
}

/** Says yes to everything, and keeps what it was asked. */
async function startPayment() {
  const keys: string[] = [];
  const captured: string[] = [];
  let connections = 0;
  let hold: (() => void) | undefined;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const captures = /\/authorizations\/([^/]+)\/capture/.exec(request.url ?? '');
      if (captures?.[1] !== undefined) captured.push(captures[1]);
      else keys.push(String(request.headers['idempotency-key']));
      if (hold !== undefined) {
        hold();
        return;
      }
      response.writeHead(captures ? 200 : 201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: `authorization-of-${keys.at(-1) ?? ''}` }));
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    keys,
    captured,
    connections: () => connections,
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    /** Leaves the next request without an answer; resolves when it has come. */
    holdNext: () =>
      new Promise<void>((resolve) => {
        hold = () => {
          hold = undefined;
          resolve();
        };
      }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function startFunctionBench(): Promise<FunctionBench> {
  const folder = await mkdtemp(join(tmpdir(), 'nines-functions-'));
  const builder = spawn(process.execPath, [BUILD, folder], { stdio: 'inherit' });
  await once(builder, 'exit');
  expect(builder.exitCode).toBe(0);
  const tables = await startTables();
  const payment = await startPayment();
  const started: ChildProcess[] = [];
  const bundleOf = (name: string) => join(folder, 'functions', name, 'index.mjs');
  return {
    tables,
    payment,
    bundleOf,
    run: async (name, changes) => {
      const { endpoint, region, credentials } = tables.dynamodb;
      const child = fork(RUNTIME, [bundleOf(name)], {
        cwd: folder,
        env: {
          PAYMENT_URL: payment.url,
          // Nobody listens there: opinions are soft.
          REVIEWS_URL: 'http://127.0.0.1:1',
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_ENDPOINT_URL: endpoint,
          AWS_LAMBDA_FUNCTION_NAME: name,
          ...changes,
        },
        execArgv: [],
        stdio: 'pipe',
      });
      started.push(child);
      await once(child, 'message');
      return { process: child, invoke: createInvoke(child) };
    },
    stop: async () => {
      for (const child of started) child.kill('SIGKILL');
      payment.close();
      await tables.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createInvoke(child: ChildProcess): RunningFunction['invoke'] {
  let ids = 0;
  return <T>(event: unknown, { sleptMs = 0, remainingMs = 20_000 }: Invocation = {}) =>
    new Promise<T>((resolve, reject) => {
      const id = (ids += 1);
      const onMessage = (answer: { id: number; result?: T; error?: string }) => {
        if (answer.id !== id) return;
        child.off('message', onMessage);
        if (answer.error === undefined) resolve(answer.result as T);
        else reject(new Error(answer.error));
      };
      child.on('message', onMessage);
      child.send({ id, event, remainingMs, sleptMs });
    });
}

export async function call(
  shop: RunningFunction,
  path: string,
  init: RequestInit = {},
  invocation: Invocation = {},
): Promise<Response> {
  const result = await shop.invoke<HttpResult>(await toEvent(path, init), invocation);
  return checkAgainstContract(init.method ?? 'GET', path.split('?')[0] ?? '', toResponse(result));
}

export const placeOnce = (shop: RunningFunction, key: string, invocation?: Invocation) =>
  call(
    shop,
    '/orders',
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        'x-request-timeout-ms': '15000',
      },
      body: JSON.stringify({ reference: key, items: [{ productId: 'a', quantity: 1 }] }),
    },
    invocation,
  );

/** The limits in the bundle are the real ones, and a busy machine may miss them: then the same is asked again. */
export const untilStatus = (status: number, ask: () => Promise<Response>): Promise<Response> =>
  vi.waitFor(
    async () => {
      const response = await ask();
      expect(response.status).toBe(status);
      return response;
    },
    { timeout: 40_000, interval: 200 },
  );

export const place = (shop: RunningFunction, key: string) => untilStatus(201, () => placeOnce(shop, key));

export const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;
