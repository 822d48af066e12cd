/**
 * `Retry-After` for refusals that pass by themselves. One second: a client's own backoff with jitter spreads the
 * return, and a longer wait would outlast most of what is refused here.
 */
export function retryLater(cause?: unknown): { headers: Record<string, string>; cause?: unknown } {
  return { headers: { 'retry-after': '1' }, cause };
}
