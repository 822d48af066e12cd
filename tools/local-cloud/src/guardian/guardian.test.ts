import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ends, firstLineOf, isRunning, programOf } from '../../test/processes.ts';
import { createGuardian, killGroup } from './guardian.ts';

const OWNER = fileURLToPath(new URL('../../test/guardian-owner.mjs', import.meta.url));

/** Writes a note when it is asked to end, and ends. */
const POLITE = (note: string) =>
  `import { writeFileSync } from 'node:fs';
   process.on('SIGQUIT', () => { writeFileSync(${JSON.stringify(note)}, 'asked'); process.exit(); })`;
const STUBBORN = `process.on('SIGQUIT', () => undefined)`;

let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nines-test-'));
});
afterEach(async () => {
  await rm(scratch, { recursive: true, force: true });
});

describe('a guardian that is closed', () => {
  it('has ended what still ran and removed its folders, with what is in them', async () => {
    const guardian = createGuardian();
    const directory = await guardian.makeDirectory('nines-test-');
    await writeFile(join(directory, 'file'), 'x');
    const child = guardian.spawn(process.execPath, programOf(''), { stdio: ['ignore', 'pipe', 'ignore'] });
    await firstLineOf(child);
    await guardian.close();
    expect(child.signalCode).toBe('SIGKILL');
    expect(existsSync(directory)).toBe(false);
  });

  it('asks a process by its own signal first', async () => {
    const note = join(scratch, 'note');
    const guardian = createGuardian();
    const child = guardian.spawn(process.execPath, programOf(POLITE(note)), {
      stdio: ['ignore', 'pipe', 'ignore'],
      killSignal: 'SIGQUIT',
    });
    await firstLineOf(child);
    await guardian.close();
    expect(await readFile(note, 'utf8')).toBe('asked');
    expect(child.exitCode).toBe(0);
  });

  it('kills a process that does not obey in time', async () => {
    const guardian = createGuardian({ patienceMs: 50 });
    const child = guardian.spawn(process.execPath, programOf(STUBBORN), {
      stdio: ['ignore', 'pipe', 'ignore'],
      killSignal: 'SIGQUIT',
    });
    await firstLineOf(child);
    await guardian.close();
    expect(child.signalCode).toBe('SIGKILL');
  });

  it('does not wait for what could not even be started', async () => {
    const guardian = createGuardian();
    const child = guardian.spawn('/no/such/program', [], { stdio: 'ignore' });
    const failed = once(child, 'error');
    await guardian.close();
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ENOENT');
  });
});

it('a process that ends by itself takes along what it started', async () => {
  const guardian = createGuardian();
  const child = guardian.spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { spawn } from 'node:child_process';
       const child = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
       child.unref();
       console.log(child.pid)`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const grandchild = Number(await firstLineOf(child));
  await ends(grandchild);
  await guardian.close();
});

describe('when the command that owns a guardian is killed', () => {
  async function killOwnerOf(program: string): Promise<{ directory: string; pid: number; said: string }> {
    const owner = spawn(process.execPath, [OWNER, ...programOf(program)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const made = JSON.parse(await firstLineOf(owner)) as { directory: string; pid: number; said: string };
    expect(await isRunning(made.pid)).toBe(true);
    expect(existsSync(made.directory)).toBe(true);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    return made;
  }
  const disappears = (path: string) =>
    expect.poll(() => existsSync(path), { interval: 20, timeout: 5_000 }).toBe(false);

  it('its processes end and its folders go', async () => {
    const { pid, directory } = await killOwnerOf('');
    await ends(pid);
    await disappears(directory);
  });

  it('the children of its processes end too', async () => {
    const { said } = await killOwnerOf(
      `import { spawn } from 'node:child_process';
       const child = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
       console.log(child.pid)`,
    );
    await ends(Number(said.split('\n')[0]));
  });

  it('a process may put its things in order first', async () => {
    const note = join(scratch, 'note');
    const { pid } = await killOwnerOf(POLITE(note));
    await ends(pid);
    expect(await readFile(note, 'utf8')).toBe('asked');
  });

  it('a process that does not obey is killed, and only then its folder removed', async () => {
    const { pid, directory } = await killOwnerOf(
      `${STUBBORN};
       import { mkdirSync, writeFileSync } from 'node:fs';
       setInterval(() => { mkdirSync(process.env.DIRECTORY, { recursive: true }); writeFileSync(process.env.DIRECTORY + '/busy', 'x'); }, 5)`,
    );
    await ends(pid);
    await disappears(directory);
    expect(existsSync(directory)).toBe(false);
  });
});

it('signalling a group that is gone is quiet', async () => {
  const guardian = createGuardian();
  const child = guardian.spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  killGroup(child, 'SIGTERM');
  await guardian.close();
});
