/** A log of one JSON object a line, for functions: what is written goes to CloudWatch Logs as it is. */
import type { Log } from '../ports/log.ts';
import { toErrorFields } from './error-fields.ts';

/** From the most to the least. */
const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LEVELS)[number];
export const LOG_LEVELS: readonly string[] = LEVELS;

export interface JsonLogOptions {
  readonly level: LogLevel;
  /** What every line says, such as the function's name. */
  readonly base: object;
  readonly write: (line: string) => void;
  readonly wallClock: () => Date;
}

export function createJsonLog({ level, base, write, wallClock }: JsonLogOptions): Log {
  const at = (own: LogLevel) => {
    if (LEVELS.indexOf(own) < LEVELS.indexOf(level)) return () => undefined;
    return (fields: object, message: string): void => {
      const { err } = fields as { err?: unknown };
      const error = err === undefined ? {} : { err: toErrorFields(err) };
      const time = wallClock().toISOString();
      write(`${JSON.stringify({ time, level: own, ...base, ...fields, ...error, message })}\n`);
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
