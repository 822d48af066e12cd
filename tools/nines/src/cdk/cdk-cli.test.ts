import { describe, expect, it } from 'vitest';
import { INFRA } from '../workspace.ts';
import { createRunCdk } from './cdk-cli.ts';

const NEVER = new AbortController().signal;
const node = (program: string) => createRunCdk([process.execPath, '--eval', program]);

describe('the CDK as a process', () => {
  it('gets its arguments one by one, in the folder of infra, and its end and words are handed back', async () => {
    const run = node(
      'console.log(JSON.stringify(process.argv.slice(1)), process.cwd()); console.error("and this"); process.exitCode = 3;',
    );
    const { exitCode, output } = await run({ args: ['a b', '$(c)', ';'], signal: NEVER, speaks: 'kept' });
    expect(exitCode).toBe(3);
    expect(output).toContain(`["a b","$(c)",";"] ${INFRA}`);
    expect(output).toContain('and this');
  });

  it('sends nothing of its own to anybody', async () => {
    const run = node(
      'console.log(process.env.CDK_DISABLE_VERSION_CHECK, process.env.CDK_DISABLE_CLI_TELEMETRY)',
    );
    expect((await run({ args: [], signal: NEVER, speaks: 'kept' })).output).toBe('1 true\n');
  });

  it('is interrupted when this process is', async () => {
    const interruption = new AbortController();
    const running = node('setInterval(() => undefined, 1000)')({
      args: [],
      signal: interruption.signal,
      speaks: 'kept',
    });
    interruption.abort();
    expect((await running).exitCode).toBeNull();
  });

  it('that is not there is told by the system', async () => {
    await expect(
      createRunCdk(['/no/such/cdk'])({ args: [], signal: NEVER, speaks: 'kept' }),
    ).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
