import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type MultiRegionTier,
  type Resource,
  synthesize,
  synthesizeRegions,
  type Tier,
} from '../../../test/synthesized.ts';
import type { Evidence, TierTopics } from '../../tier-pages/topics.ts';
import { FIVE_NINES_TOPICS } from './five-nines-topics.ts';
import { FOUR_NINES_TOPICS } from './four-nines-topics.ts';
import { THREE_NINES_TOPICS } from './three-nines-topics.ts';
import { WARM_STANDBY_TOPICS } from './warm-standby-topics.ts';
import { TWO_NINES_TOPICS } from './two-nines-topics.ts';

const REPOSITORY = join(import.meta.dirname, '../../../..');

interface Deployed {
  readonly stackNames: readonly string[];
  /** Of all stacks together: regions of a tier have the same names for the same things. */
  readonly resources: Readonly<Record<string, Resource>>;
}

function oneStack(tier: Tier): Deployed {
  const { stack, resources } = synthesize(tier);
  return { stackNames: [stack.stackName], resources };
}

function severalRegions(tier: MultiRegionTier): Deployed {
  const { home, standby, global } = synthesizeRegions(tier).parts;
  return {
    stackNames: [home, standby, global].map(({ stack }) => stack.stackName),
    resources: { ...home.resources, ...standby.resources, ...global.resources },
  };
}

const TOPICS: readonly (readonly [string, TierTopics, () => Deployed])[] = [
  ['two-nines', TWO_NINES_TOPICS, () => oneStack('two-nines')],
  ['three-nines', THREE_NINES_TOPICS, () => oneStack('three-nines')],
  ['four-nines', FOUR_NINES_TOPICS, () => oneStack('four-nines')],
  ['warm-standby', WARM_STANDBY_TOPICS, () => severalRegions('warm-standby')],
  ['five-nines', FIVE_NINES_TOPICS, () => severalRegions('five-nines')],
];

describe.each(TOPICS)('the topics of the %s tier', (_, topicsOfTier, deploy) => {
  const evidence: readonly Evidence[] = topicsOfTier.topics.flatMap(({ promises }) =>
    promises.flatMap(({ fulfilledBy }) => fulfilledBy),
  );
  let deployed: Deployed;

  beforeAll(() => {
    deployed = deploy();
  });

  it('are the seven of the Reliability Pillar, in its order', () => {
    expect(topicsOfTier.topics.map(({ name }) => name)).toEqual([
      'Monitor resources',
      'Adapt to changes in demand',
      'Implement change',
      'Back up data',
      'Architect for resiliency',
      'Test resiliency',
      'Plan for disaster recovery',
    ]);
  });

  it('promise nothing without evidence', () => {
    for (const { promises } of topicsOfTier.topics) {
      expect(promises.length).toBeGreaterThan(0);
      for (const { fulfilledBy } of promises) expect(fulfilledBy.length).toBeGreaterThan(0);
    }
  });

  it('point at resources that are in the template', () => {
    const missing = evidence.filter((item) => 'resource' in item && !(item.resource in deployed.resources));

    expect(missing).toEqual([]);
  });

  it('point at documents and sources that are in the repository', () => {
    const missing = evidence
      .flatMap((item) => ('document' in item ? item.document : 'source' in item ? item.source : []))
      .filter((path) => !existsSync(join(REPOSITORY, path)));

    expect(missing).toEqual([]);
  });

  it('name the stack by its name', () => {
    const pattern = new RegExp(`^${topicsOfTier.stackName.replace('*', '[a-z0-9-]+')}$`);

    for (const name of deployed.stackNames) expect(name).toMatch(pattern);
  });

  it('leave no alarm and no alert of the stack unmentioned', () => {
    const mentioned = new Set(evidence.flatMap((item) => ('resource' in item ? item.resource : [])));
    const alerting = Object.entries(deployed.resources)
      .filter(([, { Type }]) =>
        [
          'AWS::CloudWatch::Alarm',
          'AWS::CloudWatch::CompositeAlarm',
          'AWS::Events::Rule',
          'AWS::RDS::EventSubscription',
        ].includes(Type),
      )
      // A part of a composite alarm tells nobody; the composite one does.
      .filter(([, { Type, Properties }]) => Type !== 'AWS::CloudWatch::Alarm' || 'AlarmActions' in Properties)
      .map(([id]) => id);

    expect(alerting.filter((id) => !mentioned.has(id))).toEqual([]);
  });
});
