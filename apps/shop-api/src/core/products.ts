/** The product operations. */
import type { OperationInput, Schemas } from '../contract/contract.ts';
import type { ReviewsSource } from '../ports/reviews.ts';
import { freshnessHeaders, type Answer } from './answer.ts';
import type { Catalogue, CatalogueView } from './catalogue.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { retryLater } from './retry-later.ts';
import { ProblemError } from './problem.ts';
import type { RequestContext } from './request-context.ts';

export interface ProductsDependencies {
  readonly catalogue: Catalogue;
  readonly reviews: ReviewsSource;
}

function viewOf(catalogue: Catalogue): CatalogueView {
  const view = catalogue.view();
  if (view !== undefined) return view;
  throw new ProblemError('data-unavailable', 'The catalogue has not been loaded yet.', retryLater());
}

export function createProductOperations({ catalogue, reviews }: ProductsDependencies) {
  return {
    listProducts: ({ query }: OperationInput<'listProducts'>): Answer<Schemas['ProductPage']> => {
      const view = viewOf(catalogue);
      const limit = query.limit ?? 20;
      const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
      const from = after === undefined ? 0 : view.products.findIndex(({ id }) => id > after);
      const items = from === -1 ? [] : view.products.slice(from, from + limit);
      const last = items.at(-1);
      const more = last !== undefined && last !== view.products.at(-1);
      return {
        status: 200,
        headers: freshnessHeaders(view),
        body: { items: [...items], ...(more ? { nextCursor: encodeCursor(last.id) } : {}) },
      };
    },

    getProduct: async (
      { path }: OperationInput<'getProduct'>,
      context: RequestContext,
    ): Promise<Answer<Schemas['ProductDetail']>> => {
      const view = viewOf(catalogue);
      const product = view.byId.get(path.id);
      if (product === undefined) throw new ProblemError('not-found', 'There is no product with this id.');
      const opinions = await reviews.opinionsOf(product.id, {
        requestId: context.requestId,
        timeoutMs: context.remainingMs(),
      });
      return {
        status: 200,
        headers: freshnessHeaders(view),
        body: {
          ...product,
          reviews: opinions === null ? null : { ...opinions.reviews, latest: [...opinions.reviews.latest] },
          recommendations: opinions === null ? null : [...opinions.recommendations],
        },
      };
    },
  };
}
