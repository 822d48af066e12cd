/** How the comparison of two tiers reads. */
import { formatDuration } from '@nines/availability';
import type { TierComparison } from '../tier-diff/compare-tiers.ts';
import type { TopicPromise } from '../tier-diff/tier-page.ts';

const SECONDS = 60;
const NAMES_SHOWN = 6;

const duration = (minutes: number): string => formatDuration(Math.abs(minutes) * SECONDS);
const shortType = (type: string): string => type.replace(/^AWS::/, '');

function promiseLine(sign: string, { promise, fulfilledBy }: TopicPromise): string {
  const shown = fulfilledBy.slice(0, NAMES_SHOWN).join(', ');
  const rest =
    fulfilledBy.length > NAMES_SHOWN ? `, and ${String(fulfilledBy.length - NAMES_SHOWN)} more` : '';
  return `  ${sign} ${promise}${shown === '' ? '' : ` [${shown}${rest}]`}`;
}

function yearLines({ from, to, minutesBought }: TierComparison): string[] {
  const change = minutesBought >= 0 ? `${duration(minutesBought)} fewer` : `${duration(minutesBought)} more`;
  return [
    `goal      ${from.goal} -> ${to.goal}, an allowance of ${duration(from.allowanceMinutes)} -> ${duration(to.allowanceMinutes)} a year`,
    `expected  ${duration(from.totalMinutes)} -> ${duration(to.totalMinutes)} of downtime a year: ${change}`,
    `          of that planned: ${duration(from.plannedMinutes)} -> ${duration(to.plannedMinutes)}`,
  ];
}

function resourceLines({ resources }: TierComparison): string[] {
  const { from, to, types } = resources;
  const change = (type: (typeof types)[number]): string =>
    `${shortType(type.type)} ${String(type.from)} -> ${String(type.to)}`;
  return [`resources ${String(from)} -> ${String(to)}`, ...types.map((type) => `  ${change(type)}`)];
}

export function describeTierDiff(comparison: TierComparison): string[] {
  const { from, to, structure, topics } = comparison;
  const width = Math.max(0, ...structure.map(({ fact }) => fact.length));
  return [
    `${from.tier} -> ${to.tier}`,
    '',
    ...yearLines(comparison),
    '',
    'what decides behaviour in a failure:',
    ...structure.flatMap((one) => [
      `  ${one.fact.padEnd(width)}  ${one.from ?? 'none'}`,
      `  ${''.padEnd(width)}  -> ${one.to ?? 'none'}`,
    ]),
    '',
    ...(topics.length === 0 ? ['topics: neither tier has a page yet', ''] : []),
    ...topics.flatMap(({ name, kept, gone, added }, index) => [
      `${String(index + 1)}. ${name}${kept.length === 0 ? '' : ` (${String(kept.length)} unchanged)`}`,
      ...gone.map((promise) => promiseLine('-', promise)),
      ...added.map((promise) => promiseLine('+', promise)),
      '',
    ]),
    ...resourceLines(comparison),
  ];
}
