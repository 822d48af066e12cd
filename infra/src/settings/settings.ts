/**
 * The settings of a deployment, read from CDK context (`-c name=value`, or `context` in cdk.json) and validated
 * before anything is synthesized: a wrong value costs a second here and half an hour as a rolled-back stack.
 *
 * Add a setting here when a team must be able to change it without editing code. Do not add one for what the
 * tier decides (zones, thresholds, Multi-AZ): a tier that can be talked out of its rules promises nothing.
 */
import { join } from 'node:path';
import { MULTI_REGION_SETTING_NAMES } from './multi-region-settings.ts';
import { SERVERLESS_SETTING_NAMES } from './serverless-settings.ts';
import { SINGLE_ZONE_SETTING_NAMES } from './single-zone-settings.ts';
import { DATA_POLICIES, type DataPolicy } from './data-policy.ts';
import { SettingsInvalidError } from './settings-invalid-error.ts';

export interface DeploymentSettings {
  /**
   * Whether data outlives the stack.
   * @default 'keep', because the wrong default here cannot be undone
   */
  readonly data: DataPolicy;
  /**
   * Base URL of the payment service, a third party. `https` unless `data` is `destroy`: a sandbox may talk to a
   * stand-in of its own.
   * @default a name that never resolves (RFC 2606), so that orders are refused until a real one is given
   */
  readonly paymentUrl: string;
  /**
   * Base URL of the reviews service, under the same rule as `paymentUrl`.
   * @default a name that never resolves (RFC 2606); product pages then come without reviews
   */
  readonly reviewsUrl: string;
  /**
   * ARN of an ACM certificate in the stack's region. With it the load balancer serves HTTPS and redirects HTTP.
   * @default none: HTTP only
   */
  readonly certificateArn?: string;
  /**
   * Address that alerts are mailed to; SNS asks it for confirmation once.
   * @default none: alerts reach the topic and nobody
   */
  readonly alertEmail?: string;
  /**
   * IPv4 range that load tests of the deployed stack come from: the firewall does not count its requests, which would
   * else look like an attack by one address. Take it out again after the test.
   * @default none
   */
  readonly loadTestCidr?: string;
  /**
   * Requests per second that one server is rated for, found by load test. Admission is throttled above it, and
   * servers are added from 70% of it.
   * @default 100, low enough for a game day on one machine (docs/adr/0005); replace it by what a load test finds
   */
  readonly ratedRps: number;
  /**
   * Requests per second at the busiest moment that the tier must carry, also when a zone is lost just then. Tiers
   * that are statically stable size their zones by it; the others add servers when they are needed.
   * @default 250: two servers a zone at the default rating
   */
  readonly peakRps: number;
  /**
   * IPv4 range of the network, a /16 of RFC 1918. Must not overlap with networks it will be connected to.
   * @default 10.39.0.0/16
   */
  readonly vpcCidr: string;
  /**
   * Folder of the application's build, relative to where the CDK is started.
   * @default apps/shop-api/dist of this repository
   */
  readonly appDist: string;
}

/** Reserved by RFC 2606: never registered, so no request and no card number can reach a stranger. */
export const PLACEHOLDER_PAYMENT_URL = 'https://payment.example.com';
export const PLACEHOLDER_REVIEWS_URL = 'https://reviews.example.com';

const DEFAULTS = {
  data: 'keep',
  paymentUrl: PLACEHOLDER_PAYMENT_URL,
  reviewsUrl: PLACEHOLDER_REVIEWS_URL,
  ratedRps: '100',
  peakRps: '250',
  vpcCidr: '10.39.0.0/16',
  // From the repository's root, so that it means the same wherever the CDK is started.
  appDist: join(import.meta.dirname, '../../../apps/shop-api/dist'),
} as const;

const NAMES = [
  'data',
  'paymentUrl',
  'reviewsUrl',
  'certificateArn',
  'alertEmail',
  'loadTestCidr',
  'ratedRps',
  'peakRps',
  'vpcCidr',
  'appDist',
] as const;

type SettingName = (typeof NAMES)[number];

/** Those of tiers with several regions are read there, and no misspelling here. */
const KNOWN: readonly string[] = [
  ...NAMES,
  ...MULTI_REGION_SETTING_NAMES,
  ...SERVERLESS_SETTING_NAMES,
  ...SINGLE_ZONE_SETTING_NAMES,
];

/**
 * @param context All context of the app. Keys with a colon or an at sign belong to the CDK and are left alone;
 *   any other unknown key is refused, since a misspelt switch that is ignored is how data gets destroyed.
 * @throws SettingsInvalidError naming every setting that is wrong and what is allowed.
 */
