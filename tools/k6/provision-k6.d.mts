// The types of provision-k6.mjs, which is plain JavaScript because set-up runs it before anything is installed.

/** The outside world as provisioning sees it; each part can be replaced by a test. */
export interface K6System {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory, under which the cache lies unless XDG_CACHE_HOME says otherwise. */
  readonly home: string;
  readonly host: string;
  readonly pid: number;
  /** As in `process.platform`. */
  readonly platform: string;
  /** As in `process.arch`. */
  readonly arch: string;
  /** Archive suffix and SHA-256 by `<platform>-<arch>`. */
  readonly releases: Readonly<Record<string, readonly [suffix: string, sha256: string]>>;
  readonly fetch: (url: string, init: { signal: AbortSignal }) => Promise<K6Download>;
  /** Wall clock in milliseconds, compared with file times. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** Calls the task every so many milliseconds until the returned function is called. */
  readonly every: (ms: number, task: () => void) => () => void;
  readonly isExecutable: (path: string) => boolean;
  readonly isAlive: (pid: number) => boolean;
  readonly run: (command: string, args: readonly string[], options: K6RunOptions) => Promise<K6RunResult>;
}

/** What provisioning reads of a fetch response. */
export interface K6Download {
  readonly ok: boolean;
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface K6RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Scheduling priority (nice value) of the program. */
  readonly priority?: number;
}

export interface K6RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EnsureK6Options {
  /**
   * Gets one plain line per step taken.
   * @default nobody listens
   */
  readonly log?: (line: string) => void;
  /**
   * Replaces parts of the outside world.
   * @default the real one
   */
  readonly system?: Partial<K6System>;
}

/** The pinned version. */
export const K6_VERSION: string;
/** Major and minor of the oldest Go that builds it. */
export const GO_VERSION_REQUIRED: readonly [number, number];
/** Archive suffix and SHA-256 by `<platform>-<arch>`. */
export const RELEASE_ARCHIVES: Readonly<Record<string, readonly [suffix: string, sha256: string]>>;

/** No way to a k6 v2.2 executable is open on this machine; the message says what to do. */
export class K6UnavailableError extends Error {
  constructor(reasons: readonly string[]);
  readonly code: 'k6-unavailable';
  /** What a command ends with when it could not be run at all. */
  readonly exitCode: 2;
  readonly reasons: readonly string[];
}

/**
 * Finds or makes a k6 v2.2 executable: on PATH, in the user's cache, built from the Go module, or downloaded.
 * @returns its absolute path.
 * @throws K6UnavailableError when every way failed.
 */
export function ensureK6(options?: EnsureK6Options): Promise<string>;

/** Where the executable lies once it has been provided. */
export function cachedK6(system: Pick<K6System, 'env' | 'home' | 'platform'>): string;
