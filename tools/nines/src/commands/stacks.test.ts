import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import type { CdkCall } from '../cdk/cdk-cli.ts';
import { runProgram } from '../program.ts';
import { createStackCommands } from './stacks.ts';

let assembly: string;
let calls: CdkCall[];

beforeEach(async () => {
  assembly = await mkdtemp(join(tmpdir(), 'nines-stacks-test-'));
  calls = [];
});
afterEach(async () => {
  await rm(assembly, { recursive: true });
});

const TEMPLATE = { Resources: { Topic: { Type: 'AWS::SNS::Topic' }, Key: { Type: 'AWS::KMS::Key' } } };
const BUCKET = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain' } } };

/** Writes what a synthesis would; every other call ends as told. */
async function run(
  args: readonly string[],
  { templates = { 'nines-three-nines': TEMPLATE }, exitCode = 0, synthExitCode = 0, output = '' } = {} as {
    templates?: Record<string, object>;
    exitCode?: number | null;
    synthExitCode?: number;
    output?: string;
  },
  interruption = new AbortController(),
) {
  const console = createFakeConsole();
  const command = createStackCommands({
    assembly,
    build: () => Promise.resolve(),
    runCdk: async (call) => {
      calls.push(call);
      if (call.args[0] !== 'synth') return { exitCode, output: '' };
      const artifacts: Record<string, unknown> = {};
      for (const [name, template] of Object.entries(templates)) {
        const properties = { templateFile: `${name}.json` };
        artifacts[name] = {
          type: 'aws:cloudformation:stack',
          environment: 'aws://unknown-account/eu-west-1',
          properties,
        };
        await writeFile(join(assembly, `${name}.json`), JSON.stringify(template));
      }
      await writeFile(join(assembly, 'manifest.json'), JSON.stringify({ artifacts }));
      return { exitCode: synthExitCode, output };
    },
  });
  const code = await runProgram(args, { console, signal: interruption.signal }, [command]);
  return { code, said: console.lines.join('\n'), result: console.results.join('\n') };
}
const argsOf = (index: number) => calls[index]?.args.join(' ');

describe('nines synth', () => {
  it('says where the templates of the tier are, those of other tiers left out', async () => {
    const { code, result } = await run(['synth', 'five-nines', '--json'], {
      templates: {
        'nines-five-nines-eu-west-1': TEMPLATE,
        'nines-five-nines-global': BUCKET,
        'nines-three-nines': TEMPLATE,
      },
    });
    expect(code).toBe(0);
    expect(JSON.parse(result)).toEqual([
      {
        stack: 'nines-five-nines-eu-west-1',
        region: 'eu-west-1',
        resources: 2,
        template: `${assembly}/nines-five-nines-eu-west-1.json`,
      },
      {
        stack: 'nines-five-nines-global',
        region: 'eu-west-1',
        resources: 1,
        template: `${assembly}/nines-five-nines-global.json`,
      },
    ]);
    expect(calls).toHaveLength(1);
  });

  it('passes the settings on, and says what the app said about wrong ones', async () => {
    const { code, said } = await run(['synth', 'three-nines', '-c', 'data=gone', '-c', 'ratedRps=0'], {
      synthExitCode: 1,
      output: 'data=gone: allowed are keep, destroy.\n',
    });
    expect(argsOf(0)).toBe(
      `synth --quiet --no-notices --output ${assembly} --context data=gone --context ratedRps=0`,
    );
    expect(code).toBe(2);
    expect(said).toContain('data=gone: allowed are keep, destroy. [synthesis-failed]');
  });

  it.each([
    [['synth', 'six-nines'], 'there is no tier "six-nines"'],
    [['synth', 'three-nines', '-c', 'data'], '"data" is no setting'],
    [['synth', 'three-nines', '--flavour', 'containers'], 'servers'],
    [['deploy', 'three-nines', '--profile', '--force'], 'is no name of an AWS profile'],
    [['destroy', 'three-nines', '--profile', 'a b'], 'is no name of an AWS profile'],
  ])('%j is refused before the CDK is started', async (args, message) => {
    const { code, said } = await run(args);
    expect(code).toBe(2);
    expect(said).toContain(message);
    expect(calls).toEqual([]);
  });
});

describe('nines deploy', () => {
  it('deploys what was synthesized, on the terminal', async () => {
    const { code } = await run(['deploy', 'three-nines', '--profile', 'shop', '--yes']);
    expect(code).toBe(0);
    expect(argsOf(1)).toBe(
      `deploy --no-notices --app ${assembly} --profile shop --require-approval never nines-three-nines`,
    );
    expect(calls.map(({ speaks }) => speaks)).toEqual(['kept', 'terminal']);
  });

  it('ends with 1 when the deployment failed', async () => {
    expect((await run(['deploy', 'three-nines'], { exitCode: 1 })).code).toBe(1);
  });

  it('ends with 2 when the user ended it', async () => {
    const interruption = new AbortController();
    interruption.abort();
    const { code, said } = await run(['deploy', 'three-nines'], { exitCode: null }, interruption);
    expect(code).toBe(2);
    expect(said).toContain('[interrupted]');
  });
});

describe('nines destroy', () => {
  it('would leave nothing of a stack that keeps nothing: a key that waits is no leftover', async () => {
    const { code, result } = await run(['destroy', 'three-nines', '--dry-run']);
    expect(code).toBe(0);
    expect(result).toBe(
      'goes later:\n  nines-three-nines Key (AWS::KMS::Key) is deleted after 30 days (PendingWindowInDays)',
    );
    expect(calls).toHaveLength(1);
  });

  it('that would leave something says what, and ends with 1', async () => {
    const templates = { 'nines-three-nines': BUCKET };
    const { code, result } = await run(['destroy', 'three-nines', '--dry-run'], { templates });
    expect(code).toBe(1);
    expect(result).toBe('stays:\n  nines-three-nines Bucket (AWS::S3::Bucket) stays (DeletionPolicy Retain)');
    const asJson = await run(['destroy', 'three-nines', '--dry-run', '--json'], { templates });
    expect(JSON.parse(asJson.result)).toMatchObject([{ stack: 'nines-three-nines', kind: 'kept' }]);
  });

  it('says what stays before the CDK asks', async () => {
    const templates = { 'nines-three-nines': BUCKET };
    const { code, said } = await run(['destroy', 'three-nines'], { templates });
    expect(code).toBe(0);
    expect(said).toContain('Bucket (AWS::S3::Bucket) stays');
    expect(argsOf(1)).toBe(`destroy --no-notices --app ${assembly} nines-three-nines`);
  });

  it('with nothing to leave says so', async () => {
    const templates = { 'nines-three-nines': { Resources: { Topic: { Type: 'AWS::SNS::Topic' } } } };
    const { result } = await run(['destroy', 'three-nines', '--dry-run'], { templates });
    expect(result).toBe('destroying it leaves nothing behind');
  });
});
