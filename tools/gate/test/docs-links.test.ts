import { describe, expect, it } from 'vitest';
import { checkLinks } from '../src/docs/links.ts';
import { createFileTree } from '../src/file-tree.ts';

const problemsIn = (page: string): string[] =>
  checkLinks(
    createFileTree({
      'package.json': '{ "scripts": { "gameday": "x" } }',
      'README.md': '[a](docs/page.md) [b](docs/other.md) [c](<docs/with space.md>)',
      'docs/page.md': page,
      'docs/other.md': '# The *other* page\n\n## Same\n\n## Same\n\n<a id="by-hand"></a>\n',
      'docs/with space.md': '',
      'libs/retry/README.md': '# Retry\n',
      'libs/retry/src/retry.ts': '',
    }),
  ).map(({ path, line, problem }) => `${path}:${line} ${problem}`);

describe('links', () => {
  it.each([
    '[a](other.md)',
    '[a](./other.md#the-other-page)',
    '[a](other.md#same-1)',
    '[a](other.md#by-hand)',
    '# Here\n\n[a](#here)',
    '[a](../libs/retry)',
    '[a](../libs/retry#retry)',
    '[a](/libs/retry/README.md)',
    '[a](../libs/retry/src/retry.ts#L1)',
    '[a](<with space.md>)',
    '[a](with%20space.md)',
    '[a][b]\n\n[b]: other.md',
    '[a](https://example.com/nowhere#x)',
    '<mailto:a@example.com>',
    '```md\n[a](missing.md)\n```',
    '`[a](missing.md)` and `[a][b]`',
  ])('accepts %j', (page) => {
    expect(problemsIn(page)).toEqual([]);
  });

  it.each([
    ['one\n\n[a](missing.md)', 'docs/page.md:3 "missing.md" leads to docs/missing.md, which does not exist'],
    ['![a](picture.png)', 'docs/page.md:1 "picture.png" leads to docs/picture.png, which does not exist'],
    [
      '<img src="picture.png">',
      'docs/page.md:1 "picture.png" leads to docs/picture.png, which does not exist',
    ],
    ['[a](other.md#gone)', 'docs/page.md:1 "other.md#gone": no heading there is called "#gone"'],
    ['[a](#gone)', 'docs/page.md:1 "#gone": no heading there is called "#gone"'],
    ['[a][b]\n\n[b]: gone.md', 'docs/page.md:3 "gone.md" leads to docs/gone.md, which does not exist'],
    ['[a][b]', 'docs/page.md:1 [a][b] refers to a link that the page does not define'],
    ['[a](../../outside.md)', 'docs/page.md:1 "../../outside.md" leads out of the repository'],
    ['[a](https://)', 'docs/page.md:1 "https://" is not a valid address'],
    [
      '[a](../libs/retry/src/retry.ts#retry)',
      'docs/page.md:1 "../libs/retry/src/retry.ts#retry" names a heading in something that has no headings',
    ],
  ])('finds what is wrong with %j', (page, problem) => {
    expect(problemsIn(page)).toEqual([problem]);
  });
});

describe('commands in pages', () => {
  it('accepts a script that exists', () => {
    expect(problemsIn('```sh\nnpm run gameday\n```')).toEqual([]);
  });

  it('finds a script that does not, with its line', () => {
    expect(problemsIn('```sh\n# first\nnpm run gaemday\n```')).toEqual([
      'docs/page.md:3 "npm run gaemday" names a script that the root package.json does not have',
    ]);
  });
});

describe('pages without a reader', () => {
  const orphans = (files: Readonly<Record<string, string>>): string[] =>
    checkLinks(createFileTree(files)).map(({ path }) => path);

  it('are found in docs', () => {
    expect(orphans({ 'docs/README.md': '[a](read.md)', 'docs/read.md': '', 'docs/orphan.md': '' })).toEqual([
      'docs/orphan.md',
    ]);
  });

  it('are not saved by a link of their own', () => {
    expect(orphans({ 'docs/README.md': '', 'docs/a.md': '# A\n\n[top](#a) [self](a.md)' })).toEqual([
      'docs/a.md',
    ]);
  });

  it('are none where a link to the folder shows the page', () => {
    expect(orphans({ 'docs/README.md': '[a](adr/)', 'docs/adr/README.md': '' })).toEqual([]);
  });

  it('are not looked for beside code, where a reader of the code finds them', () => {
    expect(orphans({ 'libs/retry/README.md': '' })).toEqual([]);
  });
});
