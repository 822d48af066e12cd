/**
 * Gives a resource a logical id of our choosing. Logical ids are the contract between a deployed stack and this
 * code: with one that follows from the construct tree, moving a construct replaces its resource. Everything that
 * holds data, and everything that documents and tables point at, is pinned by the stack that owns it.
 */
import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Thrown when there is no single resource behind the construct. */
export class LogicalIdUnpinnableError extends Error {
  readonly code = 'logical-id-unpinnable';

  constructor(path: string) {
    super(`${path} has no default child that is a resource, so there is no logical id to pin.`);
    this.name = 'LogicalIdUnpinnableError';
  }
}

export function pinLogicalIds(constructs: Readonly<Record<string, IConstruct>>): void {
  for (const [logicalId, construct] of Object.entries(constructs)) {
    const resource = construct.node.defaultChild ?? construct;
    if (!CfnResource.isCfnResource(resource)) throw new LogicalIdUnpinnableError(construct.node.path);
    resource.overrideLogicalId(logicalId);
  }
}

/** `{ Name1: first, Name2: second, ... }` */
export const numbered = <T>(name: string, items: readonly T[]): Record<string, T> =>
  Object.fromEntries(items.map((item, index) => [`${name}${String(index + 1)}`, item]));

/** Parts of composite alarms, under names that say so. */
export const conditions = <T>(parts: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [`${name}Condition`, part]));
