import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import { runProgram } from '../program.ts';

let project = '';
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'nines-add-'));
});
afterEach(() => {
  rmSync(project, { recursive: true, force: true });
});

async function run(...args: readonly string[]) {
  const console = createFakeConsole();
  const code = await runProgram(['add', ...args], { console, signal: new AbortController().signal });
  return { code, result: console.results.join(''), said: console.lines.join('\n') };
}

describe('nines add', () => {
  test('copies a library of this repository and says what it did', async () => {
    const { code, result } = await run('retry', '--to', project);
    expect(code).toBe(0);
    expect(result).toContain('retry.ts: copied');
    expect(readdirSync(project).sort()).toEqual(['nines.lock.json', 'retry.ts']);
  });

  test('gives its result as JSON', async () => {
    const { result } = await run('retry', '--to', project, '--with-test', '--imports', 'js', '--json');
    expect(JSON.parse(result)).toMatchObject({
      files: [
        { name: 'retry.ts', action: 'create' },
        { name: 'retry.test.ts', action: 'create' },
      ],
      refusals: [],
      testPackages: ['fast-check', 'vitest'],
    });
    expect(readFileSync(join(project, 'retry.test.ts'), 'utf8')).toContain("from './retry.js'");
  });

  test('names the libraries, the stores of idempotency among them', async () => {
    const { code, result } = await run('--list');
    expect(code).toBe(0);
    expect(result).toMatch(/^retry +\d+\.\d+\.\d+ +Retry with/m);
    expect(result).toMatch(/^idempotency-dynamodb +\S+ +belongs to idempotency$/m);
    const json = JSON.parse((await run('--list', '--json')).result) as { name: string }[];
    expect(json.find(({ name }) => name === 'idempotency-postgres')).toEqual({
      name: 'idempotency-postgres',
      package: '@nines/idempotency',
      version: expect.any(String) as unknown,
      description: expect.any(String) as unknown,
      source: 'libs/resilience/idempotency/src/idempotency-postgres.ts',
    });
  });

  test('ends with 1 and leaves everything alone when a file was changed there', async () => {
    await run('retry', '--to', project);
    writeFileSync(join(project, 'retry.ts'), '// mine\n');
    const { code, result } = await run('retry', 'timeout', '--to', project);
    expect(code).toBe(1);
    expect(result).toContain('refused: retry.ts was changed there');
    expect(result).toContain('nothing was written');
    expect(readdirSync(project).sort()).toEqual(['nines.lock.json', 'retry.ts']);
  });

  test('shows what moved since, and ends with 1 when something did', async () => {
    await run('retry', 'timeout', '--to', project);
    expect(await run('--diff', '--to', project)).toMatchObject({
      code: 0,
      result: expect.stringContaining('timeout.ts') as unknown,
    });
    writeFileSync(join(project, 'retry.ts'), '// mine\n');
    const { code, result } = await run('retry', '--diff', '--to', project);
    expect(code).toBe(1);
    expect(result).toMatch(/^retry\.ts \(\S+\): changed there$/m);
    expect(result).toContain('+// mine');
    expect(result).not.toContain('timeout');
  });

  test.each([
    [['retry'], 'say with --to'],
    [['--to', '.'], 'say which libraries'],
    [['retri', '--to', '.'], 'there is no library "retri"'],
    [['retry', '--to', '/nowhere/at/all'], 'does not exist'],
    [['--diff', '--to', tmpdir()], 'nothing was copied there'],
    [['retry', '--to', '.', '--imports', 'mjs'], 'Allowed choices are ts, js'],
  ])('ends with 2 and says why for %j', async (args, why) => {
    const { code, said } = await run(...args);
    expect(code).toBe(2);
    expect(said).toContain(why);
  });

  test('explains itself with examples and exit codes', async () => {
    const { code, result } = await run('--help');
    expect(code).toBe(0);
    expect(result).toContain('nines add idempotency idempotency-dynamodb --to ../my-app/src');
    expect(result).toContain('Exit codes: 0');
  });
});
