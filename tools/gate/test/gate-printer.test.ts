import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createGatePrinter, stepLine, summaryLine } from '../src/gate-printer.ts';
import type { StepResult } from '../src/judge.ts';

const step = (change: Partial<StepResult> = {}): StepResult => ({
  name: 'lint',
  detail: '3 projects',
  passed: 1,
  failed: 0,
  durationMs: 12_345,
  output: '',
  ...change,
});

function printed(isTTY: boolean, print: (printer: ReturnType<typeof createGatePrinter>) => void): string {
  let text = '';
  let nowMs = 0;
  const out = { isTTY, columns: 40, write: (piece: string) => ((text += piece), true) };
  const clock = (): number => (nowMs += 20_000);
  print(createGatePrinter(out as never, stripVTControlCharacters, clock));
  return text;
}

describe('what the gate prints', () => {
  it('gives a step one line with its time and its result', () => {
    expect(stepLine(step())).toBe('ok   lint               12.3 s   3 projects');
    expect(stepLine(step({ failed: 1, detail: '' }))).toBe('FAIL lint               12.3 s');
  });

  it('ends with the sums, in a form that programs read', () => {
    expect(summaryLine([step(), step({ passed: 40, failed: 2 })])).toBe('41 passed, 2 failed');
  });

  it('shows everything a failed step said, without colours in a log', () => {
    const text = printed(false, (printer) =>
      printer.step(step({ failed: 1, output: '\u001B[31mbroken\u001B[39m' })),
    );
    expect(text).toBe('FAIL lint               12.3 s   3 projects\n\nbroken\n');
  });

  it('keeps a failed step’s colours on a terminal', () => {
    const text = printed(true, (printer) =>
      printer.step(step({ failed: 1, output: '\u001B[31mbroken\u001B[39m' })),
    );
    expect(text).toContain('\u001B[31mbroken');
  });

  it('gives a log a sign of life every half minute and not more often', () => {
    const text = printed(false, (printer) => {
      for (const task of ['a', 'b', 'c', 'd']) printer.progress(task);
    });
    expect(text).toBe('     b\n     d\n');
  });

  it('keeps the changing line of a terminal shorter than the terminal', () => {
    const text = printed(true, (printer) => printer.progress('x'.repeat(100)));
    expect(stripVTControlCharacters(text).replace('\r', '')).toHaveLength(39);
  });
});
