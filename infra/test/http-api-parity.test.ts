/**
 * A team that is still on `@aws-cdk/aws-apigatewayv2-alpha` gets the same resources: the app, run as the command line
 * runs it, once with the module of `aws-cdk-lib` and once with the alpha package in its place.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPLICATION_FIXTURE } from './synthesized.ts';

const INFRA = join(import.meta.dirname, '..');
const HOOK = join(import.meta.dirname, 'fixtures/with-alpha-http-api.mjs');
const { context } = JSON.parse(readFileSync(join(INFRA, 'cdk.json'), 'utf8')) as { readonly context: object };

type Resources = Readonly<Record<string, { readonly Type: string }>>;

describe('every stack with an HTTP API', { timeout: 600_000 }, () => {
  const output = mkdtempSync(join(tmpdir(), 'nines-parity-'));
  let stable: Readonly<Record<string, Resources>>;
  let alpha: Readonly<Record<string, Resources>>;
  let alphaErrors: string;

  /** Resources of each serverless stack, and what was printed. */
  function synthesize(name: string, nodeOptions: string) {
    const folder = join(output, name);
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@nines/source', 'src/bin/nines.ts'],
      {
        cwd: INFRA,
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          NODE_OPTIONS: nodeOptions,
          CDK_OUTDIR: folder,
          CDK_CONTEXT_JSON: JSON.stringify({ ...context, appDist: APPLICATION_FIXTURE }),
        },
      },
    );
    expect(status, stderr).toBe(0);
    const stacks = readdirSync(folder)
      .filter((file) => file.includes('-serverless') && file.endsWith('.template.json'))
      .map((file) => [
        file.replace('.template.json', ''),
        (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly Resources: Resources }).Resources,
      ]);
    return { stacks: Object.fromEntries(stacks) as Record<string, Resources>, stderr };
  }

  beforeAll(() => {
    stable = synthesize('stable', '').stacks;
    ({ stacks: alpha, stderr: alphaErrors } = synthesize('alpha', `--import ${HOOK}`));
  }, 600_000);

  afterAll(() => {
    rmSync(output, { recursive: true, force: true });
  });

  it('was made with the alpha package when that was asked for: it says that it is deprecated', () => {
    expect(alphaErrors).toMatch(/apigatewayv2-alpha.*deprecated/i);
  });

  it('is there in each tier', () => {
    const withApi = Object.entries(stable)
      .filter(([, resources]) =>
        Object.values(resources).some(({ Type }) => Type === 'AWS::ApiGatewayV2::Api'),
      )
      .map(([name]) => name);

    expect(withApi.sort()).toEqual([
      'nines-five-nines-serverless-eu-central-1',
      'nines-five-nines-serverless-eu-west-1',
      'nines-five-nines-serverless-eu-west-2',
      'nines-four-nines-serverless',
      'nines-three-nines-serverless',
      'nines-two-nines-serverless',
      'nines-warm-standby-serverless-eu-central-1',
      'nines-warm-standby-serverless-eu-west-1',
    ]);
  });

  it('has the same resources either way', () => {
    expect(Object.keys(alpha).sort()).toEqual(Object.keys(stable).sort());
    for (const [name, resources] of Object.entries(stable)) expect(alpha[name], name).toEqual(resources);
  });
});
