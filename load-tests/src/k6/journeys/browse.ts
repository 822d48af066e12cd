// A shopper looks through the catalogue: GET /products.
import { listProducts } from '../../generated/contract.generated.ts';
import type { RequestFacts } from '../sample.ts';
import { send, type Session } from './session.ts';

/** What a shop's page shows; half of what the server would send unasked. */
const PAGE_ITEMS = 10;

interface ProductPage {
  readonly items: readonly unknown[];
}

export function browse(session: Session): RequestFacts {
  const least = Math.min(PAGE_ITEMS, session.productIds.length);
  const sent = send<ProductPage>(session, {
    expected: listProducts,
    path: `/products?limit=${String(PAGE_ITEMS)}`,
    isRight: ({ items }) =>
      items.length >= least && items.length <= PAGE_ITEMS
        ? undefined
        : `${String(items.length)} products on a page of ${String(PAGE_ITEMS)}`,
  });
  return { route: 'browse', ...sent };
}
