import { createGuardian } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { describe, expect, it } from 'vitest';
import { buildAll } from './workspace.ts';

/** A real guardian that runs this program of Node's in place of every command, and keeps what it did. */
function guardianRunning(program: string) {
  const real = createGuardian();
  const log: string[] = [];
  const guardian: Guardian = {
    ...real,
    spawn(command, args, options) {
      log.push(`spawn ${command.split('/').at(-1) ?? ''} ${args.slice(0, 3).join(' ')}`);
      return real.spawn(process.execPath, ['--eval', program], options);
    },
    async close() {
      await real.close();
      log.push('close');
    },
  };
  return { guardian, log };
}
const NEVER = new AbortController().signal;

describe('a build', () => {
  it('is started by a guardian, which is closed when it is over', async () => {
    const { guardian, log } = guardianRunning('');
    await buildAll(NEVER, guardian);
    expect(log).toEqual(['spawn nx run-many -t build', 'close']);
  });

  it('that fails is told in its own words', async () => {
    const { guardian, log } = guardianRunning(
      `process.stderr.write('no such module', () => process.exit(3))`,
    );
    await expect(buildAll(NEVER, guardian)).rejects.toMatchObject({
      code: 'build-failed',
      message: 'the build failed:\nno such module',
    });
    expect(log.at(-1)).toBe('close');
  });

  it('that is interrupted says so, and its guardian is closed', async () => {
    const { guardian, log } = guardianRunning('setInterval(() => undefined, 1000)');
    const interruption = new AbortController();
    const building = buildAll(interruption.signal, guardian);
    interruption.abort();
    await expect(building).rejects.toMatchObject({ name: 'AbortError' });
    expect(log.at(-1)).toBe('close');
  });
});
