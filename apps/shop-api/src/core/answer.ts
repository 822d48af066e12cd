/** A handler's answer before it becomes a `Response`: plain, so that headers are put together once. */
export interface Answer<Body = unknown> {
  readonly status: number;
  /** Sent as JSON, unless `text` is there. */
  readonly body?: Body;
  readonly text?: { readonly contentType: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/** How fresh an answer's data is, as headers. */
export function freshnessHeaders(data: { stale: boolean; ageMs: number }): Record<string, string> {
  if (!data.stale) return { 'x-data-freshness': 'live' };
  return { 'x-data-freshness': 'stale', age: String(Math.max(0, Math.floor(data.ageMs / 1000))) };
}
