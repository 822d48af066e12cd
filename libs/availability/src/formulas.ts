/**
 * The closed formulas of availability, each in one line of arithmetic. They assume that parts fail
 * independently, which parts that share a zone, a deployment or a dependency do not.
 *
 * Source: AWS Well-Architected Framework, Reliability Pillar, edition of April 2020, "Availability"; Little's
 * law: J. D. C. Little, "A proof for the queuing formula L = λW", Operations Research 9 (1961).
 */
import { requireThat } from './availability-argument-error.ts';

function requireShare(value: number): void {
  requireThat(value >= 0 && value <= 1, `An availability lies between 0 and 1; got ${String(value)}.`);
}

/**
 * Availability of parts that are all needed, such as hard dependencies: the product of theirs.
 *
 * @param parts Availabilities from 0 to 1; none gives 1.
 */
export function seriesAvailability(parts: readonly number[]): number {
  parts.forEach(requireShare);
  return parts.reduce((product, part) => product * part, 1);
}

/**
 * Availability of parts of which any one is enough: 1 minus the product of their unavailabilities.
 *
 * @param parts Availabilities from 0 to 1; at least one.
 */
export function parallelAvailability(parts: readonly number[]): number {
  requireThat(parts.length > 0, 'Redundant parts must be at least one.');
  parts.forEach(requireShare);
  return 1 - parts.reduce((product, part) => product * (1 - part), 1);
}

/** MTBF / (MTBF + MTTR), both in the same unit. */
export function availabilityFromMtbf(times: { readonly mtbf: number; readonly mttr: number }): number {
  requireThat(times.mtbf > 0 && times.mttr >= 0, 'MTBF must be above 0 and MTTR at least 0.');
  return times.mtbf / (times.mtbf + times.mttr);
}

/** Little's law, L = λW: how many requests are under way at once. */
export function concurrencyFor(load: {
  readonly requestsPerSecond: number;
  readonly secondsEach: number;
}): number {
  requireThat(load.requestsPerSecond >= 0 && load.secondsEach >= 0, 'Rate and duration must be at least 0.');
  return load.requestsPerSecond * load.secondsEach;
}

/**
 * Capacity that each zone needs so that the peak is served after one zone is lost, without anything being
 * added: peak / (zones - 1).
 *
 * @param zones At least 2: with one zone nothing is left.
 */
export function staticallyStableCapacityPerZone(peak: number, zones: number): number {
  requireThat(Number.isInteger(zones) && zones >= 2, 'Static stability needs at least two zones.');
  requireThat(peak >= 0, 'The peak must be at least 0.');
  return peak / (zones - 1);
}
