/** What the tests of real processes ask of the system, and the small programs that they start. */
import { execFile } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const run = promisify(execFile);

/** Whether the process runs; one that has ended and was not yet collected by its parent does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const state = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return state.stdout.trim() !== '' && !state.stdout.startsWith('Z');
}

export const ends = (pid: number) =>
  expect.poll(() => isRunning(pid), { interval: 20, timeout: 5_000 }).toBe(false);

/** The first line that the process writes to its standard output, by which it says that it is ready. */
export function firstLineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.once('line', resolve);
    child.once('exit', () => {
      reject(new Error('the process ended before it wrote a line'));
    });
  });
}

/** Arguments of a Node process that runs the statements, says that it is ready and stays until it is ended. */
export const programOf = (statements: string): string[] => [
  '--input-type=module',
  '--eval',
  `${statements}; setInterval(() => undefined, 1000); console.log('ready');`,
];
