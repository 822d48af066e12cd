/** One start of a function: a fresh process that loads a bundle (`runtime.mjs`). */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const RUNTIME = fileURLToPath(new URL('runtime.mjs', import.meta.url));

export interface HttpAnswer {
  readonly statusCode: number;
  readonly body: string;
}

export interface Invoked {
  readonly durationMs: number;
  readonly result: unknown;
}

export interface RunningFunction {
  /** From before the bundle was loaded until its handler was there. */
  readonly initMs: number;
  invoke(event: object): Promise<Invoked>;
  stop(): void;
}

export class FunctionFailedError extends Error {
  readonly code = 'function-failed';
  override readonly name = 'FunctionFailedError';
}

/** What the process says: that it is ready, then one answer for each event. */
interface Said {
  readonly initMs?: number;
  readonly durationMs?: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** @param environment all that the process has of one. */
export async function startFunction(
  bundle: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningFunction> {
  const child = fork(RUNTIME, [bundle], { env: { ...environment }, execArgv: [], stdio: 'pipe' });
  let complaint = '';
  child.stderr?.on('data', (data: Buffer) => (complaint += data.toString()));
  // Its log is not looked at, and must be read, or the process would wait for somebody to do so.
  child.stdout?.resume();
  const next = () =>
    new Promise<Said>((resolve, reject) => {
      const onExit = () => {
        reject(new FunctionFailedError(`${bundle} ended: ${complaint}`));
      };
      child.once('exit', onExit);
      child.once('message', (said) => {
        child.off('exit', onExit);
        resolve(said as Said);
      });
    });
  const { initMs = NaN } = await next();
  let ids = 0;
  return {
    initMs,
    invoke: async (event) => {
      child.send({ id: (ids += 1), event });
      const { durationMs = NaN, result, error } = await next();
      if (error !== undefined) throw new FunctionFailedError(`${bundle} failed: ${error}\n${complaint}`);
      return { durationMs, result };
    },
    stop: () => {
      child.kill('SIGKILL');
    },
  };
}
