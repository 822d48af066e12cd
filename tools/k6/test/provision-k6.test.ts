import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  GO_VERSION_REQUIRED,
  K6_VERSION,
  K6UnavailableError,
  cachedK6,
  ensureK6,
  type K6Download,
  type K6RunOptions,
  type K6RunResult,
  type K6System,
} from '../provision-k6.mjs';

/** What a fake executable says of itself; the fake `run` reads it instead of running anything. */
const K6_220 = 'k6 v2.2.0 (go1.26.5, linux/amd64)\n';

let home: string;
let lines: string[];
let commands: { command: string; args: readonly string[]; options: K6RunOptions }[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'provision-k6-'));
  lines = [];
  commands = [];
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

interface World {
  /** What `go env GOVERSION` prints; undefined where there is no Go. */
  readonly go?: string;
  /** Builds: writes what the new executable says of itself, or fails. */
  readonly build?: (path: string) => Promise<K6RunResult>;
  readonly fetch?: (url: string) => Promise<K6Download>;
  readonly system?: Partial<K6System>;
}

function world({ go, build, fetch, system }: World = {}): Partial<K6System> {
  return {
    env: { PATH: join(home, 'bin') },
    home,
    host: 'here',
    pid: 4242,
    platform: 'linux',
    arch: 'x64',
    isAlive: () => true,
    now: () => 1_800_000_000_000,
    sleep: async () => {
      await Promise.resolve();
    },
    every: () => () => undefined,
    isExecutable: existsSync,
    fetch: fetch ?? (() => Promise.reject(new Error('the network is away'))),
    run: async (command, args, options) => {
      commands.push({ command, args, options });
      if (command !== 'go') return { exitCode: 0, stdout: await readFile(command, 'utf8'), stderr: '' };
      if (go === undefined) return { exitCode: 127, stdout: '', stderr: 'spawn go ENOENT' };
      if (args[0] === 'env') return { exitCode: 0, stdout: `${go}\n`, stderr: '' };
      const path = args[args.indexOf('-o') + 1] ?? '';
      return await (build ?? buildsWell)(path);
    },
    ...system,
  };
}

async function buildsWell(path: string): Promise<K6RunResult> {
  await writeFile(path, K6_220);
  return { exitCode: 0, stdout: '', stderr: '' };
}

async function put(path: string, says: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, says);
  await chmod(path, 0o755);
}

const cached = () => join(home, '.cache', 'nines', 'k6', 'v2.2.0', 'k6');
const provide = (given: World = {}) => ensureK6({ log: (line) => lines.push(line), system: world(given) });
const built = () => commands.filter(({ command, args }) => command === 'go' && args[0] === 'build');

describe('k6 on the PATH', () => {
  test('is taken when it is any 2.2', async () => {
    await put(join(home, 'bin', 'k6'), 'k6 v2.2.7 (commit/abc, go1.26.5, linux/amd64)\n');
    expect(await provide()).toBe(join(home, 'bin', 'k6'));
  });

  test('is passed over, with a word about it, when it is another version', async () => {
    await put(join(home, 'bin', 'k6'), 'k6 v1.4.2 (commit/abc, go1.25.1, linux/amd64)\n');
    expect(await provide({ go: 'go1.26.8' })).toBe(cached());
    expect(lines.join('\n')).toContain('is v1.4.2, not v2.2.x: passed over');
  });

  test('is passed over when something else has its name', async () => {
    await put(join(home, 'bin', 'k6'), 'a karaoke machine, version 6\n');
    expect(await provide({ go: 'go1.26.8' })).toBe(cached());
    expect(lines.join('\n')).toContain('is not k6');
  });

  test('is looked for in every directory of the PATH', async () => {
    await put(join(home, 'second', 'k6'), K6_220);
    const env = { PATH: ['', join(home, 'bin'), join(home, 'second')].join(delimiter) };
    expect(await provide({ system: { env } })).toBe(join(home, 'second', 'k6'));
  });
});

describe('k6 in the cache', () => {
  test('is taken without a build, a download or a word', async () => {
    await put(cached(), K6_220);
    expect(await provide()).toBe(cached());
    expect(commands.map(({ command }) => command)).toEqual([cached()]);
    expect(lines).toEqual([]);
  });

  test('lies under XDG_CACHE_HOME where that is set', () => {
    const system = { env: { XDG_CACHE_HOME: '/var/cache/me' }, home: '/people/me', platform: 'linux' };
    expect(cachedK6(system)).toBe('/var/cache/me/nines/k6/v2.2.0/k6');
  });

  test('is k6.exe on Windows', () => {
    expect(cachedK6({ env: {}, home: '/people/me', platform: 'win32' })).toMatch(/k6\.exe$/);
  });

  test('is made anew when it does not answer as itself', async () => {
    await put(cached(), 'cut sho');
    expect(await provide({ go: 'go1.26.8' })).toBe(cached());
    expect(await readFile(cached(), 'utf8')).toBe(K6_220);
    expect(lines[0]).toContain('does not answer as k6 v2.2.0: made anew');
  });
});

