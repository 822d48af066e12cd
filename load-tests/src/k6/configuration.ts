// What a run is told by environment variables, validated before the first request is sent.
//
// k6 hands them over as `__ENV`; README.md beside this folder has the table.

export const WORKLOADS = ['smoke', 'average', 'spike', 'stress', 'breakpoint', 'timeline'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** One stretch of a timeline: the rate moves in a straight line to the target; a duration of 0s is a jump. */
export interface Stage {
  /** Requests per second at the end of the stage; a whole number, 0 or more. */
  readonly target: number;
  /** k6's notation: `90s`, `1m30s`, `500ms`, `0s`. */
  readonly duration: string;
}

export interface Configuration {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly workload: Workload;
  /** Requests per second; undefined takes the workload's own. */
  readonly rate: number | undefined;
  /** Length of the run; undefined takes the workload's own. */
  readonly durationSeconds: number | undefined;
  readonly timeline: readonly Stage[];
  /** How long a client waits for an answer. */
  readonly timeoutMs: number;
  /** How often a client tries again within that time what was cut off or failed. */
  readonly retries: number;
  /** Upper bound of virtual users; undefined takes what the peak rate needs. */
  readonly maxVus: number | undefined;
  readonly seed: number;
  /** Makes this run's orders differ from every other's; undefined takes the time at which the scenario started. */
  readonly runId: string | undefined;
  readonly tier: string;
}

/** An environment variable says something that a run cannot be made of. */
export class ConfigurationInvalidError extends Error {
  readonly code = 'configuration-invalid';

  constructor(variable: string, problem: string) {
    super(`${variable} ${problem}`);
    this.name = 'ConfigurationInvalidError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigurationInvalidError naming the variable and what it should hold. */
export function readConfiguration(environment: Environment): Configuration {
  const workload = oneOf(environment, 'WORKLOAD', WORKLOADS, 'smoke');
  return {
    baseUrl: baseUrl(environment),
    workload,
    rate: wholeNumber(environment, 'RATE', 1, 100_000),
    durationSeconds: duration(environment, 'DURATION'),
    timeline: workload === 'timeline' ? timeline(environment) : [],
    timeoutMs: wholeNumber(environment, 'TIMEOUT_MS', 1, 600_000) ?? 2000,
    retries: wholeNumber(environment, 'RETRIES', 0, 5) ?? 0,
    maxVus: wholeNumber(environment, 'MAX_VUS', 1, 100_000),
    seed: wholeNumber(environment, 'SEED', 0, 0xffffffff) ?? 1,
    runId: runId(environment),
    tier: text(environment, 'TIER') ?? 'three-nines',
  };
}

/**
 * Reads k6's notation of a duration.
 * @returns seconds, or undefined when it is not one.
 */
export function parseDuration(notation: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/.exec(notation);
  if (match === null || notation === '') return undefined;
  const [hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = match
    .slice(1)
    .map((part) => Number(part || 0));
  return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000;
}

function baseUrl(environment: Environment): string {
  const value = text(environment, 'BASE_URL');
  if (value === undefined || !/^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/.test(value)) {
    throw new ConfigurationInvalidError('BASE_URL', 'must be the shop, such as http://127.0.0.1:8080');
  }
  return value.replace(/\/+$/, '');
}

function runId(environment: Environment): string | undefined {
  const value = text(environment, 'RUN_ID');
  if (value !== undefined && !/^[A-Za-z0-9-]{1,40}$/.test(value)) {
    throw new ConfigurationInvalidError('RUN_ID', 'must be 1 to 40 letters, digits and dashes');
  }
  return value;
}

function timeline(environment: Environment): readonly Stage[] {
  const value = text(environment, 'TIMELINE');
  const problem =
    'must be a JSON list such as [{"target":200,"duration":"60s"},{"target":600,"duration":"0s"}]';
  let stages: unknown;
  try {
    stages = JSON.parse(value ?? '');
  } catch {
    throw new ConfigurationInvalidError('TIMELINE', problem);
  }
  if (!Array.isArray(stages) || stages.length === 0 || !stages.every(isStage)) {
    throw new ConfigurationInvalidError('TIMELINE', problem);
  }
  return stages;
}

function isStage(value: unknown): value is Stage {
  if (typeof value !== 'object' || value === null) return false;
  const { target, duration: length } = value as Partial<Record<keyof Stage, unknown>>;
  return (
    Number.isSafeInteger(target) &&
    (target as number) >= 0 &&
    typeof length === 'string' &&
    parseDuration(length) !== undefined
  );
}

function duration(environment: Environment, name: string): number | undefined {
  const value = text(environment, name);
  if (value === undefined) return undefined;
  const seconds = parseDuration(value);
  if (seconds === undefined || seconds < 1) {
    throw new ConfigurationInvalidError(name, 'must be at least a second, written as 30s, 5m or 1m30s');
  }
  return seconds;
}

function wholeNumber(
  environment: Environment,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const value = text(environment, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least || number > most) {
    throw new ConfigurationInvalidError(
      name,
      `must be a whole number from ${String(least)} to ${String(most)}`,
    );
  }
  return number;
}

function oneOf<Name extends string>(
  environment: Environment,
  name: string,
  allowed: readonly Name[],
  otherwise: Name,
): Name {
  const value = text(environment, name) ?? otherwise;
  const known = allowed.find((one) => one === value);
  if (known === undefined) throw new ConfigurationInvalidError(name, `must be one of ${allowed.join(', ')}`);
  return known;
}

/** An empty variable counts as one that is not set, as shells and unit files produce them. */
function text(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === undefined || value === '' ? undefined : value;
}
