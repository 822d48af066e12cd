/**
 * Where a command speaks: results on standard output, everything else on standard error, with one line that is
 * kept up to date on a terminal and plain lines where there is none (a log, a pipeline).
 */
import { createLogUpdate } from 'log-update';

export interface Console {
  readonly interactive: boolean;
  readonly colour: boolean;
  readonly width: number;
  /** The command's result. */
  result(text: string): void;
  /** A line that stays. */
  line(text: string): void;
  /** The line that is replaced by the next one; nothing in a log, where only `line` is kept. */
  live(text: string): void;
  /** Removes the live line. */
  settle(): void;
}

const WIDTH_OF_A_LOG = 100;

export function createConsole({
  stdout,
  stderr,
  env,
}: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>): Console {
  const interactive = stderr.isTTY && env['CI'] === undefined;
  const update = createLogUpdate(stderr);
  return {
    interactive,
    colour: stdout.isTTY && env['NO_COLOR'] === undefined,
    width: stdout.isTTY ? stdout.columns : WIDTH_OF_A_LOG,
    result: (text) => stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    line(text) {
      if (interactive) update.clear();
      stderr.write(`${text}\n`);
    },
    live(text) {
      if (interactive) update(text);
    },
    settle() {
      if (interactive) update.clear();
    },
  };
}
