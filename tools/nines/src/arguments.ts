/** Arguments that several commands take, checked in one place so that they are refused in the same words. */
import { tiers } from '@nines/availability';
import type { TierId } from '@nines/availability';
import { InvalidArgumentError, Option } from 'commander';
import { InputInvalidError } from './exit-code.ts';
import { FLAVOURS } from './workspace.ts';

export const TIER_IDS = tiers.map((tier) => tier.id).join(', ');

/** @throws InputInvalidError naming the tiers there are. */
export function parseTier(text: string): TierId {
  const tier = tiers.find((one) => one.id === text);
  if (!tier) throw new InputInvalidError(`there is no tier "${text}"; the tiers are ${TIER_IDS}.`);
  return tier.id;
}

export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError('A seed is a whole number from 0 to 2^53 - 1.');
  }
  return seed;
}

export const flavourOption = (): Option =>
  new Option('--flavour <name>', 'which stacks of the tier: on servers, or without any')
    .choices([...FLAVOURS])
    .default('servers');

export const paceOption = (): Option =>
  new Option('--pace <pace>', 'full: as long as AWS takes; fast: a tenth of it')
    .choices(['full', 'fast'])
    .default('full');
