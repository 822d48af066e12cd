/**
 * The settings that only serverless tiers of several regions have, read and validated like the others (`settings.ts`).
 *
 * The 99.95% tier takes its two regions from `regions`, as with servers. The 99.999% tier needs three that DynamoDB can
 * keep consistent between each other, which not all are.
 */
import type { MultiRegionSettings } from './multi-region-settings.ts';
import { SettingsInvalidError } from './settings-invalid-error.ts';

export interface ServerlessSettings extends MultiRegionSettings {
  /**
   * Three regions of one set whose tables can be strongly consistent over regions. The table is made in the first one.
   * @default eu-west-1, eu-central-1 and eu-west-2
   */
  readonly strongRegions: readonly [string, string, string];
}

export const SERVERLESS_SETTING_NAMES = ['strongRegions'] as const;

const DEFAULT_REGIONS = 'eu-west-1,eu-central-1,eu-west-2';

/** Amazon DynamoDB Developer Guide, "Multi-Region strong consistency": the three regions must be of one of these sets. */
export const REGION_SETS: readonly (readonly string[])[] = [
  ['us-east-1', 'us-east-2', 'us-west-2'],
  ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1'],
  ['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
];

/**
 * @param context All context of the app.
 * @param settings What `readMultiRegionSettings` made of it.
 * @throws SettingsInvalidError when the regions are not three of one set.
 */
export function readServerlessSettings(
  context: Readonly<Record<string, unknown>>,
  settings: MultiRegionSettings,
): ServerlessSettings {
  const value = context['strongRegions'];
  const given = value === undefined || value === '' ? DEFAULT_REGIONS : String(value);
  const [first = '', second = '', third = '', ...more] = given.split(',').map((region) => region.trim());
  const regions = [first, second, third];
  const isOneSet = REGION_SETS.some((set) => regions.every((region) => set.includes(region)));
  if (!isOneSet || more.length > 0 || new Set(regions).size !== regions.length) {
    const sets = REGION_SETS.map((set) => set.join(', ')).join('; ');
    throw new SettingsInvalidError([
      `strongRegions=${given}: expected three different regions of one set, such as ${DEFAULT_REGIONS}; the sets are ${sets}.`,
    ]);
  }
  return { ...settings, strongRegions: [first, second, third] };
}
