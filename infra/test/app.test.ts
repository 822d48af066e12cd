/** The app as the CDK's command line runs it: a process, with settings as context, writing a cloud assembly. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APPLICATION_FIXTURE, synthesizeThreeNines } from './synthesized.ts';

const INFRA = join(import.meta.dirname, '..');

const { app: command, context } = JSON.parse(readFileSync(join(INFRA, 'cdk.json'), 'utf8')) as {
  readonly app: string;
  readonly context: Readonly<Record<string, unknown>>;
};

/** Each test starts a process that loads the whole CDK; on a busy machine that alone can take half a minute. */
const TIMEOUT_MS = 180_000;

describe('the app', { timeout: TIMEOUT_MS }, () => {
  let output: string;

  beforeEach(() => {
    output = mkdtempSync(join(tmpdir(), 'nines-cdk-out-'));
  });

  afterEach(() => {
    rmSync(output, { recursive: true, force: true });
  });

  const run = (settings: Readonly<Record<string, string>>, environment: Record<string, string> = {}) => {
    const [executable = '', ...parameters] = command.split(' ');
    return spawnSync(executable === 'node' ? process.execPath : executable, parameters, {
      cwd: INFRA,
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'],
        CDK_OUTDIR: output,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...settings }),
        ...environment,
      },
    });
  };
  const written = (file: string): unknown => JSON.parse(readFileSync(join(output, file), 'utf8'));

  it('writes the template that the tests look at', () => {
    const { status } = run({ appDist: APPLICATION_FIXTURE });

    expect(status).toBe(0);
    expect(written('nines-three-nines.template.json')).toMatchObject({
      Resources: { ...synthesizeThreeNines().resources },
    });
  });

  it('does not synthesize with a finding of cdk-nag that nobody has explained', () => {
    const forgetful = join(import.meta.dirname, 'fixtures/without-acknowledgements.mjs');
    const { status, stderr } = run(
      { appDist: APPLICATION_FIXTURE },
      { NODE_OPTIONS: `--import ${forgetful}` },
    );

    expect(status).not.toBe(0);
    expect(stderr).toContain('AwsSolutions-RDS11');
  });

  it('refuses wrong settings with exit code 2, all at once, in plain words', () => {
    const { status, stderr } = run({ data: 'kept', ratedRps: 'many' });

    expect(status).toBe(2);
    expect(stderr).toBe(
      'These settings cannot be deployed:\n' +
        '  - data=kept: allowed are keep, destroy.\n' +
        '  - ratedRps=many: expected a whole number of requests/s from 1 to 100000.\n',
    );
  });

  it('asks for a build of the application with exit code 2 when there is none', () => {
    const { status, stderr } = run({ appDist: output });

    expect(status).toBe(2);
    expect(stderr).toMatch(/server\.mjs does not exist: build the application first/);
  });
});
