/** How the facts of a game day are put into words; the page and the terminal say them the same way. */
import { findTier, formatAvailability } from '@nines/availability';
import type { FaultResult, GameDayResult, RequestCounts } from '@nines/game-day';

/** `12,345`: thousands separated, because a verdict is compared by eye. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** `1.4 s`; a tenth is what a game day's measures are good for. */
export const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** How long something lasted, for people: `13 min 40 s`. */
export function duration(totalSeconds: number): string {
  const whole = Math.round(totalSeconds);
  const minutes = Math.floor(whole / 60);
  return minutes === 0 ? `${whole} s` : `${minutes} min ${whole % 60} s`;
}

/** A moment of the run: `4:05` after its start. */
export function clockTime(second: number): string {
  const whole = Math.floor(second);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

export const totalOf = ({ good, bad, dropped, shed }: RequestCounts): number => good + bad + dropped + shed;

/** The share of good requests, with no more nines than that many requests support. */
export const availability = (requests: RequestCounts): string =>
  formatAvailability({ good: requests.good, total: totalOf(requests) });

/** The same for a column of figures, where `at least` would make every row wider. */
export const availabilityFigure = (requests: RequestCounts): string =>
  availability(requests).replace(/^at least /, '>= ');

export const recovery = (rtoSeconds: number | null): string =>
  rtoSeconds === null ? 'never' : seconds(rtoSeconds);

export const verdictWord = (met: boolean): string => (met ? 'met' : 'not met');

/** A run with a divisor is a fast one, whatever it calls itself. */
export const isFast = ({ pace, paceDivisor }: GameDayResult): boolean => pace !== 'full' || paceDivisor !== 1;

/** The verdict on the run, which never stands without its pace where that was not full. */
export const runVerdict = (result: GameDayResult): string =>
  `${verdictWord(result.met)}${isFast(result) ? ' at fast pace' : ''}`;

/** `99.9% tier (three-nines)`; a tier that is not ours is called what it calls itself. */
export function tierName({ tier: id, flavour }: Pick<GameDayResult, 'tier' | 'flavour'>): string {
  const tier = findTier(id);
  const shape = flavour === 'serverless' ? `${id}, serverless` : id;
  return tier === undefined ? shape : `${tier.goal} tier (${shape})`;
}

export const loadSentence = ({ loadRps, capacityRps }: GameDayResult): string =>
  `Load ${count(loadRps)} requests/s, ${Math.round((100 * loadRps) / capacityRps)}% of the ` +
  `${count(capacityRps)} requests/s that this topology bore on this machine.`;

/** What a pace other than full means; undefined at full pace. */
export function paceWarning(result: GameDayResult): string | undefined {
  if (!isFast(result)) return undefined;
  return (
    `Durations that AWS and the template decide were divided by ${result.paceDivisor}. The recovery times, losses ` +
    'and availability below are not those of a deployed stack; run at full pace for these.'
  );
}

/** Why the run is not met, one sentence each, in the order in which it happened; empty when it is met. */
export function reasonsNotMet({ faults, problems }: GameDayResult): string[] {
  const missed = faults.flatMap((fault) =>
    fault.acceptance
      .filter((criterion) => !criterion.met)
      .map(
        ({ criterion, measured }) => `${fault.fault} of ${fault.target}: ${criterion}, measured ${measured}`,
      ),
  );
  const unexplained = faults
    .filter(({ met, acceptance }) => !met && acceptance.every((criterion) => criterion.met))
    .map(({ fault, target }) => `${fault} of ${target}: not met`);
  return [...missed, ...unexplained, ...problems];
}

/** `31 x connection refused, 4 x 504 deadline-exceeded`; empty when every request was good. */
export const causesSentence = ({ causes }: FaultResult): string =>
  causes.map(({ cause, count: times }) => `${count(times)} x ${cause}`).join(', ');

/** When it was broken and when it was whole again, since the run's start. */
export const windowSentence = ({ injectedAtSeconds, healedAtSeconds, endedAtSeconds }: FaultResult): string =>
  `injected at ${clockTime(injectedAtSeconds)}, healed at ${clockTime(healedAtSeconds)}, watched until ${clockTime(endedAtSeconds)}`;

/** ` (12 orders lost)`: how many it were that the RPO tells the age of; nothing when none was lost. */
const lostOrders = ({ lost }: FaultResult): string =>
  lost === 0 ? '' : ` (${count(lost)} ${lost === 1 ? 'order' : 'orders'} lost)`;

/** What was measured, in the words in which it was predicted. */
export const measuredSentence = (fault: FaultResult): string =>
  `L ${seconds(fault.lossSeconds)}, RTO ${recovery(fault.rtoSeconds)}, RPO ${seconds(fault.rpoSeconds)}${lostOrders(fault)}, ` +
  `${availability(fault.requests)} available`;

/** What became of orders that were answered 202; empty where none was. */
export function keptSentence({ kept }: FaultResult): string {
  if (kept === undefined) return '';
  const { orders, refused, slowestSeconds, directWritesSeconds } = kept;
  const ends =
    slowestSeconds === null
      ? 'none of them decided about'
      : `the slowest decided about after ${seconds(slowestSeconds)}`;
  return (
    `${count(orders)} ${orders === 1 ? 'order was' : 'orders were'} answered 202 and kept, which counts as good: ${ends}` +
    `${refused === 0 ? '' : `, ${count(refused)} refused with a reason`}; orders stored at once again: ` +
    (directWritesSeconds === null ? 'never' : `after ${seconds(directWritesSeconds)}`)
  );
}

/** `2026-11-21 09:02:11 UTC`; what is not an ISO date in UTC stays as it is. */
export const moment = (iso: string): string =>
  iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC');
