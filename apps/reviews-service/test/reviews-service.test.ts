import { createInjectedBehaviour } from '@nines/injected-behaviour';
import { beforeEach, expect, it } from 'vitest';
import { opinionsOf } from '../src/opinions.ts';
import { createReviewsService } from '../src/reviews-service.ts';

const connection = { name: 'connection' };
let reset: object[];
let call: (path: string, init?: RequestInit) => Promise<Response>;

beforeEach(() => {
  reset = [];
  const service = createReviewsService<typeof connection>({
    behaviour: createInjectedBehaviour({
      initial: { latencyMs: 0, jitterMs: 0, failureRate: 0, away: false },
      random: () => 0.5,
      sleep: () => Promise.resolve(),
    }),
    refuse: (of) => reset.push(of),
  });
  call = async (path, init) => service.fetch(new Request(`http://reviews.test${path}`, init), connection);
});

const behave = (fields: object) => call('/admin/behaviour', { method: 'PUT', body: JSON.stringify(fields) });

it('has the same opinion of a product every time', async () => {
  const first = await (await call('/products/product-001/opinions')).json();
  expect(await (await call('/products/product-001/opinions')).json()).toEqual(first);
  expect(first).toEqual(opinionsOf('product-001'));
});

it('has different opinions of different products', () => {
  const counts = Array.from({ length: 50 }, (_, n) => opinionsOf(`product-${String(n)}`).reviews.count);
  expect(new Set(counts).size).toBeGreaterThan(30);
});

it('stays within what the shop’s contract allows, for any product', () => {
  for (let n = 0; n < 500; n++) {
    const { reviews, recommendations } = opinionsOf(`product-${String(n)}`);
    expect(reviews.average).toBeGreaterThanOrEqual(3);
    expect(reviews.average).toBeLessThan(5);
    for (const { rating, author, text } of reviews.latest) {
      expect([3, 4, 5]).toContain(rating);
      expect(author).not.toBe('');
      expect(text).not.toBe('');
    }
    expect(recommendations).toHaveLength(3);
    for (const { productId } of recommendations) expect(productId).toMatch(/^product-(?:[01]\d\d|200)$/);
  }
});

it('fails, refuses and comes back as it is told', async () => {
  await behave({ failureRate: 1 });
  expect((await call('/products/a/opinions')).status).toBe(500);
  await behave({ failureRate: 0, away: 'refuse' });
  void call('/products/a/opinions');
  await expect.poll(() => reset).toEqual([connection]);
  await behave({ away: false });
  expect((await call('/products/a/opinions')).status).toBe(200);
});

it('refuses a behaviour that it does not know', async () => {
  expect((await behave({ mood: 'bad' })).status).toBe(400);
  expect(await (await call('/admin/behaviour')).json()).toMatchObject({ failureRate: 0 });
  expect((await call('/livez')).status).toBe(200);
});
