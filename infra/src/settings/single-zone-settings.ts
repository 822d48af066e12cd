/** The settings that only the tier of one zone has, read and validated like the others (`settings.ts`). */
import type { DeploymentSettings } from './settings.ts';
import { SettingsInvalidError } from './settings-invalid-error.ts';

/** The name of the shop, and what shows its static page when the server does not answer. */
export interface FailoverName {
  readonly domainName: string;
  /** Id of the public hosted zone that `domainName` is in. */
  readonly hostedZoneId: string;
  /** ACM certificate of `domainName` in us-east-1, where CloudFront looks for it. */
  readonly edgeCertificateArn: string;
}

export interface SingleZoneSettings extends DeploymentSettings {
  /**
   * Which of the region's first three zones, by name, the server is in: 1, 2 or 3. Deploying with another one
   * rebuilds it there, from the newest copy.
   * @default 1
   */
  readonly zone: 1 | 2 | 3;
  /** @default none: the server is reached by its address, and the static page by a runbook */
  readonly failoverName?: FailoverName;
}

export const SINGLE_ZONE_SETTING_NAMES = ['zone', 'edgeCertificateArn'] as const;

const ZONES = [1, 2, 3] as const;
const FORMS = {
  domainName: /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  hostedZoneId: /^Z[A-Z0-9]{1,31}$/,
  edgeCertificateArn: /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]+$/,
} as const;
const EXPECTED = {
  domainName: 'a domain such as shop.example.org',
  hostedZoneId: 'the id of a hosted zone such as Z0123456789ABCDEFGHIJ',
  edgeCertificateArn: 'arn:aws:acm:us-east-1:<account>:certificate/<id>',
} as const;

/**
 * @param context All context of the app.
 * @param settings What `readSettings` made of it.
 * @throws SettingsInvalidError naming every setting that is wrong and what is allowed.
 */
export function readSingleZoneSettings(
  context: Readonly<Record<string, unknown>>,
  settings: DeploymentSettings,
): SingleZoneSettings {
  const problems: string[] = [];
  const text = (name: string): string => String(context[name] ?? '');
  const given = text('zone') === '' ? '1' : text('zone');
  const zone = ZONES.find((number) => String(number) === given);
  if (zone === undefined) problems.push(`zone=${given}: expected 1, 2 or 3.`);
  const names = Object.keys(FORMS) as (keyof typeof FORMS)[];
  // Domain and hosted zone belong to other tiers as well; the certificate is what asks for a name here.
  const isNamed = text('edgeCertificateArn') !== '';
  for (const name of isNamed ? names : []) {
    if (!FORMS[name].test(text(name)))
      problems.push(`${name}=${text(name)}: expected ${EXPECTED[name]}, since edgeCertificateArn is given.`);
  }
  if (problems.length > 0) throw new SettingsInvalidError(problems);
  const failoverName = Object.fromEntries(names.map((name) => [name, text(name)])) as unknown as FailoverName;
  return { ...settings, zone: zone ?? 1, ...(isNamed && { failoverName }) };
}
