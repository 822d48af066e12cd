/** Runbooks and playbooks are read in a hurry: each has the same parts, and alarms point at ones that exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { synthesizeThreeNines } from './synthesized.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const PARTS = ['Trigger', 'Expected time', 'Steps', 'How to verify', 'How to undo'];

const threeNines = synthesizeThreeNines();

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

  it('names resources and outputs that the stack has', () => {
    const { resources, template } = threeNines;
    const outputs = template.toJSON()['Outputs'] as object;
    const named = (kind: string): string[] =>
      [...text.matchAll(new RegExp(`\\$\\(${kind} (\\w+)\\)`, 'g'))].map(([, id]) => id ?? '');

    expect(named('resource').filter((id) => !(id in resources))).toEqual([]);
    expect(named('output').filter((id) => !(id in outputs))).toEqual([]);
  });

  it('has commands that a shell understands', () => {
    for (const [, commands] of text.matchAll(/^```sh\n(.*?)^```$/gms)) {
      expect(() => execFileSync('bash', ['-n'], { input: commands, stdio: 'pipe' })).not.toThrow();
    }
  });
});

describe('the alarms of the three-nines stack', () => {
  it('name playbooks that exist', () => {
    const named = new Set(
      JSON.stringify(threeNines.template.toJSON()).match(/docs\/playbooks\/[a-z-]+\.md/g),
    );

    expect(named.size).toBeGreaterThan(0);
    for (const path of named) expect(existsSync(join(REPOSITORY, path)), path).toBe(true);
  });
});
