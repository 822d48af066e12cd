/** Runbooks and playbooks are read in a hurry: each has the same parts, and alarms point at ones that exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_SERVERLESS_TIERS, serverlessParts } from './synthesized-serverless.ts';
import { ALL_REGION_TIERS, synthesize, synthesizeRegions, TIERS } from './synthesized.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const PARTS = ['Trigger', 'Expected time', 'Steps', 'How to verify', 'How to undo'];

const stacks = [
  ...TIERS.map((tier) => synthesize(tier)),
  ...ALL_REGION_TIERS.flatMap((tier) => Object.values(synthesizeRegions(tier).parts)),
  ...ALL_SERVERLESS_TIERS.flatMap((tier) => serverlessParts(tier)),
];

const documents = ['docs/runbooks', 'docs/playbooks'].flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => `${folder}/${file}`),
);

describe.each(documents)('%s', (path) => {
  const text = readFileSync(join(REPOSITORY, path), 'utf8');

  it('says when it applies, how long it takes, what to do, how to verify and how to undo, in this order', () => {
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(PARTS);
  });

  it('is listed in its folder', () => {
    const [folder, file] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/') + 1)];

    expect(readFileSync(join(REPOSITORY, folder, 'README.md'), 'utf8')).toContain(`](${file})`);
  });

  it('names resources and outputs that a stack has', () => {
    const known = stacks.flatMap(({ resources, template }) => [
      ...Object.keys(resources),
      ...Object.keys((template.toJSON()['Outputs'] ?? {}) as object),
    ]);
    const named = [...text.matchAll(/\$\((?:resource|output) (\w+)\)/g)].map(([, id]) => id ?? '');

    expect(named.filter((id) => !known.includes(id))).toEqual([]);
  });

  it('has commands that a shell understands', () => {
    for (const [, commands] of text.matchAll(/^```sh\n(.*?)^```$/gms)) {
      expect(() => execFileSync('bash', ['-n'], { input: commands, stdio: 'pipe' })).not.toThrow();
    }
  });
});

/** Some stacks of a tier only serve, and others watch them. */
const alerting = stacks.filter(({ resources }) => 'AlertTopic' in resources);

describe.each(alerting.map((stack) => [stack.stack.stackName, stack] as const))(
  'the alarms of %s',
  (_, stack) => {
    it('name playbooks that exist', () => {
      const named = new Set(JSON.stringify(stack.template.toJSON()).match(/docs\/playbooks\/[a-z-]+\.md/g));

      expect(named.size).toBeGreaterThan(0);
      for (const path of named) expect(existsSync(join(REPOSITORY, path)), path).toBe(true);
    });
  },
);
