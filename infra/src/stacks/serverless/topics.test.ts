import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serverlessTier, type ServerlessTierName } from '../../../test/synthesized-serverless.ts';
import type { Resource } from '../../../test/synthesized.ts';
import type { Evidence } from '../../tier-pages/topics.ts';
import { SERVERLESS_TOPICS } from './topics.ts';

const REPOSITORY = join(import.meta.dirname, '../../../..');

/** Of all stacks of the tier together: regions have the same names for the same things. */
function deployed(tier: string): Readonly<Record<string, Resource>> {
  const { stackNames, part } = serverlessTier(tier as ServerlessTierName);
  const prefix = `nines-${tier}-serverless`;
  return Object.assign(
    {},
    ...stackNames.map((name) => part(name.slice(prefix.length + 1)).resources),
  ) as Record<string, Resource>;
}

describe.each(SERVERLESS_TOPICS.map((topics) => [topics.tier, topics] as const))(
  'the topics of the serverless %s tier',
  (tier, { topics, page, stackName }) => {
    const resources = deployed(tier);
    const evidence: readonly Evidence[] = topics.flatMap(({ promises }) =>
      promises.flatMap(({ fulfilledBy }) => fulfilledBy),
    );

    it('are the seven of the Reliability Pillar, in its order, on a page of their own', () => {
      expect(topics.map(({ name }) => name)).toEqual([
        'Monitor resources',
        'Adapt to changes in demand',
        'Implement change',
        'Back up data',
        'Architect for resiliency',
        'Test resiliency',
        'Plan for disaster recovery',
      ]);
      expect(page).toBe(`${tier}-serverless`);
      expect(stackName.startsWith(`nines-${tier}-serverless`)).toBe(true);
    });

    it('promise nothing without evidence', () => {
      for (const { promises } of topics)
        for (const { fulfilledBy } of promises) expect(fulfilledBy.length).toBeGreaterThan(0);
    });

    it('point at resources that are in the templates', () => {
      expect(
        evidence.flatMap((item) =>
          'resource' in item && !(item.resource in resources) ? item.resource : [],
        ),
      ).toEqual([]);
    });

    it('point at documents and sources that are in the repository', () => {
      const missing = evidence
        .flatMap((item) => ('document' in item ? item.document : 'source' in item ? item.source : []))
        .filter((path) => !existsSync(join(REPOSITORY, path)));

      expect(missing).toEqual([]);
    });

    it('leave no alarm, no alert and no experiment unmentioned', () => {
      const mentioned = new Set(evidence.flatMap((item) => ('resource' in item ? item.resource : [])));
      const telling = Object.entries(resources)
        .filter(
          ([id, { Type, Properties }]) =>
            Type === 'AWS::CloudWatch::CompositeAlarm' ||
            Type === 'AWS::FIS::ExperimentTemplate' ||
            (Type === 'AWS::Events::Rule' && id.endsWith('Alert')) ||
            // A part of a composite alarm tells nobody; the composite one does.
            (Type === 'AWS::CloudWatch::Alarm' && 'AlarmActions' in Properties),
        )
        .map(([id]) => id);

      expect(telling.filter((id) => !mentioned.has(id))).toEqual([]);
    });
  },
);
