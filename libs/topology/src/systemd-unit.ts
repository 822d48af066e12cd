/**
 * Reads a systemd service unit (systemd.syntax(7), systemd.exec(5), systemd.service(5)): the environment of
 * the process, and when and how fast systemd starts it again.
 *
 * It reads what decides behaviour in a failure and nothing else. Environment that a shell or an
 * `ExecStartPre=` makes up at run time cannot be seen in a template.
 */
import type { InstanceProcess } from './topology.ts';
import type { NoteSink } from './settings.ts';
import { parseSystemdTime } from './systemd-time.ts';

/** systemd's own defaults, systemd.service(5) and systemd-system.conf(5). */
export const SYSTEMD_DEFAULTS = { restart: 'no', restartDelaySeconds: 0.1, stopTimeoutSeconds: 90 } as const;

/** "Wait for ever" as a number that survives JSON: a year. */
const FOREVER_SECONDS = 31_536_000;

export type UnitSections = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Sections, then directives with their values in order. An empty assignment clears the ones before it. */
export function parseUnit(text: string): UnitSections {
  const sections = new Map<string, Map<string, string[]>>();
  let section = new Map<string, string[]>();
  for (const line of joinedLines(text)) {
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? new Map<string, string[]>();
      sections.set(header, section);
      continue;
    }
    const directive = /^([A-Za-z]+)\s*=\s*(.*)$/s.exec(line);
    if (directive === null) continue;
    const [, name = '', value = ''] = directive;
    if (value === '') section.delete(name);
    else section.set(name, [...(section.get(name) ?? []), value]);
  }
  return sections;
}

/** Lines without comments, with those that end in a backslash joined to the next. */
function joinedLines(text: string): string[] {
  const lines: string[] = [];
  let pending = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line.startsWith('#') || line.startsWith(';')) continue;
    if (line.endsWith('\\')) {
      pending += `${line.slice(0, -1)} `;
      continue;
    }
    const whole = (pending + line).trim();
    pending = '';
    if (whole !== '') lines.push(whole);
  }
  if (pending.trim() !== '') lines.push(pending.trim());
  return lines;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
};

/** Splits a value into words, with systemd's quoting and C-style escapes. */
export function splitWords(value: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let index = 0; index < value.length; index += 1) {
    const character = value.charAt(index);
    if (character === '\\') {
      const escape = readEscape(value, index + 1);
      word = (word ?? '') + escape.text;
      index += escape.length;
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function readEscape(value: string, from: number): { text: string; length: number } {
  const numeric =
    /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(0010[0-9a-fA-F]{4}|000[0-9a-fA-F]{5}))/.exec(
      value.slice(from, from + 9),
    ) ?? /^([0-3][0-7]{2})/.exec(value.slice(from, from + 3));
  if (numeric !== null) {
    const digits = numeric.slice(1).find((group) => group !== undefined) ?? '0';
    const isOctal = numeric[0].length === 3 && /^[0-7]/.test(numeric[0]);
    return {
      text: String.fromCodePoint(Number.parseInt(digits, isOctal ? 8 : 16)),
      length: numeric[0].length,
    };
  }
  const character = value.charAt(from);
  return { text: ESCAPES[character] ?? character, length: 1 };
}

/** The variables of `Environment=` lines; a later assignment of the same name wins, as in systemd. */
export function parseEnvironment(lines: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (const word of lines.flatMap(splitWords)) {
    const equals = word.indexOf('=');
    // systemd writes a literal percent sign as two.
    if (equals > 0) entries.push([word.slice(0, equals), word.slice(equals + 1).replaceAll('%%', '%')]);
  }
  return Object.fromEntries(entries);
}

/** Variables of a file named by `EnvironmentFile=`: one assignment a line, optionally quoted. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const entries: [string, string][] = [];
  for (const line of joinedLines(text)) {
    const equals = line.indexOf('=');
    if (equals <= 0) continue;
    const value = line.slice(equals + 1).trim();
    const quoted = /^(["'])(.*)\1$/s.exec(value)?.[2];
    entries.push([line.slice(0, equals).trim(), quoted ?? value]);
  }
  return Object.fromEntries(entries);
}

/** Restart policies as far as they differ for a process that dies: systemd.service(5), table "Exit causes". */
const RESTART_READINGS: Readonly<Record<string, InstanceProcess['restart']>> = {
  no: 'no',
  always: 'always',
  'on-failure': 'on-failure',
  'on-abnormal': 'on-failure',
  'on-abort': 'on-failure',
  'on-success': 'no',
  'on-watchdog': 'no',
};

function restartOf(value: string | undefined, note: NoteSink): InstanceProcess['restart'] {
  if (value === undefined) return SYSTEMD_DEFAULTS.restart;
  const reading = Object.hasOwn(RESTART_READINGS, value) ? RESTART_READINGS[value] : undefined;
  if (reading !== value) note(`process.restart is ${value}; read as ${reading ?? SYSTEMD_DEFAULTS.restart}`);
  return reading ?? SYSTEMD_DEFAULTS.restart;
}

/**
 * The process that a unit describes, or `undefined` when the text has no `[Service]` section.
 *
 * @param environmentFile The text of a file named by `EnvironmentFile=`, where it is known.
 * @param defaulted Called with the path of each setting that the unit leaves to systemd.
 */
export function readServiceUnit(
  name: string,
  text: string,
  options: {
    readonly environmentFile: (path: string) => string | undefined;
    readonly note: NoteSink;
    readonly defaulted: (path: string) => void;
  },
): InstanceProcess | undefined {
  const service = parseUnit(text).get('Service');
  if (service === undefined) return undefined;
  const { note, defaulted } = options;
  const last = (directive: string): string | undefined => service.get(directive)?.at(-1);

  const seconds = (path: string, value: string | undefined, fallback: number): number => {
    const parsed = value === undefined ? undefined : parseSystemdTime(value);
    if (value !== undefined && parsed === undefined)
      note(`${path} is ${value}, which is no time span of systemd`);
    if (parsed === undefined) defaulted(path);
    return Math.min(parsed ?? fallback, FOREVER_SECONDS);
  };
  if (last('Restart') === undefined) defaulted('process.restart');
  const stopTimeout = seconds(
    'process.stopTimeoutSeconds',
    last('TimeoutStopSec') ?? last('TimeoutSec'),
    SYSTEMD_DEFAULTS.stopTimeoutSeconds,
  );
  return {
    unit: name,
    environment: {
      ...parseEnvironment(service.get('Environment') ?? []),
      ...environmentFromFiles(service.get('EnvironmentFile') ?? [], options.environmentFile, note),
    },
    restart: restartOf(last('Restart'), note),
    restartDelaySeconds: seconds(
      'process.restartDelaySeconds',
      last('RestartSec'),
      SYSTEMD_DEFAULTS.restartDelaySeconds,
    ),
    ...(last('Sockets') === undefined ? {} : { keepsPort: true as const }),
    // Zero switches the timeout off, systemd.service(5).
    stopTimeoutSeconds: stopTimeout === 0 ? FOREVER_SECONDS : stopTimeout,
  };
}

/** Files override `Environment=`, systemd.exec(5). */
function environmentFromFiles(
  paths: readonly string[],
  find: (path: string) => string | undefined,
  note: NoteSink,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const path of paths) {
    const name = path.replace(/^-/, '');
    const text = find(name);
    if (text === undefined) {
      note(
        `process.environment takes variables from ${name}, which is written at run time and cannot be read here`,
      );
    } else Object.assign(variables, parseEnvironmentFile(text));
  }
  return variables;
}
