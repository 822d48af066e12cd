/** How a stack's leftovers read. */
import type { Leftover, LeftoverKind } from '@nines/topology';

export interface StackLeftover extends Leftover {
  readonly stack: string;
}

/** What is left or in the way; what only takes its time is not. */
export const isLeft = ({ kind }: Pick<Leftover, 'kind'>): boolean => kind !== 'delayed';

const HEADINGS: Readonly<Record<LeftoverKind, string>> = {
  blocks: 'stops the deletion',
  kept: 'stays',
  snapshot: 'leaves a snapshot',
  unlisted: 'stays, made by AWS and listed in no template',
  delayed: 'goes later',
};

const ORDER: readonly LeftoverKind[] = ['blocks', 'kept', 'snapshot', 'unlisted', 'delayed'];

export function describeLeftovers(leftovers: readonly StackLeftover[]): string[] {
  if (leftovers.length === 0) return ['destroying it leaves nothing behind'];
  return ORDER.flatMap((kind) => {
    const ofKind = leftovers.filter((one) => one.kind === kind);
    if (ofKind.length === 0) return [];
    return [
      `${HEADINGS[kind]}:`,
      ...ofKind.map(({ stack, resource, type, reason }) => `  ${stack} ${resource} (${type}) ${reason}`),
    ];
  });
}
