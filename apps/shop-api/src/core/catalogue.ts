/**
 * The catalogue as this instance knows it: a full snapshot, taken at a fixed cadence and kept when the next one
 * cannot be had. Product reads are always answered from it, in good times and bad, so that there is one path and
 * the database does the same work however many customers browse (docs/adr/0021).
 */
import type { Product } from '../ports/storage.ts';

export interface CatalogueSnapshot {
  /** Ordered by id. */
  readonly products: readonly Product[];
  readonly byId: ReadonlyMap<string, Product>;
}

export interface CatalogueView extends CatalogueSnapshot {
  /** Whether a refresh has been missed. */
  readonly stale: boolean;
  readonly ageMs: number;
}

export interface Catalogue {
  /** Undefined until the first snapshot. */
  view(): CatalogueView | undefined;
}

export interface CatalogueOptions {
  /** The last good snapshot and its age. */
  readonly current: () => { readonly value: CatalogueSnapshot; readonly ageMs: number } | undefined;
  /** From this age on the snapshot is called stale, in milliseconds: about twice the cadence. */
  readonly staleAfterMs: number;
}

export function toCatalogueSnapshot(products: readonly Product[]): CatalogueSnapshot {
  return { products, byId: new Map(products.map((product) => [product.id, product])) };
}

export function createCatalogue({ current, staleAfterMs }: CatalogueOptions): Catalogue {
  return {
    view: () => {
      const snapshot = current();
      if (snapshot === undefined) return undefined;
      const { value, ageMs } = snapshot;
      return { products: value.products, byId: value.byId, ageMs, stale: ageMs >= staleAfterMs };
    },
  };
}
