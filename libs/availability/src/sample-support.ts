/**
 * What a sample supports: how high the availability may honestly be put after n requests of which k failed.
 *
 * Two answers, because they fail differently. The exact binomial bound (Clopper and Pearson, Biometrika 26,
 * 1934) is right when requests fail independently. Outages cluster, so the moving-block bootstrap (H. R.
 * Künsch, Annals of Statistics 17, 1989) resamples whole stretches of seconds; it knows nothing of outages
 * that did not happen in the run. The lower of the two is what the run supports, and neither speaks of a year.
 */
import { requireThat } from './availability-argument-error.ts';
import { incompleteBeta } from './incomplete-beta.ts';
import type { Random } from './seeded-random.ts';

/** One-sided: "at least this availability" is wrong in one run of twenty. */
export const CONFIDENCE = 0.95;

/**
 * The highest failure probability that the sample does not rule out: the p at which k or fewer failures in n
 * requests still happen with probability 1 - confidence. Exact; for no failures it is 1 - 0.05^(1/n).
 *
 * @param failures From 0 to `requests`.
 * @param requests At least 1.
 * @param confidence Above 0 and below 1. @default 0.95
 */
export function upperFailureBound(failures: number, requests: number, confidence = CONFIDENCE): number {
  requireThat(
    requests >= 1 && failures >= 0 && failures <= requests,
    'Counts must satisfy 0 <= failures <= requests.',
  );
  requireThat(confidence > 0 && confidence < 1, 'A confidence lies between 0 and 1.');
  const tail = 1 - confidence;
  if (failures === 0) return -Math.expm1(Math.log(tail) / requests);
  let low = failures / requests;
  let high = 1;
  // P(at most k failures | p) falls as p rises, so halving the range converges; 100 halvings exhaust a double.
  for (let step = 0; step < 100 && low < high; step += 1) {
    const middle = (low + high) / 2;
    if (incompleteBeta(1 - middle, requests - failures, failures + 1) > tail) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Requests needed, none of them failing, to support a goal: 2995 for 99.9%, 29956 for 99.99%, 299572 for
 * 99.999%.
 *
 * @param lossPerMillion The goal's allowed loss, above 0 and below a million.
 */
export function requestsToSupport(lossPerMillion: number, confidence = CONFIDENCE): number {
  requireThat(lossPerMillion > 0 && lossPerMillion < 1_000_000, 'A loss lies between 0 and a million.');
  return Math.ceil(Math.log(1 - confidence) / Math.log1p(-lossPerMillion / 1_000_000));
}

/** One second of a run. */
export interface SecondCounts {
  readonly good: number;
  readonly total: number;
}

export interface BlockBootstrapOptions {
  readonly random: Random;
  /**
   * Seconds resampled together; must be longer than the outages, or they are cut up as if independent.
   *
   * @default twice the longest run of seconds with a failure, and at least the cube root of the run's length
   */
  readonly blockSeconds?: number;
  /** @default 2000, which puts the 5% quantile of such means within a percent of its own spread */
  readonly resamples?: number;
  /** @default 0.95 */
  readonly confidence?: number;
}

function longestFailingRun(seconds: readonly SecondCounts[]): number {
  let longest = 0;
  let current = 0;
  for (const { good, total } of seconds) {
    current = good < total ? current + 1 : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

/** The block length that `blockBootstrapBound` takes when none is given. */
export function defaultBlockSeconds(seconds: readonly SecondCounts[]): number {
  const wanted = Math.max(2 * longestFailingRun(seconds), Math.ceil(Math.cbrt(seconds.length)), 1);
  // A block longer than half the run would leave hardly any choice of blocks.
  return Math.min(wanted, Math.max(1, Math.floor(seconds.length / 2)));
}

/** Running sums, so that a block's counts are one subtraction however long the block is. */
function runningSums(values: readonly number[]): Float64Array {
  const sums = new Float64Array(values.length + 1);
  values.forEach((value, index) => {
    sums[index + 1] = (sums[index] ?? 0) + value;
  });
  return sums;
}

/**
 * The availability that a run supports when its seconds are resampled in blocks: the 5% quantile over
 * resamples, each as long as the run.
 *
 * @returns `undefined` when the run has no request
 */
export function blockBootstrapBound(
  seconds: readonly SecondCounts[],
  options: BlockBootstrapOptions,
): number | undefined {
  const { random, resamples = 2000, confidence = CONFIDENCE } = options;
  const block = options.blockSeconds ?? defaultBlockSeconds(seconds);
  requireThat(Number.isInteger(block) && block >= 1, 'A block is a whole number of seconds, at least 1.');
  requireThat(resamples >= 100, 'A quantile of 5% needs at least 100 resamples.');
  if (!seconds.some(({ total }) => total > 0)) return undefined;
  const good = runningSums(seconds.map((second) => second.good));
  const total = runningSums(seconds.map((second) => second.total));
  const length = Math.min(block, seconds.length);
  const starts = seconds.length - length + 1;
  const blocks = Math.ceil(seconds.length / length);
  const shares = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample += 1) {
    let goodCount = 0;
    let totalCount = 0;
    for (let index = 0; index < blocks; index += 1) {
      const start = Math.floor(random() * starts);
      goodCount += (good[start + length] ?? 0) - (good[start] ?? 0);
      totalCount += (total[start + length] ?? 0) - (total[start] ?? 0);
    }
    // A resample of idle seconds only says nothing either way; it counts against the run.
    shares[sample] = totalCount === 0 ? 0 : goodCount / totalCount;
  }
  shares.sort();
  return shares[Math.floor((1 - confidence) * resamples)];
}
