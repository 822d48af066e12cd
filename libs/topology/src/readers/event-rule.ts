/** `AWS::Events::Rule`: what is started at intervals, and what an alarm starts. */
import { asList, asText, at } from '../json.ts';
import { logicalIdOf, referencesIn } from '../references.ts';
import type { Resource } from '../stack.ts';
import type { EventRuleNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

const SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** Seconds of `rate(5 minutes)`; nothing for a calendar, which a run of minutes never sees. */
function secondsOf(schedule: string | undefined): number | undefined {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(schedule ?? '') ?? [];
  return unit === undefined ? undefined : Number(count) * (SECONDS[unit] ?? 0);
}

/** Ids of this template that the texts refer to. */
function idsIn(texts: readonly unknown[], context: ReadContext): string[] {
  return texts
    .flatMap((text) => referencesIn(asText(text) ?? '').map(logicalIdOf))
    .filter((id) => context.resource(id) !== undefined);
}

/** Alarms whose change to `ALARM` the pattern names; a pattern about something else names none. */
function alarmsOf(pattern: unknown, context: ReadContext): string[] {
  const isAlarm = asList(at(pattern, 'source')).includes('aws.cloudwatch');
  const states = asList(at(pattern, 'detail', 'state', 'value'));
  return isAlarm && states.includes('ALARM') ? idsIn(asList(at(pattern, 'resources')), context) : [];
}

function read(rule: Resource, context: ReadContext): EventRuleNode[] {
  const settings = context.settingsOf(rule);
  const { properties } = rule;
  const everySeconds = secondsOf(asText(properties['ScheduleExpression']));
  const targets = asList(properties['Targets']).map((target) => at(target, 'Arn'));
  return [
    {
      kind: 'event-rule',
      enabled: properties['State'] !== 'DISABLED',
      ...(everySeconds === undefined ? {} : { everySeconds }),
      alarms: alarmsOf(properties['EventPattern'], context),
      targets: idsIn(targets, context),
      ...nodeBase(rule, [], settings),
    },
  ];
}

export const eventRuleReader: ResourceReader = { types: ['AWS::Events::Rule'], read };
