import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CFN_LINT_VERSION, judgeFindings, lintTemplates, provisionCfnLint } from './cfn-lint.ts';
import type { ExplainedWarning, TemplateFinding } from './cfn-lint.ts';

const INSTALLED = { python: 'python3', packages: '/packages' };

const lintWith = (stdout: string, stderr = '') =>
  lintTemplates({
    installed: INSTALLED,
    files: ['/out/shop.json'],
    signal: new AbortController().signal,
    run: () => Promise.resolve({ stdout, stderr }),
  });

describe('linting templates', () => {
  it('answers what is wrong, in which template and where', async () => {
    const reported = [
      {
        Filename: '/out/shop.json',
        Location: { Path: ['Resources', 'Topic', 'DependsOn', 1] },
        Message: "'x' is not of type 'string'",
        Rule: { Id: 'E3012' },
      },
    ];
    expect(await lintWith(JSON.stringify(reported))).toEqual([
      {
        rule: 'E3012',
        template: 'shop.json',
        where: 'Resources.Topic.DependsOn.1',
        message: "'x' is not of type 'string'",
      },
    ]);
  });

  it('takes silence for nothing found only when the linter says so', async () => {
    expect(await lintWith('[]')).toEqual([]);
    await expect(lintWith('', 'Traceback\nMemoryError')).rejects.toMatchObject({
      code: 'cfn-lint-failed',
      message: expect.stringContaining('MemoryError') as string,
    });
  });

  it('says what is missing when it cannot be installed', async () => {
    const run = () => Promise.reject(new Error('spawn python3 ENOENT'));
    await expect(provisionCfnLint({ pythons: ['python3'], run })).rejects.toMatchObject({
      code: 'cfn-lint-unavailable',
      message: expect.stringContaining('Install Python 3.10 or later with pip') as string,
    });
  });

  it('pins the version that it names, and every file by its checksum', async () => {
    const text = await readFile(new URL('../cfn-lint/requirements.txt', import.meta.url), 'utf8');
    const packages = text.split(/\n(?=\S)/);
    expect(packages.some((lines) => lines.startsWith(`cfn-lint==${CFN_LINT_VERSION} `))).toBe(true);
    for (const lines of packages) expect(lines).toMatch(/^\S+==\S+ .*\n +--hash=sha256:[0-9a-f]{64}/);
  });
});

describe('the verdict on findings', () => {
  const EXPLAINED: ExplainedWarning = { rule: 'W3005', says: /already enforced/, why: 'harmless' };
  const finding = (rule: string, message: string): TemplateFinding => ({
    rule,
    template: 'shop.json',
    where: 'Resources.Topic',
    message,
  });

  it('leaves out a warning that is explained, and nothing else of the same rule or of the same words', () => {
    const other = finding('W3005', 'another message');
    const error = finding('E3005', 'already enforced');
    expect(judgeFindings([finding('W3005', 'already enforced by a Ref'), other, error], [EXPLAINED])).toEqual(
      {
        findings: [other, error],
        explained: 1,
        stale: [],
      },
    );
  });

  it('names an explanation of what is not found any more', () => {
    expect(judgeFindings([], [EXPLAINED])).toEqual({ findings: [], explained: 0, stale: [EXPLAINED] });
  });
});
