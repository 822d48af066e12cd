// The reviews adapter with the shop's own policies: whatever its service does, a page gets an answer soon.
import { createFakeClock, type FakeClock } from '@nines/testing';
import { beforeEach, expect, it } from 'vitest';
import { createHttpReviews } from '../src/adapters/http-reviews.ts';
import type { ReviewsSource } from '../src/ports/reviews.ts';
import { createReviewsPolicies } from '../src/resilience/policies.ts';
import { createCountingMetrics, OPINIONS } from './stand-ins.ts';
import { timingOf } from './test-shop.ts';

let clock: FakeClock;
let answer: (signal: AbortSignal | undefined) => Promise<Response>;
let asked: string[];
let reviews: ReviewsSource;

const fine = async () => {
  await clock.sleep(20);
  return Response.json(OPINIONS);
};

beforeEach(() => {
  clock = createFakeClock();
  asked = [];
  answer = fine;
  const metrics = createCountingMetrics();
  reviews = createHttpReviews({
    baseUrl: 'http://reviews.test',
    fetch: (url, init) => {
      asked.push(url);
      return answer(init.signal ?? undefined);
    },
    clock,
    metrics,
    ...createReviewsPolicies({ metrics, timing: timingOf(clock) }),
  });
});

async function opinionsAfter(waitMs: number, productId = 'a') {
  let outcome: unknown = 'still waiting';
  void reviews.opinionsOf(productId).then((opinions) => {
    outcome = opinions;
  });
  await clock.advance(waitMs);
  return outcome;
}

it('gives the opinions and keeps them for five seconds', async () => {
  expect(await opinionsAfter(20)).toEqual(OPINIONS);
  await clock.advance(4_900);
  expect(await opinionsAfter(0)).toEqual(OPINIONS);
  expect(asked).toEqual(['http://reviews.test/products/a/opinions']);
  await clock.advance(200);
  expect(await opinionsAfter(20)).toEqual(OPINIONS);
  expect(asked).toHaveLength(2);
});

it('asks once for many pages of the same product', async () => {
  const pages = Array.from({ length: 10 }, () => reviews.opinionsOf('a'));
  await clock.advance(20);
  expect(await Promise.all(pages)).toEqual(Array.from({ length: 10 }, () => OPINIONS));
  expect(asked).toHaveLength(1);
});

it('takes no more than it shows from a service that sends more', async () => {
  const latest = Array.from({ length: 9 }, () => ({
    author: 'Ada',
    rating: 5,
    text: 'x',
    address: 'secret',
  }));
  const recommendations = Array.from({ length: 30 }, (_, n) => ({ productId: String(n), score: n }));
  answer = () =>
    Promise.resolve(Response.json({ reviews: { ...OPINIONS.reviews, latest }, recommendations }));
  const opinions = await reviews.opinionsOf('a');
  expect(opinions?.reviews.latest).toEqual(
    Array.from({ length: 3 }, () => ({ author: 'Ada', rating: 5, text: 'x' })),
  );
  expect(opinions?.recommendations).toEqual(Array.from({ length: 10 }, (_, n) => ({ productId: String(n) })));
});

it.each([
  ['an error', () => Promise.resolve(new Response('no', { status: 500 }))],
  ['nonsense', () => Promise.resolve(Response.json({ reviews: null }))],
  ['what is not JSON', () => Promise.resolve(new Response('<html>'))],
  ['a reset', () => Promise.reject(new TypeError('fetch failed'))],
])('goes without when the service answers with %s', async (_, misbehave) => {
  answer = misbehave;
  expect(await opinionsAfter(0)).toBeNull();
});

it('waits a quarter of a second for a silent service, and after twenty such waits not at all', async () => {
  answer = (signal) => clock.sleep(3_600_000, signal).then(() => new Response());
  for (let n = 0; n < 20; n++) {
    expect(await opinionsAfter(249, `product-${String(n)}`)).toBe('still waiting');
    await clock.advance(1);
  }
  expect(await opinionsAfter(0, 'product-20')).toBeNull();
  expect(asked).toHaveLength(20);
});

it('asks again some seconds after the service has come back', async () => {
  answer = () => Promise.resolve(new Response('no', { status: 500 }));
  for (let n = 0; n < 25; n++) await opinionsAfter(0, `product-${String(n)}`);
  answer = fine;
  expect(await opinionsAfter(20)).toBeNull();
  await clock.advance(5_000);
  expect(await opinionsAfter(20)).toEqual(OPINIONS);
});
