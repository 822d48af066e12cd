/** What the shop shows of a product's reviews: nice to have, never worth waiting or failing for. */

export interface Reviews {
  readonly average: number;
  readonly count: number;
  readonly latest: readonly { readonly author: string; readonly rating: number; readonly text: string }[];
}

export interface Opinions {
  readonly reviews: Reviews;
  readonly recommendations: readonly { readonly productId: string }[];
}

export interface ReviewsCall {
  readonly requestId?: string;
  readonly timeoutMs?: number;
}

export interface ReviewsSource {
  /** Null when the service did not answer in time: the page goes without. Never throws. */
  opinionsOf(productId: string, call?: ReviewsCall): Promise<Opinions | null>;
}
