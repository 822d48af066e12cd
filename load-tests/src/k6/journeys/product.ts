// A shopper looks at one product: GET /products/{id}. Reviews and recommendations may be missing, the rest may not.
import { getProduct } from '../../generated/contract.generated.ts';
import { pickOne } from '../random.ts';
import type { RequestFacts } from '../sample.ts';
import { send, type Session } from './session.ts';

interface Product {
  readonly id: string;
}

export function product(session: Session): RequestFacts {
  const id = pickOne(session.random, session.productIds);
  const sent = send<Product>(session, {
    expected: getProduct,
    path: `/products/${id}`,
    isRight: (body) => (body.id === id ? undefined : `product ${body.id} instead of ${id}`),
  });
  return { route: 'product', ...sent };
}
