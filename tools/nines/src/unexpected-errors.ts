/**
 * Errors that nobody awaited. Node ends the process for them with exit code 1, which here means "not met": a
 * pipeline would take a defect of ours for a verdict on the tier.
 */
import { EXIT } from './exit-code.ts';
import { describeError } from './program.ts';
import type { Console } from './terminal/console.ts';

/** The little of Node's `process` that is needed. */
export interface ProcessEnd {
  on(event: 'uncaughtException' | 'unhandledRejection', listener: (error: unknown) => void): unknown;
  exit(code: number): unknown;
}

/** Tells of an error that nobody awaited and ends the process as one that could not be run; the guardian cleans up. */
export function endOnUnexpectedErrors(process: ProcessEnd, console: Console): void {
  const end = (error: unknown) => {
    console.settle();
    console.line(describeError(error));
    process.exit(EXIT.couldNotRun);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