describe('a build from the Go module', () => {
  test('puts the executable into the cache and leaves nothing else there', async () => {
    expect(await provide({ go: 'go1.26.8' })).toBe(cached());
    expect(await readdir(dirname(cached()))).toEqual(['k6']);
    expect(lines).toEqual([
      'building k6 v2.2.0 from its Go module (once; one to three minutes)',
      `k6 v2.2.0 built: ${cached()}`,
    ]);
  });

  test('writes nothing into the repository and gives way to other work', async () => {
    await provide({ go: 'go1.26.8' });
    const [build] = built();
    expect(build?.args).toContain('-mod=readonly');
    expect(build?.args.at(-1)).toBe('go.k6.io/k6/v2');
    expect(build?.args[build.args.indexOf('-o') + 1]).toMatch(new RegExp(`^${dirname(cached())}/`));
    expect(build?.options).toMatchObject({ env: { GOWORK: 'off', GOFLAGS: '' }, priority: 5 });
  });

  test.each(['go1.25.0', 'go1.30', 'go2.0.1'])('is done by %s', async (go) => {
    expect(await provide({ go })).toBe(cached());
  });

  test.each(['go1.24.9', 'devel +1234'])('is not tried with %s', async (go) => {
    await expect(provide({ go })).rejects.toThrow(K6UnavailableError);
    expect(built()).toEqual([]);
  });

  test('that fails is reported with its last line, and the release is tried next', async () => {
    const build = () => Promise.resolve({ exitCode: 1, stdout: '', stderr: 'first\nno space left\n' });
    await expect(provide({ go: 'go1.26.8', build })).rejects.toThrow(
      /building it with Go failed: no space left/,
    );
    expect(lines.join('\n')).toContain('downloading https://github.com/grafana/k6/releases/download/v2.2.0/');
  });

  test('of another version is refused and removed', async () => {
    const build = async (path: string) => {
      await writeFile(path, 'k6 v2.3.0 (go1.26.5, linux/amd64)\n');
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    await expect(provide({ go: 'go1.26.8', build })).rejects.toThrow(/what was built answers as v2\.3\.0/);
    expect(await readdir(dirname(cached()))).toEqual([]);
  });
});

describe('two runs at once', () => {
  test('build once: the second waits and takes what the first has made', async () => {
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<undefined>();
    const { promise: secondWaits, resolve: secondIsWaiting } = Promise.withResolvers<undefined>();
    const build = async (path: string) => {
      await mayFinish;
      return await buildsWell(path);
    };
    const first = provide({ go: 'go1.26.8', build });
    await expect.poll(() => built().length).toBe(1);
    const sleep = async () => {
      secondIsWaiting(undefined);
      await new Promise((resolve) => setImmediate(resolve));
    };
    const second = provide({ go: 'go1.26.8', build, system: { sleep, pid: 4343 } });
    await secondWaits;
    finish(undefined);
    expect(await Promise.all([first, second])).toEqual([cached(), cached()]);
    expect(built()).toHaveLength(1);
    expect(lines.join('\n')).toContain('another run is providing k6: waiting for it');
  });

  test('are not held up by a lock whose process is gone', async () => {
    await leaveLock({ host: 'here', pid: 1717 }, 0);
    expect(await provide({ go: 'go1.26.8', system: { isAlive: (pid) => pid !== 1717 } })).toBe(cached());
  });

  test('are not held up by a lock of another machine that nobody touched for a minute', async () => {
    await leaveLock({ host: 'elsewhere', pid: 1717 }, 61);
    expect(await provide({ go: 'go1.26.8', system: { isAlive: () => false } })).toBe(cached());
  });

  test('respect a lock of another machine that was touched just now', async () => {
    await leaveLock({ host: 'elsewhere', pid: 1717 }, 59);
    const sleep = async () => {
      await put(cached(), K6_220);
      await rm(join(dirname(cached()), 'lock'));
    };
    expect(await provide({ go: 'go1.26.8', system: { isAlive: () => false, sleep } })).toBe(cached());
    expect(built()).toEqual([]);
  });

  test('show that they are alive and how long it takes', async () => {
    const beats: (() => void)[] = [];
    const every = (ms: number, task: () => void) => {
      expect(ms).toBe(5000);
      beats.push(task);
      return () => beats.splice(0);
    };
    const build = async (path: string) => {
      for (let count = 0; count < 4; count += 1) beats[0]?.();
      return await buildsWell(path);
    };
    await provide({ go: 'go1.26.8', build, system: { every } });
    expect(lines).toContain('still at it (20 s)');
    expect(beats).toEqual([]);
  });

  async function leaveLock(holder: object, ageSeconds: number): Promise<void> {
    const lock = join(dirname(cached()), 'lock');
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(lock, JSON.stringify(holder));
    const touched = 1_800_000_000 - ageSeconds;
    await utimes(lock, touched, touched);
  }
});

test('what an interrupted run left behind is removed', async () => {
  await put(join(dirname(cached()), 'partial-99-k6'), 'half');
  await provide({ go: 'go1.26.8' });
  expect(await readdir(dirname(cached()))).toEqual(['k6']);
});

describe('the published release', () => {
  const archive = tarball('k6-v2.2.0-linux-amd64/k6', K6_220);

  test('is asked for by the name of this platform', async () => {
    const asked: string[] = [];
    const fetch = (url: string) => {
      asked.push(url);
      return Promise.resolve(answering(404));
    };
    await expect(provide({ fetch, system: { platform: 'darwin', arch: 'arm64' } })).rejects.toThrow(
      /k6-v2\.2\.0-macos-arm64\.zip failed: the server answered 404/,
    );
    expect(asked).toEqual([
      'https://github.com/grafana/k6/releases/download/v2.2.0/k6-v2.2.0-macos-arm64.zip',
    ]);
  });

  test('is refused when its checksum is not the pinned one', async () => {
    const checksum = createHash('sha256').update(archive).digest('hex');
    await expect(provide({ fetch: () => Promise.resolve(answering(200, archive)) })).rejects.toThrow(
      `its SHA-256 is ${checksum}, not the pinned b5a8003c86f35f5cd5ceef1490312c48e587696c94d998cefc6d7b3b4cb1597d`,
    );
    expect(await readdir(dirname(cached()))).toEqual([]);
  });

  test('is unpacked into the cache when its checksum is the pinned one', async () => {
    const checksum = createHash('sha256').update(archive).digest('hex');
    const releases = { 'linux-x64': ['linux-amd64.tar.gz', checksum] } as const;
    const fetch = () => Promise.resolve(answering(200, archive));
    expect(await provide({ fetch, system: { releases } })).toBe(cached());
    expect(await readFile(cached(), 'utf8')).toBe(K6_220);
    expect(lines.at(-1)).toBe(`k6 v2.2.0 downloaded and verified by checksum: ${cached()}`);
  });

  test('does not exist for a platform that k6 is not released for', async () => {
    await expect(provide({ system: { platform: 'sunos', arch: 'sparc' } })).rejects.toThrow(
      /there is no release of it for sunos-sparc/,
    );
  });
});

test('when every way fails, the error says why each did and what to do, and leaves no lock', async () => {
  const error = await provide().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(K6UnavailableError);
  expect(error).toMatchObject({ code: 'k6-unavailable', exitCode: 2 });
  expect((error as Error).message).toBe(
    [
      'k6 v2.2.0 is needed, and no way to it is open on this machine:',
      '  - there is no k6 on the PATH',
      '  - there is no Go to build it with (Go 1.25 or later is needed)',
      '  - downloading k6-v2.2.0-linux-amd64.tar.gz failed: the network is away',
      'Any one of these is enough:',
      '  - put k6 v2.2.x on the PATH (https://grafana.com/docs/k6/latest/set-up/install-k6/);',
      '  - install Go 1.25 or later, so that it can be built here;',
      '  - run this once with access to github.com, so that the release can be downloaded.',
    ].join('\n'),
  );
  expect(await readdir(dirname(cached()))).toEqual([]);
});

test('the pinned version and the Go it needs are those of go.mod', async () => {
  const module = await readFile(new URL('../go.mod', import.meta.url), 'utf8');
  expect(
    /^\tgo\.k6\.io\/k6\/v2 v(\S+)$|^require go\.k6\.io\/k6\/v2 v(\S+)$/m.exec(module)?.slice(1),
  ).toContain(K6_VERSION);
  expect(/^go (\d+)\.(\d+)/m.exec(module)?.slice(1).map(Number)).toEqual(GO_VERSION_REQUIRED);
});

function answering(status: number, body: Buffer = Buffer.alloc(0)): K6Download {
  const bytes = new Uint8Array(body);
  return { ok: status === 200, status, arrayBuffer: () => Promise.resolve(bytes.buffer) };
}

/** A .tar.gz with a folder's entry and one file in it. */
function tarball(name: string, content: string): Buffer {
  const entry = (path: string, text: string) => {
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write(`${Buffer.byteLength(text).toString(8).padStart(11, '0')}\0`, 124);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    body.write(text);
    return Buffer.concat([header, body]);
  };
  return gzipSync(Buffer.concat([entry(`${dirname(name)}/`, ''), entry(name, content), Buffer.alloc(1024)]));
}
