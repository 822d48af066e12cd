/**
 * What a tier promises in each of the Reliability Pillar's seven topics, and what fulfils it. A promise that
 * nothing in the stack, no script and no document stands behind cannot be written down here.
 */

import type { DesignGoalShape } from './design-goals.ts';

/** Something in a template, by logical id. */
export interface ResourceEvidence {
  readonly resource: string;
  readonly how: string;
}

/** A document for people, by its path from the repository's root. */
export interface DocumentEvidence {
  readonly document: string;
  readonly how: string;
}

/** A command of this repository. */
export interface CommandEvidence {
  readonly command: string;
  readonly how: string;
}

/** Something in the application, by its path from the repository's root. */
export interface SourceEvidence {
  readonly source: string;
  readonly how: string;
}

export type Evidence = ResourceEvidence | DocumentEvidence | CommandEvidence | SourceEvidence;

export interface TierPromise {
  /** What the tier asks for, in the words of the Reliability Pillar (April 2020 edition), shortened. */
  readonly promise: string;
  readonly fulfilledBy: readonly Evidence[];
}

export interface Topic {
  readonly name: string;
  readonly promises: readonly TierPromise[];
}

/** What the tier allows itself in a year, as the Reliability Pillar (April 2020 edition) adds it up. */
export interface TierBudget {
  readonly eventsPerYear: number;
  /** Minutes to understand and decide, for each event. */
  readonly decideMinutes: number;
  /** Minutes to recover, for each event. */
  readonly recoverMinutes: number;
  /** Minutes of planned downtime a year. */
  readonly plannedMinutes: number;
  /** What the goal leaves, in minutes a year. */
  readonly allowanceMinutes: number;
}

export interface TierTopics {
  /** The tier's id, as in `nines:tier`. */
  readonly tier: string;
  /**
   * Name of the page.
   * @default that of the tier
   */
  readonly page?: string;
  readonly title: string;
  readonly stackName: string;
  /** What the tier is, in two or three sentences. */
  readonly summary: string;
  /** @default none is shown */
  readonly budget?: TierBudget;
  /**
   * How services of AWS stand to each other, for what their published design goals allow.
   * @default none is computed
   */
  readonly designGoals?: DesignGoalShape;
  /** What takes it down, weakest first. */
  readonly weakestLinks: readonly string[];
  readonly topics: readonly Topic[];
}
