/** A client of the shop for suites that run against any runtime: it holds every answer against the contract. */
import { expect } from 'vitest';
import { checkAgainstContract } from './contract-check.ts';

/** Anything that takes a path and what `fetch` takes. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

export type Items = readonly (readonly [productId: string, quantity: number])[];

export const bodyOf = (response: Response) => response.json() as Promise<Record<string, unknown>>;

export async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect(await bodyOf(response)).toMatchObject({ status, code });
  expect(response.status).toBe(status);
}

export function createApiClient(send: Send) {
  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await send(path, init);
    return checkAgainstContract(init.method ?? 'GET', path.split('?')[0] ?? '', response);
  }
  return {
    call,
    order: (
      key: string,
      items: Items,
      { reference = 'my-order', headers = {} }: { reference?: string; headers?: Record<string, string> } = {},
    ) =>
      call('/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers },
        body: JSON.stringify({
          reference,
          items: items.map(([productId, quantity]) => ({ productId, quantity })),
        }),
      }),
  };
}

export type ApiClient = ReturnType<typeof createApiClient>;
