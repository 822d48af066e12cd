import { describe, expect, it } from 'vitest';
import { outputByTask, readProfile } from '../src/nx-run.ts';

const event = (project: string, target: string, status: string): unknown => ({
  name: `${project}:${target}`,
  ph: 'X',
  ts: 2_000_000,
  dur: 1_500_000,
  args: { target: { project, target }, status },
});

describe('reading nx’s profile', () => {
  it('tells finished, cached and failed tasks apart and leaves thread names out', () => {
    const profile = [
      { name: 'thread_name', ph: 'M', ts: 0, args: { name: 'Group #1' } },
      event('@nines/a', 'lint', 'success'),
      event('@nines/b', 'lint', 'local-cache'),
      event('@nines/c', 'lint', 'failure'),
      event('@nines/d', 'lint', 'skipped'),
    ];
    const times = { target: 'lint', beganMs: 2000, endedMs: 3500 };
    expect(readProfile(JSON.stringify(profile))).toEqual([
      { project: '@nines/a', ok: true, fromCache: false, ...times },
      { project: '@nines/b', ok: true, fromCache: true, ...times },
      { project: '@nines/c', ok: false, fromCache: false, ...times },
      { project: '@nines/d', ok: false, fromCache: false, ...times },
    ]);
  });
});

describe('what tasks printed', () => {
  const texts = outputByTask(
    [
      ' NX   Running targets lint, test for 2 projects:',
      '- @nines/a',
      '\u001B[32m✔\u001B[39m  nx run @nines/a:lint',
      '',
      '> nx run @nines/a:test',
      '',
      '> vitest run\r',
      '\u001B[31mno test\u001B[39m',
      '> nx run @nines/b:lint  [local cache]',
      'a warning',
      '✖  nx run @nines/b:test',
      '',
      'b broke',
      '',
      ' NX   Running targets lint, test for 2 projects failed',
      '- @nines/a:test',
    ].join('\n'),
  );

  it('is cut out up to the next task’s line, in its own colours', () => {
    expect(texts.get('@nines/a:test')).toBe('> vitest run\n\u001B[31mno test\u001B[39m');
  });

  it('is kept for a task from the cache', () => {
    expect(texts.get('@nines/b:lint')).toBe('a warning');
  });

  it('ends where nx’s own summary begins', () => {
    expect(texts.get('@nines/b:test')).toBe('b broke');
  });

  it('is empty for a task that printed nothing', () => {
    expect(texts.get('@nines/a:lint')).toBe('');
  });
});
