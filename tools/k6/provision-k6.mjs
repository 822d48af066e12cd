// A k6 v2.2 executable, whatever the machine has.
//
// Looked for in this order: `k6` on PATH, this user's cache, a build from the pinned Go module beside this file,
// and the published release archive verified by a pinned checksum. Use it from set-up and from every command
// that starts k6. It writes into the user's cache only, never into the repository, and once the cache is filled
// it needs no network. It is plain JavaScript without dependencies, because set-up runs it on whatever Node
// (20 or later) the machine has, before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { chmod, mkdir, open, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { Buffer } from 'node:buffer';
import { homedir, hostname, setPriority } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setInterval, clearInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { extractMember } from './archive.mjs';

/** The pinned version; go.mod beside this file pins the same one, which a test compares. */
export const K6_VERSION = '2.2.0';

/** What go.mod asks for in its `go` line, which a test compares. */
export const GO_VERSION_REQUIRED = [1, 25];

/**
 * SHA-256 of each archive of the release v2.2.0. The release host is out of reach of the machine this was written
 * on: each value was found alike in two to nine public files that pin the same archive (docs/adr/0031).
 */
export const RELEASE_ARCHIVES = {
  'linux-x64': ['linux-amd64.tar.gz', 'b5a8003c86f35f5cd5ceef1490312c48e587696c94d998cefc6d7b3b4cb1597d'],
  'linux-arm64': ['linux-arm64.tar.gz', '4ecd64cadcc792402d16293836115480419c4447c032858f564852d98f1bf54c'],
  'darwin-x64': ['macos-amd64.zip', '45a08590511c8a6a9c6331645e60c41624924e848e29472e87c60ac956d50372'],
  'darwin-arm64': ['macos-arm64.zip', '37a028506bf13578de66c906296803775df28cc2504b1a8c5d786b2803e757c7'],
  'win32-x64': ['windows-amd64.zip', 'ceb2b1e1cf9dbe1303c6c33ec83ffda86dda5c610b4def92064d3c7ebae8d9f4'],
};

const RELEASE_URL = `https://github.com/grafana/k6/releases/download/v${K6_VERSION}`;
const MODULE_DIRECTORY = dirname(fileURLToPath(import.meta.url));
const HEARTBEAT_MS = 5_000;
/** A lock that nobody touched for this long belongs to a process that is gone; twelve heartbeats missed. */
const LOCK_STALE_MS = 60_000;
/** How the name of a file that is still being made begins. */
const PARTIAL = 'partial-';
const LOCK_POLL_MS = 500;
const PROGRESS_EVERY_HEARTBEATS = 4;
const DOWNLOAD_TIMEOUT_MS = 300_000;
/** The build takes a minute of both cores: it gives way to whatever else the machine is doing. */
const BUILD_PRIORITY = 5;

/** No way to a k6 v2.2 executable is open on this machine; the message says what to do. */
export class K6UnavailableError extends Error {
  code = 'k6-unavailable';
  /** What a command ends with when it could not be run at all. */
  exitCode = 2;

  /** @param {readonly string[]} reasons Why each way failed, in the order tried. */
  constructor(reasons) {
    super(
      [
        `k6 v${K6_VERSION} is needed, and no way to it is open on this machine:`,
        ...reasons.map((reason) => `  - ${reason}`),
        'Any one of these is enough:',
        `  - put k6 v${minorOf(K6_VERSION)}.x on the PATH (https://grafana.com/docs/k6/latest/set-up/install-k6/);`,
        `  - install Go ${GO_VERSION_REQUIRED.join('.')} or later, so that it can be built here;`,
        '  - run this once with access to github.com, so that the release can be downloaded.',
      ].join('\n'),
    );
    this.name = 'K6UnavailableError';
    this.reasons = reasons;
  }
}

/**
 * Finds or makes a k6 v2.2 executable.
 *
 * @param {{ log?: (line: string) => void, system?: Partial<import('./provision-k6.d.mts').K6System> }} [options]
 *   `log` gets one plain line per step (default: nobody listens). `system` replaces parts of the outside world.
 * @returns {Promise<string>} Absolute path of the executable, which has answered `k6 version` with 2.2.x.
 * @throws {K6UnavailableError} When every way failed.
 */
export async function ensureK6({ log = () => {}, system: overrides = {} } = {}) {
  const system = { ...realSystem(), ...overrides };
  const reasons = [];
  const found = (await fromPath(system, log, reasons)) ?? (await fromCache(system, log));
  if (found !== undefined) return found;
  return await withLock(system, log, async () => {
    // Whoever held the lock before us has probably filled the cache.
    const filled = await fromCache(system, log);
    if (filled !== undefined) return filled;
    await removeLeftovers(system);
    const made = (await fromGo(system, log, reasons)) ?? (await fromRelease(system, log, reasons));
    if (made === undefined) throw new K6UnavailableError(reasons);
    return made;
  });
}