export function readSettings(context: Readonly<Record<string, unknown>>): DeploymentSettings {
  const problems = unknownSettings(context);
  const text = (name: SettingName): string | undefined => {
    const value = context[name];
    return value === undefined || value === '' ? undefined : String(value);
  };
  const check = <T>(value: T | string, parse: (value: T | string) => Parsed<T>): T => {
    const parsed = parse(value);
    if ('problem' in parsed) {
      problems.push(parsed.problem);
      return value as T;
    }
    return parsed.value;
  };
  const data = check<DataPolicy>(text('data') ?? DEFAULTS.data, parseData);
  const url = (name: 'paymentUrl' | 'reviewsUrl'): string =>
    check<string>(text(name) ?? DEFAULTS[name], (value) => parseServiceUrl(name, value, data));
  const optional = (
    name: 'certificateArn' | 'alertEmail' | 'loadTestCidr',
    parse: (value: string) => Parsed<string>,
  ) => {
    const value = text(name);
    return value === undefined ? {} : { [name]: check<string>(value, parse) };
  };
  const settings: DeploymentSettings = {
    data,
    paymentUrl: url('paymentUrl'),
    reviewsUrl: url('reviewsUrl'),
    ratedRps: check<number>(text('ratedRps') ?? DEFAULTS.ratedRps, parseRate('ratedRps')),
    peakRps: check<number>(text('peakRps') ?? DEFAULTS.peakRps, parseRate('peakRps')),
    vpcCidr: check<string>(text('vpcCidr') ?? DEFAULTS.vpcCidr, parseVpcCidr),
    appDist: text('appDist') ?? DEFAULTS.appDist,
    ...optional('certificateArn', parseCertificateArn),
    ...optional('alertEmail', parseEmail),
    ...optional('loadTestCidr', parseLoadTestCidr),
  };
  if (problems.length > 0) throw new SettingsInvalidError(problems);
  return settings;
}

type Parsed<T> = { readonly value: T } | { readonly problem: string };

function unknownSettings(context: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(context)
    .filter((key) => !/[:@]/.test(key) && !KNOWN.includes(key))
    .map((key) => `${key}: there is no such setting; known are ${KNOWN.join(', ')}.`);
}

function parseData(value: string): Parsed<DataPolicy> {
  const found = DATA_POLICIES.find((policy) => policy === value);
  return found === undefined
    ? { problem: `data=${value}: allowed are ${DATA_POLICIES.join(', ')}.` }
    : { value: found };
}

/**
 * The unit file that the address is written to gives `%`, quotes, backslashes and spaces a meaning of their own
 * (systemd.syntax(7)), and the shell that writes it ends at a line break: the address has none of them.
 */
function parseServiceUrl(name: string, value: string, data: DataPolicy): Parsed<string> {
  const allowed = data === 'destroy' ? ['https:', 'http:'] : ['https:'];
  const expected = `an absolute ${allowed.map((scheme) => `${scheme}//`).join(' or ')} base URL without user, query or fragment`;
  const url = URL.parse(value);
  const isBaseUrl =
    url !== null &&
    allowed.includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    /^[A-Za-z0-9:/._~-]+$/.test(value);
  return isBaseUrl
    ? { value: value.replace(/\/+$/, '') }
    : { problem: `${name}=${value}: expected ${expected}.` };
}

const parseRate =
  (name: string) =>
  (value: string | number): Parsed<number> => {
    const rate = Number(value);
    return Number.isInteger(rate) && rate >= 1 && rate <= 100_000
      ? { value: rate }
      : { problem: `${name}=${String(value)}: expected a whole number of requests/s from 1 to 100000.` };
  };

function parseVpcCidr(value: string): Parsed<string> {
  const [, first = '', second = ''] = /^(\d{1,3})\.(\d{1,3})\.0\.0\/16$/.exec(value) ?? [];
  const [a, b] = [Number(first), Number(second)];
  const isPrivate =
    first !== '' && b <= 255 && (a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168));
  return isPrivate
    ? { value }
    : {
        problem: `vpcCidr=${value}: expected a /16 of RFC 1918: 10.x.0.0/16, 172.16.0.0/16 to 172.31.0.0/16 or 192.168.0.0/16.`,
      };
}

function parseCertificateArn(value: string): Parsed<string> {
  return /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/.test(value)
    ? { value }
    : { problem: `certificateArn=${value}: expected arn:aws:acm:<region>:<account>:certificate/<id>.` };
}

function parseEmail(value: string): Parsed<string> {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)
    ? { value }
    : { problem: `alertEmail=${value}: expected an address such as team@example.com.` };
}

/** Not wider than a /16: a range that is half of the internet is no load test. */
function parseLoadTestCidr(value: string): Parsed<string> {
  const [, octets = '', bits = ''] = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(value) ?? [];
  const isRange =
    octets !== '' &&
    octets.split('.').every((octet) => Number(octet) <= 255) &&
    Number(bits) >= 16 &&
    Number(bits) <= 32;
  return isRange
    ? { value }
    : { problem: `loadTestCidr=${value}: expected an IPv4 range from /16 to /32, such as 203.0.113.7/32.` };
}
