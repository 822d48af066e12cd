/** `AWS::Route53::HealthCheck`. What it decides is said by the records that name it. */
import { asList, asText, at } from '../json.ts';
import { referencedId } from '../references.ts';
import type { Resource } from '../stack.ts';
import type { DnsHealthCheckNode } from '../topology.ts';
import { targetsOfName } from './name-targets.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

/** Route 53 API reference, `HealthCheckConfig`. */
const DEFAULT_INTERVAL_SECONDS = 30;
const DEFAULT_FAILURE_THRESHOLD = 3;

/** Types that look at something else than an address: other checks, an alarm, a switch. */
const ASKS_NOBODY = new Set(['CALCULATED', 'CLOUDWATCH_METRIC', 'RECOVERY_CONTROL']);

/** An alarm is named by its name, which in a template is a reference to it or the name that it gives itself. */
function alarmNamed(name: unknown, context: ReadContext): string[] {
  const text = asText(name);
  if (text === undefined) return [];
  const id = referencedId(text);
  return context
    .resourcesOfType('AWS::CloudWatch::Alarm')
    .filter((alarm) => alarm.id === id || alarm.properties['AlarmName'] === text)
    .map((alarm) => alarm.id);
}

function read(check: Resource, context: ReadContext): DnsHealthCheckNode[] {
  const settings = context.settingsOf(check);
  const config = check.properties['HealthCheckConfig'];
  const checkType = settings.text('checkType', at(config, 'Type'), 'HTTP');
  const asks = !ASKS_NOBODY.has(checkType);
  const host = asText(at(config, 'FullyQualifiedDomainName')) ?? asText(at(config, 'IPAddress'));
  const port = settings.optionalNumber('port', at(config, 'Port')) ?? usualPort(checkType);
  const path = asText(at(config, 'ResourcePath'));
  const children = asList(at(config, 'ChildHealthChecks')).flatMap(
    (child) => referencedId(child) ?? asText(child) ?? [],
  );
  const node = {
    kind: 'dns-health-check',
    checkType,
    intervalSeconds: asks
      ? settings.number('intervalSeconds', at(config, 'RequestInterval'), DEFAULT_INTERVAL_SECONDS)
      : 0,
    failureThreshold: asks
      ? settings.number('failureThreshold', at(config, 'FailureThreshold'), DEFAULT_FAILURE_THRESHOLD)
      : 0,
    targets: asks ? targetsOfName(host, context) : alarmNamed(at(config, 'AlarmIdentifier', 'Name'), context),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { path }),
    inverted: settings.boolean('inverted', at(config, 'Inverted') ?? false, false),
    children,
    healthyChildren:
      checkType === 'CALCULATED'
        ? settings.number('healthyChildren', at(config, 'HealthThreshold'), children.length)
        : 0,
  } as const;
  return [{ ...nodeBase(check, [], settings), ...node }];
}

function usualPort(checkType: string): number | undefined {
  if (checkType.startsWith('HTTPS')) return 443;
  return checkType.startsWith('HTTP') ? 80 : undefined;
}

export const dnsHealthCheckReader: ResourceReader = { types: ['AWS::Route53::HealthCheck'], read };
