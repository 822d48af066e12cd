/** Structured logging as the core needs it; pino fits. Never log bodies, keys, passwords or tokens. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
