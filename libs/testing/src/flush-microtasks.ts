/**
 * Lets everything that promises have made ready run, without letting time pass. `setImmediate` comes after the
 * whole microtask queue, however long the chain of promises is.
 */
export const flushMicrotasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
