import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import { runProgram } from '../program.ts';
import { createDiffCommand } from './diff.ts';

let folder: string;
let calls: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nines-diff-test-'));
  calls = [];
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function run(args: readonly string[], exitCode = 0) {
  const console = createFakeConsole();
  const command = createDiffCommand({
    assembly: folder,
    pages: folder,
    build: () => Promise.resolve(),
    runCdk: async ({ args: given }) => {
      calls.push(given.join(' '));
      if (given[0] !== 'synth') return { exitCode, output: '' };
      const artifacts: Record<string, unknown> = {};
      for (const tier of ['three-nines', 'four-nines']) {
        const properties = { templateFile: `${tier}.json` };
        artifacts[`nines-${tier}`] = { type: 'aws:cloudformation:stack', properties };
        const template = { Resources: { [tier]: { Type: 'AWS::SNS::Topic' } } };
        await writeFile(join(folder, `${tier}.json`), JSON.stringify(template));
      }
      await writeFile(join(folder, 'manifest.json'), JSON.stringify({ artifacts }));
      await writeFile(
        join(folder, 'four-nines.md'),
        '### 1. Change\n\n| promise | fulfilled by |\n| Canary | `C` |\n',
      );
      return { exitCode: 0, output: '' };
    },
  });
  const signal = new AbortController().signal;
  const code = await runProgram(['diff', ...args], { console, signal }, [command]);
  return { code, said: console.lines.join('\n'), result: console.results.join('\n') };
}

it('with one tier asks the CDK what deploying it would change', async () => {
  expect((await run(['three-nines', '--profile', 'shop'])).code).toBe(0);
  expect(calls[1]).toBe(`diff --no-notices --app ${folder} --profile shop nines-three-nines`);
  expect((await run(['three-nines'], 1)).code).toBe(2);
});

it('with two tiers compares them from one synthesis; a tier without a page has no topics', async () => {
  const { code, result } = await run(['three-nines', 'four-nines', '--json']);
  expect(code).toBe(0);
  expect(calls).toHaveLength(1);
  expect(JSON.parse(result)).toMatchObject({
    from: { tier: 'three-nines' },
    to: { tier: 'four-nines' },
    minutesBought: 240,
    resources: { from: 1, to: 1, types: [] },
    topics: [{ name: 'Change', gone: [], added: [{ promise: 'Canary', fulfilledBy: ['C'] }] }],
  });
});

it.each([
  [['three-nines', 'three-nines'], 'name two different tiers'],
  [['three-nines', 'six-nines'], 'there is no tier "six-nines"'],
  [['six-nines'], 'there is no tier "six-nines"'],
  [['three-nines', '--json'], 'name the second one'],
  [['three-nines', 'warm-standby'], 'warm-standby is no stack of infra yet'],
])('%j is refused with what would be possible', async (args, message) => {
  const { code, said } = await run(args);
  expect(code).toBe(2);
  expect(said).toContain(message);
});
