/** What is done with measured numbers. Pure. */

export interface Spread {
  readonly median: number;
  /** The first quartile: a quarter of the values are below it. */
  readonly low: number;
  /** The third quartile. */
  readonly high: number;
}

/**
 * The value below which a share of the values lie, between two neighbours by straight line (type 7 of Hyndman and Fan,
 * "Sample Quantiles in Statistical Packages", 1996: what R, NumPy and spreadsheets do unasked).
 *
 * @param share from 0 to 1
 * @returns NaN when there are no values: a figure that nobody measured meets no target
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** Median and quartiles: on a shared machine the worst of many rounds says more of the neighbours than of the code. */
export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/**
 * One value a round, divided by the other of the same round. A round whose machine was slow for both cancels out, which it
 * would not in a ratio of medians.
 */
export const ratiosByRound = (values: readonly number[], bases: readonly number[]): number[] =>
  values.map((value, round) => value / (bases[round] ?? NaN));

/** The smallest of each round: the fastest of several opponents. */
export const fastestByRound = (series: readonly (readonly number[])[]): number[] =>
  (series[0] ?? []).map((_, round) => Math.min(...series.map((values) => values[round] ?? NaN)));
