/**
 * What is left in an emulator after a destruction: the difference of two inventories, without what every deployment
 * leaves in AWS too.
 */
import type { Inventory } from './emulator.ts';

export interface Left {
  readonly service: string;
  /** The emulator's name for the kind of record. */
  readonly kind: string;
  readonly names: readonly string[];
}

/** Records of what has been, which AWS keeps as well, or which are bookkeeping of the emulator. */
const RECORDS: Readonly<Record<string, readonly string[]>> = {
  cloudformation: ['stacks', 'stack_events', 'change_sets', 'stack_policies', 'exports'],
  cloudwatch: ['alarm_history', 'metrics'],
  iam: ['aws_managed_attachment_counts'],
  lambda_svc: ['esm_positions', 'kinesis_positions', 'dynamodb_stream_positions'],
  sts: [],
};

/** Every name that is there now and was not there before. */
export function leftSince(before: Inventory, now: Inventory): Left[] {
  const left: Left[] = [];
  for (const [service, kinds] of Object.entries(now)) {
    for (const [kind, names] of Object.entries(kinds)) {
      if (RECORDS[service]?.includes(kind)) continue;
      const known = new Set(before[service]?.[kind]);
      const added = names.filter((name) => !known.has(name));
      if (added.length > 0) left.push({ service, kind, names: added });
    }
  }
  return left;
}