/** @param {import('./provision-k6.d.mts').K6System} system */
export function cachedK6(system) {
  const base = system.env.XDG_CACHE_HOME || join(system.home, '.cache');
  return join(base, 'nines', 'k6', `v${K6_VERSION}`, executableName(system));
}

async function fromPath(system, log, reasons) {
  const directories = (system.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  const candidates = directories.map((directory) => join(directory, executableName(system)));
  const path = candidates.find((candidate) => system.isExecutable(candidate));
  if (path === undefined) {
    reasons.push('there is no k6 on the PATH');
    return undefined;
  }
  const version = await versionOf(system, path);
  if (isCompatible(version)) {
    log(`k6 v${version} found on the PATH at ${path}`);
    return path;
  }
  reasons.push(
    `${path} is ${version === undefined ? 'not k6' : `v${version}`}, not v${minorOf(K6_VERSION)}.x`,
  );
  log(`${reasons.at(-1)}: passed over`);
  return undefined;
}

async function fromCache(system, log) {
  const path = cachedK6(system);
  if (!system.isExecutable(path)) return undefined;
  if ((await versionOf(system, path)) === K6_VERSION) return path;
  log(`${path} does not answer as k6 v${K6_VERSION}: made anew`);
  return undefined;
}

async function fromGo(system, log, reasons) {
  const answer = await system.run('go', ['env', 'GOVERSION'], { cwd: MODULE_DIRECTORY });
  const version = /^go(\d+)\.(\d+)/.exec(answer.stdout.trim());
  const required = `Go ${GO_VERSION_REQUIRED.join('.')}`;
  if (answer.exitCode !== 0 || version === null) {
    reasons.push(`there is no Go to build it with (${required} or later is needed)`);
    return undefined;
  }
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (
    major < GO_VERSION_REQUIRED[0] ||
    (major === GO_VERSION_REQUIRED[0] && minor < GO_VERSION_REQUIRED[1])
  ) {
    reasons.push(
      `Go ${String(major)}.${String(minor)} is too old to build it (${required} or later is needed)`,
    );
    return undefined;
  }
  log(`building k6 v${K6_VERSION} from its Go module (once; one to three minutes)`);
  const partial = partialPath(system);
  // -mod=readonly and GOWORK=off keep Go from writing into the repository and from reading a workspace around it.
  const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w'];
  const build = await system.run('go', ['build', ...flags, '-o', partial, 'go.k6.io/k6/v2'], {
    cwd: MODULE_DIRECTORY,
    env: { GOWORK: 'off', GOFLAGS: '' },
    priority: BUILD_PRIORITY,
  });
  if (build.exitCode !== 0) {
    reasons.push(`building it with Go failed: ${lastLine(build.stderr)}`);
    log(reasons.at(-1));
    return undefined;
  }
  return await install(system, log, partial, 'built', reasons);
}

async function fromRelease(system, log, reasons) {
  const platform = `${system.platform}-${system.arch}`;
  const archive = system.releases[platform];
  if (archive === undefined) {
    reasons.push(`there is no release of it for ${platform}`);
    return undefined;
  }
  const [suffix, checksum] = archive;
  const name = `k6-v${K6_VERSION}-${suffix}`;
  log(`downloading ${RELEASE_URL}/${name}`);
  try {
    const bytes = await download(system, `${RELEASE_URL}/${name}`);
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== checksum) throw new Error(`its SHA-256 is ${actual}, not the pinned ${checksum}`);
    const folder = name.replace(/\.(tar\.gz|zip)$/, '');
    const partial = partialPath(system);
    await writeFile(partial, extractMember(bytes, name, `${folder}/${executableName(system)}`));
    return await install(system, log, partial, 'downloaded and verified by checksum', reasons);
  } catch (error) {
    reasons.push(`downloading ${name} failed: ${messageOf(error)}`);
    log(reasons.at(-1));
    return undefined;
  }
}

