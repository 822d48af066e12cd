/**
 * The reviews service over HTTP: asked with little patience, answered with null when that does not suffice. An
 * answer is kept for some seconds, since opinions change slowly and product pages are read often.
 */
import type { StaleCache } from '@nines/stale-cache';
import type { Metrics } from '../ports/metrics.ts';
import type { Opinions, ReviewsSource } from '../ports/reviews.ts';
import { callJson, NEVER_ABORTED, type Fetch, type Protection } from './http-call.ts';

export interface HttpReviewsOptions {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly clock: { now(): number };
  readonly metrics: Metrics;
  readonly policy: Protection;
  readonly cache: StaleCache<Opinions, string>;
}

const MAX_RECOMMENDATIONS = 10;
const MAX_LATEST = 3;

/** Takes what the page shows and nothing else: the service is not ours and may send more. */
function toOpinions(body: unknown): Opinions {
  const { reviews, recommendations } = body as Opinions;
  return {
    reviews: {
      average: reviews.average,
      count: reviews.count,
      latest: reviews.latest
        .slice(0, MAX_LATEST)
        .map(({ author, rating, text }) => ({ author, rating, text })),
    },
    recommendations: recommendations.slice(0, MAX_RECOMMENDATIONS).map(({ productId }) => ({ productId })),
  };
}

export function createHttpReviews(options: HttpReviewsOptions): ReviewsSource {
  const { baseUrl, fetch, clock, metrics, policy, cache } = options;

  async function load(productId: string, requestId: string | undefined): Promise<Opinions> {
    try {
      const opinions = await policy(
        async ({ signal, deadline }) => {
          const answer = await callJson(fetch, {
            method: 'GET',
            url: `${baseUrl}/products/${encodeURIComponent(productId)}/opinions`,
            signal,
            requestId,
            remainingMs: (deadline ?? Number.MAX_SAFE_INTEGER) - clock.now(),
            expect: [200],
          });
          return toOpinions(answer.body);
        },
        { signal: NEVER_ABORTED },
      );
      metrics.reviewsCalled('ok');
      return opinions;
    } catch (error) {
      metrics.reviewsCalled('failed');
      throw error;
    }
  }

  return {
    opinionsOf: async (productId, call) => {
      const result = await cache.try(productId, () => load(productId, call?.requestId));
      return result.ok ? result.value : null;
    },
  };
}
