import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

let root: string;
let setup: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nines-setup-test-'));
  await mkdir(join(root, 'tools/setup'), { recursive: true });
  await mkdir(join(root, '.nines'));
  setup = join(root, 'tools/setup/setup.mjs');
  await copyFile(fileURLToPath(new URL('../setup.mjs', import.meta.url)), setup);
  for (const file of ['package.json', 'package-lock.json']) await writeFile(join(root, file), '{}');
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const readPid = async (name: string) => Number(await readFile(join(root, name), 'utf8').catch(() => '0'));

/** An npm that writes down its number and that of a script of its own, and stays. */
async function installNpmThatStays(): Promise<void> {
  const npm = join(root, 'npm');
  await writeFile(
    npm,
    '#!/bin/sh\ncd "$(dirname "$0")"\nsleep 300 &\necho $! > script.pid\necho $$ > npm.pid\nwait\n',
  );
  await chmod(npm, 0o755);
}

it('ends, with npm and its scripts and its lock, when the process that started it is killed', async () => {
  await installNpmThatStays();
  const parent = spawn(
    process.execPath,
    [
      '--eval',
      `require('child_process').spawn(process.execPath, [${JSON.stringify(setup)}], { stdio: 'ignore' })`,
    ],
    { stdio: 'ignore', env: { ...process.env, PATH: `${root}${delimiter}${process.env['PATH'] ?? ''}` } },
  );
  await expect.poll(() => readPid('npm.pid'), { timeout: 10_000 }).toBeGreaterThan(0);
  const pids = [await readPid('npm.pid'), await readPid('script.pid')];
  expect(pids.map(isRunning)).toEqual([true, true]);
  parent.kill('SIGKILL');
  await expect.poll(() => pids.map(isRunning), { timeout: 10_000 }).toEqual([false, false]);
  await expect.poll(() => readdir(join(root, '.nines')), { timeout: 10_000 }).toEqual([]);
});

it('does not wait for a lock that is nobody’s, and says what to do', async () => {
  const lock = join(root, '.nines/setup.lock');
  await mkdir(lock);
  await utimes(lock, new Date(0), new Date(0));
  const child = spawn(process.execPath, [setup], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(said).toContain("setup.lock is nobody's");
  expect(said).toContain('remove that folder and run the command again');
});
