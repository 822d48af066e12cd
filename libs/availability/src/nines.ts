/**
 * Writing down an availability without claiming more nines than the sample supports. Ten requests that all
 * succeeded are not "100%"; they are "at least 74%".
 */
import { upperFailureBound } from './sample-support.ts';

/** Most decimals ever printed: a share of a million requests resolves no finer. */
const MAX_DECIMALS = 4;

/**
 * Whole nines of an availability: 2 for 99%, 2 for 99.8%, 3 for 99.9%.
 *
 * @param unavailability Share that failed, 0 to 1; 0 gives `Infinity`.
 */
export function wholeNines(unavailability: number): number {
  if (unavailability <= 0) return Number.POSITIVE_INFINITY;
  let nines = 0;
  // The tolerance lets 0.001, which is a little more than a thousandth in binary, count as three nines.
  while (unavailability * 10 ** (nines + 1) <= 1 + 1e-9) nines += 1;
  return nines;
}

/**
 * A share as a percentage that is cut, never rounded: 99.96% with one decimal is 99.9%, since 100.0% would be
 * a lie.
 */
export function formatShare(share: number, decimals: number): string {
  const factor = 10 ** decimals;
  return `${(Math.floor(share * 100 * factor + 1e-9) / factor).toFixed(decimals)}%`;
}

/**
 * The availability of a sample as text: the share itself as long as the sample supports its nines at 95%
 * confidence, otherwise `at least` what it supports.
 *
 * @returns `no requests` when there were none
 */
export function formatAvailability(sample: { readonly good: number; readonly total: number }): string {
  const { good, total } = sample;
  if (total <= 0) return 'no requests';
  const bad = total - good;
  const bound = upperFailureBound(bad, total);
  const supported = wholeNines(bound);
  if (wholeNines(bad / total) > supported) {
    return `at least ${formatShare(1 - bound, Math.min(Math.max(supported - 1, 0), MAX_DECIMALS))}`;
  }
  const resolution = Math.floor(Math.log10(total)) - 2;
  return formatShare(good / total, Math.min(Math.max(resolution, 0), MAX_DECIMALS));
}
