import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MINISTACK_VERSION, provisionMinistack } from './index.ts';
import type { RunProgram } from './python-program.ts';

let cacheDirectory: string;
beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'nines-ministack-'));
});
afterEach(async () => {
  await rm(cacheDirectory, { recursive: true });
});

/** A machine with these Pythons, whose pip does as told with the folder that it is to install into. */
function machine(pythons: Record<string, string>, pip: (target: string) => Promise<unknown> | undefined) {
  const installs: string[][] = [];
  const run: RunProgram = async (command, args) => {
    const answer = pythons[command];
    if (answer === undefined) throw new Error(`spawn ${command} ENOENT`);
    if (args[0] === '-c') return { stdout: `${answer}\n` };
    installs.push([command, ...args]);
    await pip(String(args.at(-1)));
    return { stdout: '' };
  };
  return { run, installs };
}
const packageIn = (target: string) => writeFile(join(target, 'ministack.py'), '');
const refused = (stderr: string) => () => Promise.reject(Object.assign(new Error('failed'), { stderr }));

it('installs the pinned files, each checked, once', async () => {
  const { run, installs } = machine({ python3: '3 11 cpython-311 linux-x86_64' }, packageIn);
  const first = await provisionMinistack({ cacheDirectory, run });
  const packages = join(cacheDirectory, MINISTACK_VERSION, 'cpython-311-linux-x86_64');
  expect(first).toEqual({ python: 'python3', packages });
  expect(await readdir(packages)).toEqual(['ministack.py']);
  expect(await provisionMinistack({ cacheDirectory, run })).toEqual(first);
  expect(installs).toHaveLength(1);
  expect(installs[0]).toContain('--require-hashes');
  expect(await readdir(join(cacheDirectory, MINISTACK_VERSION))).toEqual(['cpython-311-linux-x86_64']);
});

it('keeps what another process has installed meanwhile', async () => {
  const packages = join(cacheDirectory, MINISTACK_VERSION, 'cpython-311-linux-x86_64');
  const { run } = machine({ python3: '3 11 cpython-311 linux-x86_64' }, async (target) => {
    await packageIn(target);
    await mkdir(packages);
    await writeFile(join(packages, 'of-the-other.py'), '');
  });
  expect((await provisionMinistack({ cacheDirectory, run })).packages).toBe(packages);
  expect(await readdir(packages)).toEqual(['of-the-other.py']);
});

it('passes over a Python that is too old or without pip', async () => {
  const { run } = machine(
    { python3: '3 9 cpython-39 linux-x86_64', python: '3 14 cpython-314 x' },
    packageIn,
  );
  expect((await provisionMinistack({ cacheDirectory, run })).python).toBe('python');
});

it('says what is missing when no Python will do', async () => {
  const { run } = machine({ python3: '3 9 cpython-39 linux-x86_64' }, packageIn);
  await expect(provisionMinistack({ cacheDirectory, run })).rejects.toMatchObject({
    code: 'ministack-unavailable',
    message: expect.stringContaining(
      'python3 is 3.9, python does not answer (spawn python ENOENT). Install Python 3.10 or later with pip.',
    ) as string,
  });
});

it('leaves nothing half done when pip fails, and repeats its last words', async () => {
  const { run } = machine(
    { python3: '3 11 cpython-311 linux-x86_64' },
    refused('Looking...\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n'),
  );
  await expect(provisionMinistack({ cacheDirectory, run })).rejects.toThrow(
    'pip could not install it (ERROR: THESE PACKAGES DO NOT MATCH THE HASHES)',
  );
  expect(await readdir(join(cacheDirectory, MINISTACK_VERSION))).toEqual([]);
});

it('pins the version that it names, and every file by its checksum', async () => {
  const text = await readFile(new URL('../ministack/requirements.txt', import.meta.url), 'utf8');
  const packages = text.split(/\n(?=\S)/);
  expect(packages.some((lines) => lines.startsWith(`ministack==${MINISTACK_VERSION} `))).toBe(true);
  for (const lines of packages) expect(lines).toMatch(/^\S+==\S+ .*\n +--hash=sha256:[0-9a-f]{64}/);
});
