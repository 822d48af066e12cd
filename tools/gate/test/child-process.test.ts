import { describe, expect, it } from 'vitest';
import { endRunningCommands, runCommand } from '../src/child-process.ts';

const NODE = process.execPath;
const cwd = import.meta.dirname;

/** A parent that starts a child which holds the same output open, says so, and waits for ever, as the child does. */
const PARENT = `
  const { spawn } = require('node:child_process');
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  console.log('started');
  setInterval(() => {}, 1000);
`;

describe('running a command', () => {
  it('gives its exit code and both its outputs', async () => {
    const script = "process.stdout.write('out'); process.stderr.write('err'); process.exit(3)";
    const { code, output } = await runCommand(NODE, ['-e', script], { cwd });
    expect(code).toBe(3);
    expect([output.includes('out'), output.includes('err')]).toEqual([true, true]);
  });

  it('says that a command could not be started', async () => {
    const { code, output } = await runCommand('no-such-command-here', [], { cwd });
    expect(code).toBe(127);
    expect(output).toContain('no-such-command-here');
  });

  it('ends a command that takes too long', async () => {
    const { code } = await runCommand(NODE, ['-e', 'setInterval(() => {}, 1000)'], { cwd, timeoutMs: 200 });
    expect(code).toBe(128);
  });

  it('ends what a command started, not only the command', async () => {
    const started = Promise.withResolvers<string>();
    const done = runCommand(NODE, ['-e', PARENT], { cwd, onOutput: started.resolve });
    await started.promise;
    await endRunningCommands();
    // A command's result comes when nobody holds its output open any more, so this waits for the child too.
    expect((await done).code).toBe(128);
  });
});
