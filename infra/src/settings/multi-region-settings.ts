/**
 * The settings that only tiers of several regions have, read and validated like the others (`settings.ts`).
 *
 * Add a setting here when it says where the regions are or how they are named. What a tier does with its regions is no
 * setting.
 */
import type { DeploymentSettings } from './settings.ts';
import { SettingsInvalidError } from './settings-invalid-error.ts';

export interface MultiRegionSettings extends DeploymentSettings {
  /**
   * Domain of the shop. Its hosted zone is in this account, and delegated, so that certificates validate by themselves.
   * @default a name that never resolves (RFC 2606), with which nothing can be deployed
   */
  readonly domainName: string;
  /**
   * Id of the public hosted zone that `domainName` is in.
   * @default an id that no zone has
   */
  readonly hostedZoneId: string;
  /** The region whose database is made as the one that writes. Never change it: the other region's data would go. */
  readonly homeRegion: string;
  readonly standbyRegion: string;
  /**
   * The region that serves at the time of the deployment: of full size, and the one whose servers bring the schema up
   * to date. After a failover that stays, deploy with the other one.
   * @default the home region
   */
  readonly activeRegion: string;
}

export const MULTI_REGION_SETTING_NAMES = ['domainName', 'hostedZoneId', 'regions', 'activeRegion'] as const;

/** Reserved by RFC 2606, and an id in the form that Route 53 gives. */
export const PLACEHOLDER_DOMAIN_NAME = 'shop.example.com';
const PLACEHOLDER_HOSTED_ZONE_ID = 'Z00000000000000000000';
const DEFAULT_REGIONS = 'eu-west-1,eu-central-1';

const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
/** Labels of letters, digits and inner hyphens; the longest name that is made of it still fits into 255. */
const DOMAIN = /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const HOSTED_ZONE_ID = /^Z[A-Z0-9]{1,31}$/;

/**
 * @param context All context of the app.
 * @param settings What `readSettings` made of it.
 * @throws SettingsInvalidError naming every setting that is wrong and what is allowed.
 */
export function readMultiRegionSettings(
  context: Readonly<Record<string, unknown>>,
  settings: DeploymentSettings,
): MultiRegionSettings {
  const problems: string[] = [];
  const text = (name: (typeof MULTI_REGION_SETTING_NAMES)[number], otherwise: string): string => {
    const value = context[name];
    return value === undefined || value === '' ? otherwise : String(value);
  };
  const matching = (
    name: 'domainName' | 'hostedZoneId',
    form: RegExp,
    otherwise: string,
    expected: string,
  ) => {
    const value = text(name, otherwise);
    if (!form.test(value)) problems.push(`${name}=${value}: expected ${expected}.`);
    return value;
  };
  const domainName = matching(
    'domainName',
    DOMAIN,
    PLACEHOLDER_DOMAIN_NAME,
    'a domain such as shop.example.org',
  );
  const hostedZoneId = matching(
    'hostedZoneId',
    HOSTED_ZONE_ID,
    PLACEHOLDER_HOSTED_ZONE_ID,
    'the id of a hosted zone such as Z0123456789ABCDEFGHIJ',
  );
  const given = text('regions', DEFAULT_REGIONS);
  const [homeRegion = '', standbyRegion = '', ...more] = given.split(',').map((region) => region.trim());
  if (
    more.length > 0 ||
    homeRegion === standbyRegion ||
    ![homeRegion, standbyRegion].every((region) => REGION.test(region))
  )
    problems.push(
      `regions=${given}: expected two different regions, the one that writes first, such as ${DEFAULT_REGIONS}.`,
    );
  const activeRegion = text('activeRegion', homeRegion);
  if (activeRegion !== homeRegion && activeRegion !== standbyRegion)
    problems.push(`activeRegion=${activeRegion}: expected ${homeRegion} or ${standbyRegion}.`);
  if (nextRange(settings.vpcCidr) === undefined)
    problems.push(
      `vpcCidr=${settings.vpcCidr}: the other region takes the /16 after it, which is none of RFC 1918; choose one further down.`,
    );
  if (problems.length > 0) throw new SettingsInvalidError(problems);
  return { ...settings, domainName, hostedZoneId, homeRegion, standbyRegion, activeRegion };
}

/** The range of a region's network: ranges of regions must not overlap, or the networks could never be connected. */
export function vpcCidrOf({ vpcCidr, homeRegion }: MultiRegionSettings, region: string): string {
  return region === homeRegion ? vpcCidr : (nextRange(vpcCidr) ?? vpcCidr);
}

/** The /16 after this one, if it is one of RFC 1918 too. */
function nextRange(cidr: string): string | undefined {
  const [first = 0, second = 0] = cidr.split('.').map(Number);
  const next = second + 1;
  const isPrivate = (first === 10 && next <= 255) || (first === 172 && next >= 16 && next <= 31);
  return isPrivate ? `${String(first)}.${String(next)}.0.0/16` : undefined;
}
