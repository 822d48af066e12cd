/** What this service says of a product: made up from its id, so that the same product gets the same every time. */

export interface Opinions {
  readonly reviews: {
    readonly average: number;
    readonly count: number;
    readonly latest: readonly { readonly author: string; readonly rating: number; readonly text: string }[];
  };
  readonly recommendations: readonly { readonly productId: string }[];
}

const AUTHORS = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Niklaus'];
const TEXTS = ['As described.', 'Would buy again.', 'Good value.', 'Arrived late, works well.', 'Sturdy.'];
const CATALOGUE_SIZE = 200;

/** FNV-1a, 32 bits (Fowler, Noll, Vo; draft-eastlake-fnv). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}

export function opinionsOf(productId: string): Opinions {
  const seed = hash(productId);
  const latest = [0, 1, 2].map((index) => ({
    author: AUTHORS[(seed + index) % AUTHORS.length] ?? '',
    rating: 3 + ((seed >>> (index + 3)) % 3),
    text: TEXTS[(seed + 2 * index) % TEXTS.length] ?? '',
  }));
  return {
    reviews: { average: 3 + (seed % 20) / 10, count: 3 + (seed % 500), latest },
    recommendations: [1, 2, 3].map((step) => ({
      productId: `product-${String(1 + ((seed + step * 37) % CATALOGUE_SIZE)).padStart(3, '0')}`,
    })),
  };
}
