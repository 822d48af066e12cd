/** `AWS::Backup::BackupPlan`. Without a lifecycle AWS Backup keeps recovery points for ever. */
import { asList, asText, at } from '../json.ts';
import type { Resource } from '../stack.ts';
import type { BackupPlanNode } from '../topology.ts';
import { nodeBase, type ReadContext, type ResourceReader } from './reader.ts';

function read(plan: Resource, context: ReadContext): BackupPlanNode[] {
  const settings = context.settingsOf(plan);
  const listed = asList(at(plan.properties, 'BackupPlan', 'BackupPlanRule'));
  if (listed.length === 0) context.noteOn(plan)('has no rule, so it backs nothing up');
  const rules = listed.map((rule, index) => {
    const path = `rules.${String(index)}`;
    const schedule = asText(at(rule, 'ScheduleExpression'));
    const deleteAfterDays = settings.optionalNumber(
      `${path}.deleteAfterDays`,
      at(rule, 'Lifecycle', 'DeleteAfterDays'),
    );
    return {
      name: asText(at(rule, 'RuleName')) ?? `rule-${String(index + 1)}`,
      ...(schedule === undefined ? {} : { schedule }),
      ...(deleteAfterDays === undefined ? {} : { deleteAfterDays }),
    };
  });
  return [{ ...nodeBase(plan, [], settings), kind: 'backup-plan', rules }];
}

export const backupPlanReader: ResourceReader = { types: ['AWS::Backup::BackupPlan'], read };
