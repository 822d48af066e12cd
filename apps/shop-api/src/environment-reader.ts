/** Reads settings from environment variables and collects what is wrong with them, for servers and functions alike. */

export class ConfigInvalidError extends Error {
  override readonly name = 'ConfigInvalidError';
  readonly code = 'config-invalid';
  /** One sentence for each variable that is wrong. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join(' '));
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentReader {
  text(name: string, fallback?: string): string;
  number(name: string, range: { min: number; max: number; fallback?: number }): number;
  oneOf(name: string, allowed: readonly string[], fallback: string): string;
  /** Without a slash at the end. */
  url(name: string): string;
  /** `eu-west-1=https://there eu-central-1=https://here`: an address for each region, none of which need be there. */
  urlsByRegion(name: string): ReadonlyMap<string, string>;
  /** @throws ConfigInvalidError naming every variable that is missing or wrong, not just the first. */
  throwIfWrong(): void;
}

const URL_BEGINNING = /^https?:\/\/[^/]+/;
/** A region's name as AWS gives them has no other characters. */
const REGION_URL = /^([a-z0-9-]+)=(https?:\/\/[^/]+.*)$/;

export function createEnvironmentReader(environment: Environment): EnvironmentReader {
  const problems: string[] = [];

  function text(name: string, fallback?: string): string {
    const value = environment[name] ?? fallback;
    if (value !== undefined && value !== '') return value;
    problems.push(`${name} is missing.`);
    return '';
  }

  return {
    text,
    number(name, range) {
      const given = environment[name];
      // An empty text would be the number nought.
      const value = given === undefined ? range.fallback : given.trim() === '' ? Number.NaN : Number(given);
      if (value !== undefined && value >= range.min && value <= range.max) return value;
      problems.push(`${name} must be a number from ${String(range.min)} to ${String(range.max)}.`);
      return Number.NaN;
    },
    oneOf(name, allowed, fallback) {
      const value = environment[name] ?? fallback;
      if (!allowed.includes(value)) problems.push(`${name} must be one of ${allowed.join(', ')}.`);
      return value;
    },
    url(name) {
      const value = text(name);
      if (value !== '' && !URL_BEGINNING.test(value)) {
        problems.push(`${name} must be an http or https address.`);
      }
      return value.replace(/\/+$/, '');
    },
    urlsByRegion(name) {
      const words = (environment[name] ?? '').split(/\s+/).filter((word) => word !== '');
      const pairs = words.flatMap((word) => {
        const [, region, address] = REGION_URL.exec(word) ?? [];
        return region === undefined || address === undefined ? [] : [[region, address] as const];
      });
      const urls = new Map(pairs);
      if (urls.size < words.length) {
        problems.push(
          `${name} must be pairs like eu-west-1=https://address, one for each region, with spaces between them.`,
        );
      }
      return urls;
    },
    throwIfWrong() {
      if (problems.length > 0) throw new ConfigInvalidError(problems);
    },
  };
}
