import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileSnippets, executeSnippets, extractSnippets, type Snippet } from '../src/docs/snippets.ts';
import { createFileTree } from '../src/file-tree.ts';
import { WORKSPACE_ROOT } from '../src/workspace-root.ts';

const snippetsOf = (page: string): Snippet[] =>
  extractSnippets(createFileTree({ 'docs/page.md': page })).snippets;

describe('extracting snippets', () => {
  it('takes every ts fence with the line its code begins on, and says which run', () => {
    const page =
      '# A\n\n```ts\nconst a = 1;\n```\n\n- item\n\n  ```ts run\n  let b;\n  ```\n\n```sh\nls\n```\n';
    expect(snippetsOf(page)).toEqual([
      { path: 'docs/page.md', firstLine: 4, code: 'const a = 1;', runs: false },
      { path: 'docs/page.md', firstLine: 10, code: 'let b;', runs: true },
    ]);
  });

  it('finds a word after the language that means nothing', () => {
    const { findings } = extractSnippets(createFileTree({ 'docs/page.md': '```ts ignore\nnonsense\n```\n' }));
    expect(findings.map(({ path, line }) => `${path}:${line}`)).toEqual(['docs/page.md:1']);
  });
});

/** What is wrong, and how the compiler says so. The code stands on line 6 of its page. */
const BAD_CODE: readonly (readonly [name: string, code: string, problem: string])[] = [
  ['a type error', 'const a: number = "x";', "TS2322: Type 'string' is not assignable to type 'number'."],
  ['what strict options forbid', 'const a = [1][0].toFixed();', "TS2532: Object is possibly 'undefined'."],
  ['a syntax error', 'const a = ;', 'TS1109: Expression expected.'],
  [
    'a package that does not exist',
    "import '@nines/nowhere';",
    "TS2882: Cannot find module or type declarations for side-effect import of '@nines/nowhere'.",
  ],
];

describe('compiling snippets', () => {
  it('accepts code against Node, the workspace’s packages, and names used in two snippets', () => {
    const page =
      "```ts\nimport { join } from 'node:path';\nimport type {} from '@nines/availability';\n" +
      "const a: string = join('a', 'b');\nexport { a };\n```\n\n```ts\nconst a = 2;\n```\n";
    expect(compileSnippets(WORKSPACE_ROOT, snippetsOf(page))).toEqual([]);
  });

  // One compilation for all bad examples, because the compiler reads its libraries anew each time.
  const pages = BAD_CODE.map(([, code], index) => [
    `docs/${index}.md`,
    `# Title\n\n\`\`\`ts\nexport {};\n\n${code}\n\`\`\`\n`,
  ]);
  const tree = createFileTree(Object.fromEntries(pages) as Record<string, string>);
  const findings = compileSnippets(WORKSPACE_ROOT, extractSnippets(tree).snippets);

  it.each(BAD_CODE.map(([name, , problem], index) => ({ name, problem, path: `docs/${index}.md` })))(
    'finds $name with its line in the page',
    ({ path, problem }) => {
      expect(findings).toContainEqual({ rule: 'docs-snippets', path, line: 6, problem });
    },
  );
});

describe('running snippets', () => {
  const run = async (page: string): Promise<string[]> =>
    (await executeSnippets(WORKSPACE_ROOT, snippetsOf(page))).map(
      ({ line, problem }) => `${line}: ${problem.split('\n')[0] ?? ''}`,
    );

  it('accepts an example whose assertions hold', async () => {
    expect(
      await run("```ts run\nimport assert from 'node:assert/strict';\nassert.equal(1 + 1, 2);\n```"),
    ).toEqual([]);
  });

  it('finds an example that throws, with its line in the page', async () => {
    const page = "# Title\n\n```ts run\nconst a: number = 1;\n\nthrow new Error('no');\n```\n";
    expect(await run(page)).toEqual(['6: failed when run (exit code 1):']);
  });

  it('does not run what is only to be compiled', async () => {
    expect(await run("```ts\nthrow new Error('no');\n```")).toEqual([]);
  });

  it('leaves no file behind, and clears away nothing that another run is about to execute', async () => {
    const gate = join(WORKSPACE_ROOT, '.nines', 'gate');
    const running = (): string[] =>
      readdirSync(gate).filter((name) => existsSync(join(gate, name, 'docs-page.md-line-2.ts')));
    const short = run('```ts run\nexport {};\n```');
    const long = run("```ts run\nimport { readFileSync } from 'node:fs';\nexport {};\n```\n".repeat(3));
    expect(running()).toHaveLength(2);
    expect([await short, await long]).toEqual([[], []]);
    expect(running()).toEqual([]);
  });
});
