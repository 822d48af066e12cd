/**
 * A random source whose numbers the test has written down. Use it where a test must decide each draw; use
 * `createSeededRandom` of @nines/availability where it only needs them repeatable.
 */

/**
 * @param values What it answers, in order, each in [0, 1).
 * @throws RangeError for a value outside that range, and once the values are used up: a draw that the test did
 * not foresee must not pass unseen
 */
export function createFakeRandom(values: readonly number[]): () => number {
  for (const value of values) {
    if (!(value >= 0 && value < 1))
      throw new RangeError(`A random number lies in [0, 1); got ${String(value)}.`);
  }
  let next = 0;
  return () => {
    const value = values[next];
    next += 1;
    if (value === undefined)
      throw new RangeError(`Draw ${String(next)} was not foreseen: ${String(values.length)} were given.`);
    return value;
  };
}
