/**
 * What the gate prints: for people a line that changes while it works, for a log a plain line now and then so
 * that nobody takes a long step for a hang; one line per step; everything a failed step said.
 */
import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import type { StepResult } from './judge.ts';

export interface GatePrinter {
  progress(what: string): void;
  step(result: StepResult): void;
  say(line: string): void;
  summary(steps: readonly StepResult[]): void;
  /** Clears what is not meant to stay and prints nothing more: what an interrupted step says is not its result. */
  end(): void;
}

export type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };

/** In a log a sign of life this often, in ms: rarer than anyone wants to read, sooner than a CI gives up. */
const SIGN_OF_LIFE_MS = 30_000;

const CLEAR_LINE = '\r\u001B[2K';
const NAME_WIDTH = 16;

const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(1)} s`;

export function stepLine({ name, detail, failed, durationMs }: StepResult): string {
  const mark = failed === 0 ? 'ok  ' : 'FAIL';
  return `${mark} ${name.padEnd(NAME_WIDTH)} ${seconds(durationMs).padStart(8)}${detail === '' ? '' : `   ${detail}`}`;
}

/** The last line of the gate, alone on its line and in exactly this form, because other programs read it. */
export function summaryLine(steps: readonly StepResult[]): string {
  const add = (pick: (step: StepResult) => number): number =>
    steps.reduce((sum, step) => sum + pick(step), 0);
  return `${add(({ passed }) => passed)} passed, ${add(({ failed }) => failed)} failed`;
}

/**
 * @param plain Takes colours out of a tool's output; used when the output is not a terminal.
 * @param clock Monotonic milliseconds. @default performance.now
 */
export function createGatePrinter(
  out: Output,
  plain: (text: string) => string,
  clock: () => number = () => performance.now(),
): GatePrinter {
  const live = out.isTTY === true;
  let lastSignMs = clock();
  let ended = false;
  const write = (text: string): void => {
    if (!ended) out.write(text);
  };
  const clear = (): void => {
    if (live) write(CLEAR_LINE);
  };
  const colour = (ok: boolean, text: string): string =>
    live ? styleText(ok ? 'green' : 'red', text, { validateStream: false }) : text;
  const say = (line: string): void => {
    clear();
    write(`${line}\n`);
  };
  return {
    say,
    progress: (what) => {
      if (live) {
        write(`${CLEAR_LINE}     ${what}`.slice(0, CLEAR_LINE.length + (out.columns ?? 80) - 1));
      } else if (clock() - lastSignMs >= SIGN_OF_LIFE_MS) {
        lastSignMs = clock();
        write(`     ${what}\n`);
      }
    },
    step: (result) => {
      const line = stepLine(result);
      say(colour(result.failed === 0, line.slice(0, 4)) + line.slice(4));
      if (result.failed > 0) write(`\n${live ? result.output : plain(result.output)}\n`);
    },
    summary: (steps) => say(summaryLine(steps)),
    end: () => {
      clear();
      ended = true;
    },
  };
}
