#!/usr/bin/env node
/**
 * Makes a fresh clone ready and then runs a command in it:
 *
 *   node tools/setup/setup.mjs --then nines gameday three-nines
 *
 * Needs Node 20 or later and npm, nothing else. Every step is skipped when its result is already there, so the
 * second run is offline and takes a moment. Use it through `npm run gameday` and `npm test`; call it directly
 * (`npm run setup`) to prepare a machine before it goes offline.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const STAMP = join(ROOT, 'node_modules', '.nines-setup');
const LOCK = join(ROOT, '.nines', 'setup.lock');
const OLDEST_NODE = 20;
const COULD_NOT_RUN = 2;
const POLL_MS = 500;
/** A set-up writes its number in the moment after it made the lock; one that has not by now was killed in between. */
const OWNERLESS_LIMIT_MS = 10_000;
const PARENT_CHECK_MS = 1_000;
const INTERRUPTED = 130;

/** npm would warn about user settings that are not ours to judge, in the middle of our own lines. */
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

const say = (line) => process.stderr.write(`setup: ${line}\n`);

class SetupFailedError extends Error {
  constructor(problem, whatToDo) {
    super(`${problem}\n       ${whatToDo}`);
    this.code = 'setup-failed';
  }
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    throw new SetupFailedError(
      `Node ${process.versions.node} is too old; Nines needs ${OLDEST_NODE} or later to install itself.`,
      'Install a current Node from your package manager and run the command again.',
    );
  }
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Two commands started at once must not install into the same folder at once: the second waits. */
async function withLock(work) {
  mkdirSync(join(ROOT, '.nines'), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(LOCK);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const owner = readOwner();
      if (owner !== undefined && !isAlive(owner)) {
        rmSync(LOCK, { recursive: true, force: true });
        continue;
      }
      if (owner === undefined && lockAgeMs() > OWNERLESS_LIMIT_MS) {
        throw new SetupFailedError(
          `the lock ${LOCK} is nobody's: the set-up that made it was ended before it could say who it is.`,
          'Make sure that no other set-up runs in this folder, remove that folder and run the command again.',
        );
      }
      if (!waited) say(`another set-up is under way (process ${owner ?? 'just starting'}); waiting for it`);
      await sleep(POLL_MS);
    }
  }
  writeFileSync(join(LOCK, 'pid'), String(process.pid));
  const release = () => rmSync(LOCK, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** How long ago the lock was made; nothing when it has just been released. */
function lockAgeMs() {
  const made = statSync(LOCK, { throwIfNoEntry: false });
  // eslint-disable-next-line no-restricted-properties -- compared with the wall-clock time that the file system keeps
  return made ? Date.now() - made.mtimeMs : 0;
}

function readOwner() {
  try {
    return Number(readFileSync(join(LOCK, 'pid'), 'utf8')) || undefined;
  } catch {
    // The owner has made the folder and not yet written its number: it is alive.
    return undefined;
  }
}

/** What an install depends on; when none of it changed, node_modules is as `npm ci` would leave it. */
function wantedInstall() {
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'package.json']) hash.update(readFileSync(join(ROOT, file)));
  return `${hash.digest('hex')} ${process.platform}-${process.arch}`;
}

/**
 * Tells when the process that started this one has ended: one that was killed sends nothing, but its children are
 * handed to another parent. Without this, set-up would go on for nobody.
 */
function watchParent(onGone) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, PARENT_CHECK_MS);
  watch.unref();
  return () => clearInterval(watch);
}

/** Runs npm to its end without blocking, so that it can be ended when the parent is gone. */
function runNpm(args) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // A group of its own, so that the scripts that npm runs end with it.
  const child = spawn(npm, args, { cwd: ROOT, stdio: ['ignore', 2, 2], detached: true });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
  };
  const interrupt = () => {
    end();
    process.exit(INTERRUPTED);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, interrupt);
  const unwatch = watchParent(interrupt);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (status) => resolve({ status }));
  }).finally(() => {
    unwatch();
    for (const signal of signals) process.off(signal, interrupt);
  });
}

async function installDependencies() {
  const wanted = wantedInstall();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) {
    say('dependencies: already installed');
    return;
  }
  say('dependencies: installing with npm ci (about a minute the first time)');
  const { status, error } = await runNpm(['ci', ...QUIET]);
  if (error || status !== 0) {
    throw new SetupFailedError(
      `npm ci failed (${error ? error.message : `exit code ${status}`}); its own words stand above.`,
      'Most often the registry could not be reached: check the network or proxy, then run the command again.',
    );
  }
  writeFileSync(STAMP, wanted);
}

/** Node 24 comes from npm's own package, so that everybody runs the same one whatever the machine has. */
function checkProjectNode() {
  const { stdout, status } = spawnSync(join(BIN, 'node'), ['--version'], { encoding: 'utf8' });
  if (status !== 0) {
    throw new SetupFailedError(
      'the Node that npm installed (node_modules/.bin/node) does not start.',
      'npm may have been told to ignore install scripts: run `npm rebuild node` and try again.',
    );
  }
  say(`node: ${stdout.trim()} from node_modules (this machine has v${process.versions.node})`);
}

async function ensureK6() {
  const { ensureK6: provision } = await import('../k6/provision-k6.mjs');
  const path = await provision({ log: (line) => say(`k6: ${line}`) });
  say(`k6: ${path}`);
  return path;
}

/** Runs the command in the prepared environment; Ctrl-C reaches it through the terminal, so here it only waits. */
function runThen(command, k6) {
  const env = {
    ...process.env,
    PATH: `${BIN}${delimiter}${process.env.PATH}`,
    NINES_K6: k6,
    NX_DAEMON: 'false',
    NODE_OPTIONS: process.env.NODE_OPTIONS ?? '',
  };
  const child = spawn(command[0], command.slice(1), { cwd: ROOT, env, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined);
  watchParent(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`could not start ${command[0]}: ${error.message}`);
      resolve(COULD_NOT_RUN);
    });
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  });
}

async function main(args) {
  const then = args[0] === '--then' ? args.slice(1) : [];
  checkNode();
  const k6 = await withLock(async () => {
    await installDependencies();
    checkProjectNode();
    return ensureK6();
  });
  if (then.length === 0) {
    say('ready');
    return 0;
  }
  return runThen(then, k6);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    say(error.code === 'setup-failed' ? error.message : (error.stack ?? String(error)));
    process.exit(COULD_NOT_RUN);
  },
);
