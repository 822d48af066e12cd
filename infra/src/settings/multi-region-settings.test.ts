import { describe, expect, it } from 'vitest';
import { readMultiRegionSettings, vpcCidrOf } from './multi-region-settings.ts';
import { SettingsInvalidError } from './settings-invalid-error.ts';
import { readSettings } from './settings.ts';

const read = (context: Readonly<Record<string, string>> = {}, vpcCidr = '10.39.0.0/16') =>
  readMultiRegionSettings(context, readSettings({ vpcCidr }));

const problemsOf = (context: Readonly<Record<string, string>>, vpcCidr?: string): readonly string[] => {
  try {
    read(context, vpcCidr);
  } catch (error) {
    if (error instanceof SettingsInvalidError) return error.problems;
    throw error;
  }
  return [];
};

describe('settings of several regions', () => {
  it('have two regions in Europe and a domain that leads nowhere when nothing is said', () => {
    expect(read()).toMatchObject({
      domainName: 'shop.example.com',
      hostedZoneId: 'Z00000000000000000000',
      homeRegion: 'eu-west-1',
      standbyRegion: 'eu-central-1',
      activeRegion: 'eu-west-1',
    });
  });

  it('take what is given, the region that writes first', () => {
    const given = { regions: 'us-east-2, us-west-2', activeRegion: 'us-west-2', domainName: 'shop.test' };

    expect(read(given)).toMatchObject({
      homeRegion: 'us-east-2',
      standbyRegion: 'us-west-2',
      activeRegion: 'us-west-2',
      domainName: 'shop.test',
    });
  });

  it('name every problem at once', () => {
    expect(problemsOf({ domainName: 'shop', hostedZoneId: 'zone', activeRegion: 'us-east-1' })).toEqual([
      'domainName=shop: expected a domain such as shop.example.org.',
      'hostedZoneId=zone: expected the id of a hosted zone such as Z0123456789ABCDEFGHIJ.',
      'activeRegion=us-east-1: expected eu-west-1 or eu-central-1.',
    ]);
  });

  it.each(['eu-west-1', 'eu-west-1,eu-west-1', 'eu-west-1,eu-west-2,eu-west-3', 'Ireland,Frankfurt', ','])(
    'refuse %s as the regions',
    (regions) => {
      expect(problemsOf({ regions })).toContain(
        `regions=${regions}: expected two different regions, the one that writes first, such as eu-west-1,eu-central-1.`,
      );
    },
  );

  it.each(['-shop.test', 'shop..test', 'shop.test.', 'Shop.test', 'https://shop.test', '*.shop.test'])(
    'refuse %s as the domain',
    (domainName) => {
      expect(problemsOf({ domainName })).toHaveLength(1);
    },
  );

  it('give each region a range of its own', () => {
    const settings = read();

    expect(vpcCidrOf(settings, 'eu-west-1')).toBe('10.39.0.0/16');
    expect(vpcCidrOf(settings, 'eu-central-1')).toBe('10.40.0.0/16');
  });

  it.each(['10.255.0.0/16', '172.31.0.0/16', '192.168.0.0/16'])(
    'refuse %s, because there is no private range after it',
    (vpcCidr) => {
      expect(problemsOf({}, vpcCidr)).toHaveLength(1);
    },
  );
});
