import { expect, it } from 'vitest';
import { createFakeConsole } from '../test/fake-console.ts';
import { endOnUnexpectedErrors } from './unexpected-errors.ts';

it.each(['uncaughtException', 'unhandledRejection'] as const)(
  'an error that nobody awaited (%s) ends the process with 2, which no pipeline takes for a verdict',
  (event) => {
    const console = createFakeConsole();
    const listeners = new Map<string, (error: unknown) => void>();
    const codes: number[] = [];
    endOnUnexpectedErrors(
      { on: (name, listener) => listeners.set(name, listener), exit: (code) => codes.push(code) },
      console,
    );
    listeners.get(event)?.(new Error('nobody expected this'));
    expect(codes).toEqual([2]);
    expect(console.lines[0]).toContain('this is a defect of nines: Error: nobody expected this');
  },
);
