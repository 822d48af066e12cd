import { describe, expect, it } from 'vitest';
import { readMultiRegionSettings } from './multi-region-settings.ts';
import { readServerlessSettings } from './serverless-settings.ts';
import { SettingsInvalidError } from './settings-invalid-error.ts';
import { readSettings } from './settings.ts';

const read = (context: Readonly<Record<string, string>>) =>
  readServerlessSettings(context, readMultiRegionSettings(context, readSettings(context)));
const problemsOf = (strongRegions: string): readonly string[] => {
  try {
    read({ strongRegions });
  } catch (error) {
    if (error instanceof SettingsInvalidError) return error.problems;
    throw error;
  }
  return [];
};

describe('the settings of serverless tiers of several regions', () => {
  it('name three regions of Europe by default', () => {
    expect(read({}).strongRegions).toEqual(['eu-west-1', 'eu-central-1', 'eu-west-2']);
  });

  it('take three others of one set, the table is made in the first', () => {
    expect(read({ strongRegions: 'us-west-2, us-east-1,us-east-2' }).strongRegions).toEqual([
      'us-west-2',
      'us-east-1',
      'us-east-2',
    ]);
  });

  it.each([
    ['two', 'eu-west-1,eu-central-1'],
    ['four', 'eu-west-1,eu-west-2,eu-west-3,eu-central-1'],
    ['one twice', 'eu-west-1,eu-west-1,eu-west-2'],
    ['those of two sets', 'eu-west-1,eu-central-1,us-east-1'],
    ['one that is in no set', 'eu-west-1,eu-central-1,eu-north-1'],
  ])('refuse %s', (_, strongRegions) => {
    expect(problemsOf(strongRegions)).toEqual([
      `strongRegions=${strongRegions}: expected three different regions of one set, such as eu-west-1,eu-central-1,eu-west-2; the sets are us-east-1, us-east-2, us-west-2; eu-west-1, eu-west-2, eu-west-3, eu-central-1; ap-northeast-1, ap-northeast-2, ap-northeast-3.`,
    ]);
  });
});
