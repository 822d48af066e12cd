/** A limit on waiting for an answer that may never come. */

/** Nothing was heard within the limit. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
  readonly code = 'no-answer';
}

/**
 * The promise's outcome, or `NoAnswerError` after `limitMs`. A stalled event loop finds its timers due before it
 * has read what had long arrived, so one more turn of the loop is granted before silence is believed.
 *
 * @param onLate gets a value that came after the limit, to clean up.
 */
export function within<T>(promise: Promise<T>, limitMs: number, onLate: (value: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      setImmediate(() => {
        late = true;
        reject(new NoAnswerError(`no answer within ${String(Math.round(limitMs))} ms`));
      });
    }, limitMs);
    promise.then(
      (value) => {
        clearTimeout(timer);
        if (late) onLate(value);
        else resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
}
