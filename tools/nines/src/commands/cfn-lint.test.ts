import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TemplateFinding } from '@nines/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import { runProgram } from '../program.ts';
import { createCfnLintCommand } from './cfn-lint.ts';

let assembly: string;

beforeEach(async () => {
  assembly = await mkdtemp(join(tmpdir(), 'nines-cfn-lint-test-'));
});
afterEach(async () => {
  await rm(assembly, { recursive: true });
});

const STACKS = ['nines-three-nines', 'nines-three-nines-serverless', 'nines-five-nines-global'];

const finding = (rule: string, message: string): TemplateFinding => ({
  rule,
  template: 'nines-three-nines.json',
  where: 'Resources.Topic',
  message,
});

/** The linter finds `found` in whatever it is given. */
async function run(found: readonly TemplateFinding[], args: readonly string[] = [], synthExitCode = 0) {
  const console = createFakeConsole();
  const linted: string[] = [];
  const synthesized: string[] = [];
  const command = createCfnLintCommand({
    assembly,
    build: () => Promise.resolve(),
    runCdk: async (call) => {
      synthesized.push(call.args.join(' '));
      const artifacts: Record<string, unknown> = {};
      for (const name of STACKS) {
        const properties = { templateFile: `${name}.json` };
        artifacts[name] = {
          type: 'aws:cloudformation:stack',
          environment: 'aws://unknown-account/eu-west-1',
          properties,
        };
        await writeFile(join(assembly, `${name}.json`), '{}');
      }
      await writeFile(join(assembly, 'manifest.json'), JSON.stringify({ artifacts }));
      return { exitCode: synthExitCode, output: 'data=gone: allowed are keep, destroy.' };
    },
    lint: (files) => {
      linted.push(...files.map((file) => basename(file)));
      return Promise.resolve([...found]);
    },
  });
  const { signal } = new AbortController();
  const code = await runProgram(['cfn-lint', ...args], { console, signal }, [command]);
  return { code, linted, synthesized, result: console.results.join('\n'), said: console.lines.join('\n') };
}

describe('nines cfn-lint', () => {
  it('lints the template of every stack of every tier, of both flavours', async () => {
    const { code, linted, result } = await run([]);

    expect(code).toBe(0);
    expect(linted.sort()).toEqual(STACKS.map((name) => `${name}.json`).sort());
    expect(result).toContain('cfn-lint: 3 templates, 0 findings, 0 explained warnings');
  });

  it('is not met by an error, which it names', async () => {
    const { code, result } = await run([finding('E3012', 'not of type string')]);

    expect(code).toBe(1);
    expect(result).toContain('E3012 nines-three-nines.json Resources.Topic: not of type string');
  });

  it('is met in spite of a warning that is explained, and not of another one', async () => {
    const explained = finding('W3005', "'Topic' dependency already enforced by a 'Ref' at 'Resources'");

    expect((await run([explained])).code).toBe(0);
    expect((await run([explained, finding('W2001', 'unused')])).code).toBe(1);
  });

  it('could not be run with a setting that is none, and lints nothing', async () => {
    const { code, linted, said, synthesized } = await run([], ['-c', 'data=gone'], 2);

    expect({ code, linted }).toEqual({ code: 2, linted: [] });
    expect(synthesized[0]).toContain('--context data=gone');
    expect(said).toContain('data=gone: allowed are keep, destroy.');
  });
});