async function download(system, url) {
  const response = await system.fetch(url, { signal: globalThis.AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the server answered ${String(response.status)}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Moves a finished executable into its place in one step, so that nobody ever runs half of one. */
async function install(system, log, partial, how, reasons) {
  await chmod(partial, 0o755);
  const version = await versionOf(system, partial);
  if (version !== K6_VERSION) {
    await rm(partial, { force: true });
    reasons.push(
      `what was ${how} answers as ${version === undefined ? 'nothing' : `v${version}`}, not v${K6_VERSION}`,
    );
    return undefined;
  }
  const path = cachedK6(system);
  await rename(partial, path);
  log(`k6 v${K6_VERSION} ${how}: ${path}`);
  return path;
}

/**
 * Two runs at once wait for each other instead of building twice. The lock saves work only: what keeps the cache
 * whole is the rename in `install`, so a lock taken over by two at the same instant does no harm.
 */
async function withLock(system, log, work) {
  const directory = dirname(cachedK6(system));
  await mkdir(directory, { recursive: true });
  const lock = join(directory, 'lock');
  for (let waited = false; !(await takeLock(system, lock)); waited = true) {
    if (!waited) log(`another run is providing k6: waiting for it (${lock})`);
    await system.sleep(LOCK_POLL_MS);
  }
  let beats = 0;
  const stopHeartbeat = system.every(HEARTBEAT_MS, () => {
    beats += 1;
    if (beats % PROGRESS_EVERY_HEARTBEATS === 0)
      log(`still at it (${String((beats * HEARTBEAT_MS) / 1000)} s)`);
    const now = system.now() / 1000;
    utimes(lock, now, now).catch(() => {});
  });
  try {
    return await work();
  } finally {
    stopHeartbeat();
    await rm(lock, { force: true });
  }
}

async function takeLock(system, lock) {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(JSON.stringify({ host: system.host, pid: system.pid }));
    // The file system's clock and ours may differ, and the age of the lock is judged by ours.
    await file.utimes(system.now() / 1000, system.now() / 1000);
    await file.close();
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  if (await isAbandoned(system, lock)) await rm(lock, { force: true });
  return false;
}

async function isAbandoned(system, lock) {
  try {
    const { mtimeMs } = await stat(lock);
    if (system.now() - mtimeMs > LOCK_STALE_MS) return true;
    const holder = JSON.parse(await readFile(lock, 'utf8'));
    return holder.host === system.host && !system.isAlive(holder.pid);
  } catch {
    // Gone, or not yet written to: the next look decides.
    return false;
  }
}

async function removeLeftovers(system) {
  const directory = dirname(cachedK6(system));
  for (const name of await readdir(directory)) {
    if (name.startsWith(PARTIAL)) await rm(join(directory, name), { force: true });
  }
}

async function versionOf(system, path) {
  const answer = await system.run(path, ['version'], {});
  // It begins with the name of the executable itself, whatever that is: `k6.exe v2.2.0 (commit/..., windows/amd64)`.
  return answer.exitCode === 0 ? /^\S*k6\S* v(\d+\.\d+\.\d+) /.exec(answer.stdout)?.[1] : undefined;
}

const isCompatible = (version) => version !== undefined && minorOf(version) === minorOf(K6_VERSION);
const minorOf = (version) => version.split('.').slice(0, 2).join('.');
const executableName = (system) => (system.platform === 'win32' ? 'k6.exe' : 'k6');
const partialPath = (system) =>
  join(dirname(cachedK6(system)), `${PARTIAL}${String(system.pid)}-${executableName(system)}`);
const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';
const messageOf = (error) =>
  error instanceof Error
    ? [error.message, error.cause instanceof Error ? error.cause.message : ''].filter(Boolean).join(': ')
    : String(error);
const codeOf = (error) => (error instanceof Error && 'code' in error ? error.code : undefined);

/** @returns {import('./provision-k6.d.mts').K6System} */
function realSystem() {
  return {
    env: process.env,
    home: homedir(),
    host: hostname(),
    pid: process.pid,
    platform: process.platform,
    arch: process.arch,
    releases: RELEASE_ARCHIVES,
    fetch,
    // eslint-disable-next-line no-restricted-properties -- the injected default; compared with file times, which are wall clock.
    now: () => Date.now(),
    sleep: (ms) => delay(ms),
    every: (ms, task) => {
      const timer = setInterval(task, ms);
      return () => {
        clearInterval(timer);
      };
    },
    isExecutable,
    isAlive,
    run,
  };
}

function isExecutable(path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Runs a program to its end; one that cannot be started counts as failed, with the reason as its error output. */
function run(command, args, { cwd, env, priority }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
    child.on('error', (error) => {
      resolve({ exitCode: 127, stdout: '', stderr: error.message });
    });
    child.on('close', (code) => {
      resolve({ exitCode: code ?? 1, ...output });
    });
    if (priority !== undefined && child.pid !== undefined) {
      try {
        setPriority(child.pid, priority);
      } catch {
        // It has ended already, or the system does not let us: the build then runs at normal priority.
      }
    }
  });
}

async function main() {
  const say = (line) => process.stderr.write(`${line}\n`);
  if (process.argv.includes('--help')) {
    say(`Prints the path of a k6 v${K6_VERSION} executable, providing one first where there is none.\n`);
    say('  node tools/k6/provision-k6.mjs\n');
    say(
      'Exit codes: 0 the path is on standard output; 2 no k6 could be provided, and the message says what to do.',
    );
    return;
  }
  try {
    process.stdout.write(`${await ensureK6({ log: say })}\n`);
  } catch (error) {
    say(messageOf(error));
    process.exitCode = 2;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main();
