/** A console that keeps what it is told. */
import type { Console } from '../src/terminal/console.ts';

export interface FakeConsole extends Console {
  readonly results: readonly string[];
  readonly lines: readonly string[];
  /** Every text of the live line, in order. */
  readonly lives: readonly string[];
}

export function createFakeConsole({ interactive = false } = {}): FakeConsole {
  const results: string[] = [];
  const lines: string[] = [];
  const lives: string[] = [];
  return {
    interactive,
    colour: false,
    width: 100,
    results,
    lines,
    lives,
    result: (text) => results.push(text),
    line: (text) => lines.push(text),
    live: (text) => lives.push(text),
    settle: () => undefined,
  };
}
