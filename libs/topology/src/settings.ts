/**
 * Reads one node's settings and keeps count of what the template left to AWS. A value that is missing takes
 * AWS's documented default; one that is malformed, or that the template does not decide, takes it too and
 * leaves a note.
 */
import { isUnresolved } from './references.ts';

export interface Settings {
  readonly defaulted: readonly string[];
  readonly number: (path: string, value: unknown, fallback: number) => number;
  readonly boolean: (path: string, value: unknown, fallback: boolean) => boolean;
  readonly text: (path: string, value: unknown, fallback: string) => string;
  /** A number without a default: `undefined` when missing, with a note when it is not a number. */
  readonly optionalNumber: (path: string, value: unknown) => number | undefined;
  /** Lists a setting as left to AWS's default. */
  readonly leaveToDefault: (path: string) => void;
}

export type NoteSink = (message: string) => void;

function numberFrom(value: unknown): number | undefined {
  // Adding zero makes a negative zero, which JSON cannot say, a plain one.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed + 0 : undefined;
}

function booleanFrom(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : undefined;
}

function textFrom(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : undefined;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

export function createSettings(note: NoteSink): Settings {
  const defaulted: string[] = [];

  const read = <T>(path: string, value: unknown, parsed: T | undefined, fallback: T, kind: string): T => {
    if (parsed !== undefined) return parsed;
    defaulted.push(path);
    if (value !== undefined && value !== null) {
      const problem =
        typeof value === 'string' && isUnresolved(value)
          ? 'which the template does not decide'
          : `which is not ${kind}`;
      note(`${path} is ${shown(value)}, ${problem}; read as the default, ${shown(fallback)}`);
    }
    return fallback;
  };

  return {
    defaulted,
    number: (path, value, fallback) => read(path, value, numberFrom(value), fallback, 'a number'),
    boolean: (path, value, fallback) => read(path, value, booleanFrom(value), fallback, 'true or false'),
    text: (path, value, fallback) => read(path, value, textFrom(value), fallback, 'text'),
    optionalNumber: (path, value) => {
      const parsed = numberFrom(value);
      if (parsed === undefined && value !== undefined && value !== null) {
        note(`${path} is ${shown(value)}, which is not a number; read as not set`);
      }
      return parsed;
    },
    leaveToDefault: (path) => defaulted.push(path),
  };
}
