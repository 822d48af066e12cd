/** What a request brings along through all layers: its id and the time that is left for it. */
export interface RequestContext {
  readonly requestId: string;
  /** The moment, in milliseconds of the monotonic clock, after which nobody waits for the answer. */
  readonly deadline: number;
  /** Milliseconds left; 0 or less when the time is over. */
  remainingMs(): number;
}
