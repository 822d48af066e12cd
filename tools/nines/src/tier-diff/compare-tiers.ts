/** Two tiers side by side: what the second buys, what it is made of, and what it promises in each topic. */
import { allowanceSeconds, tierOf, YEAR_SECONDS, yearBudget } from '@nines/availability';
import type { TierId } from '@nines/availability';
import type { Topology } from '@nines/topology';
import { structureOf } from './structure.ts';
import type { Topic, TopicPromise } from './tier-page.ts';

/** What is known of a tier from its templates and its page. */
export interface TierReading {
  readonly tier: TierId;
  readonly topology: Topology;
  /** CloudFormation types of all resources, one entry a resource. */
  readonly resourceTypes: readonly string[];
  /** Empty when the tier has no page. */
  readonly topics: readonly Topic[];
}

interface Year {
  readonly tier: TierId;
  readonly goal: string;
  readonly unplannedMinutes: number;
  readonly plannedMinutes: number;
  readonly totalMinutes: number;
  readonly allowanceMinutes: number;
}

export interface TierComparison {
  readonly from: Year;
  readonly to: Year;
  /** Expected minutes of downtime a year that the second tier saves; negative when it has more. */
  readonly minutesBought: number;
  readonly structure: readonly {
    readonly fact: string;
    readonly from: string | null;
    readonly to: string | null;
  }[];
  readonly resources: {
    readonly from: number;
    readonly to: number;
    /** Types whose count differs, by name. */
    readonly types: readonly { readonly type: string; readonly from: number; readonly to: number }[];
  };
  readonly topics: readonly {
    readonly name: string;
    readonly kept: readonly string[];
    readonly gone: readonly TopicPromise[];
    readonly added: readonly TopicPromise[];
  }[];
}

function yearOf(id: TierId): Year {
  const tier = tierOf(id);
  const { unplannedMinutes, plannedMinutes, totalMinutes } = yearBudget(tier);
  return {
    tier: id,
    goal: tier.goal,
    unplannedMinutes,
    plannedMinutes,
    totalMinutes,
    allowanceMinutes: allowanceSeconds(tier, YEAR_SECONDS) / 60,
  };
}

function compareStructure(from: Topology, to: Topology): TierComparison['structure'] {
  const [before, after] = [structureOf(from), structureOf(to)];
  return [...new Set([...after.keys(), ...before.keys()])]
    .map((fact) => ({ fact, from: before.get(fact) ?? null, to: after.get(fact) ?? null }))
    .filter((one) => one.from !== one.to);
}

const countTypes = (types: readonly string[]): Map<string, number> =>
  types.reduce((counts, type) => counts.set(type, (counts.get(type) ?? 0) + 1), new Map<string, number>());

function compareResources(from: readonly string[], to: readonly string[]): TierComparison['resources'] {
  const [before, after] = [countTypes(from), countTypes(to)];
  const types = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((type) => ({ type, from: before.get(type) ?? 0, to: after.get(type) ?? 0 }))
    .filter((one) => one.from !== one.to);
  return { from: from.length, to: to.length, types };
}

function compareTopics(from: readonly Topic[], to: readonly Topic[]): TierComparison['topics'] {
  const names = [...new Set([...to, ...from].map(({ name }) => name))];
  const promisesOf = (topics: readonly Topic[], name: string): readonly TopicPromise[] =>
    topics.find((topic) => topic.name === name)?.promises ?? [];
  const without = (list: readonly TopicPromise[], others: readonly TopicPromise[]): TopicPromise[] =>
    list.filter(({ promise }) => !others.some((other) => other.promise === promise));
  return names.map((name) => {
    const [before, after] = [promisesOf(from, name), promisesOf(to, name)];
    const gone = without(before, after);
    return {
      name,
      kept: before.filter((one) => !gone.includes(one)).map(({ promise }) => promise),
      gone,
      added: without(after, before),
    };
  });
}

export function compareTiers(from: TierReading, to: TierReading): TierComparison {
  const [before, after] = [yearOf(from.tier), yearOf(to.tier)];
  return {
    from: before,
    to: after,
    minutesBought: before.totalMinutes - after.totalMinutes,
    structure: compareStructure(from.topology, to.topology),
    resources: compareResources(from.resourceTypes, to.resourceTypes),
    topics: compareTopics(from.topics, to.topics),
  };
}
