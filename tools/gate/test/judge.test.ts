import { describe, expect, it } from 'vitest';
import { judgeTarget, judgeTests, type TargetRun } from '../src/judge.ts';
import type { TaskOutcome } from '../src/nx-run.ts';
import { countTests, type TestCounts } from '../src/test-results.ts';

const task = (project: string, change: Partial<TaskOutcome> = {}): TaskOutcome => ({
  project,
  target: 'test',
  ok: true,
  fromCache: false,
  beganMs: 1000,
  endedMs: 3000,
  ...change,
});

const run = (change: Partial<TargetRun>): TargetRun => ({
  target: 'test',
  tasks: [task('a'), task('b', { fromCache: true, beganMs: 2000, endedMs: 4500 })],
  expected: ['a', 'b'],
  outputOf: (project) => `${project} printed this`,
  ifNothingRan: 'nx printed this',
  ...change,
});

const ALL_PASSED: TestCounts = { passed: 3, failed: 0, skipped: [] };

describe('judging a target', () => {
  it('holds when every expected project ran and none failed', () => {
    expect(judgeTarget(run({}))).toEqual({
      name: 'test',
      detail: '2 projects, 1 from cache',
      passed: 1,
      failed: 0,
      durationMs: 4500,
      output: '',
    });
  });

  it('fails with the output of the task that failed', () => {
    const { failed, output } = judgeTarget(run({ tasks: [task('a', { ok: false }), task('b')] }));
    expect(failed).toBe(1);
    expect(output).toBe('--- a:test\na printed this\n');
  });

  it('fails when a task passed but says that it did not do its work', () => {
    const { failed, output } = judgeTarget(run({ mustNotSay: 'printed this' }));
    expect(failed).toBe(1);
    expect(output).toContain('--- a:test\npassed, but said "printed this"');
  });

  it('fails when a project was left out', () => {
    const { failed, output } = judgeTarget(run({ tasks: [task('a')] }));
    expect(failed).toBe(1);
    expect(output).toContain('--- b:test\ntest did not run');
  });

  it('fails with nx’s own words when nothing ran', () => {
    const { failed, output } = judgeTarget(run({ tasks: [] }));
    expect(failed).toBe(1);
    expect(output).toContain('nx printed this');
  });

  it('fails when no project has the target at all', () => {
    expect(judgeTarget(run({ tasks: [], expected: [] })).failed).toBe(1);
  });
});

describe('judging tests', () => {
  it('adds up the tests of all projects, those from the cache too', () => {
    const step = judgeTests(run({}), () => ALL_PASSED);
    expect([step.passed, step.failed, step.output]).toEqual([6, 0, '']);
    expect(step.detail).toBe('6 passed, 0 failed; 2 projects, 1 from cache');
  });

  it('counts failed tests one by one', () => {
    const tasks = [task('a', { ok: false }), task('b')];
    const step = judgeTests(run({ tasks }), (project) =>
      project === 'a' ? { passed: 1, failed: 2, skipped: [] } : ALL_PASSED,
    );
    expect([step.passed, step.failed]).toEqual([4, 2]);
  });

  it('counts a skipped test as failed although the project’s run passed', () => {
    const step = judgeTests(run({}), () => ({ passed: 2, failed: 0, skipped: ['heals itself'] }));
    expect([step.passed, step.failed]).toEqual([4, 2]);
    expect(step.output).toContain('--- a:test\nthese tests did not run:\n  heals itself\n');
  });

  it('counts a project that failed before its first test as one failure', () => {
    const step = judgeTests(run({ tasks: [task('a', { ok: false }), task('b')] }), (project) =>
      project === 'a' ? undefined : ALL_PASSED,
    );
    expect([step.passed, step.failed]).toEqual([3, 1]);
  });

  it.each([
    ['no result file', undefined],
    ['no test', { passed: 0, failed: 0, skipped: [] }],
  ])('counts a project that passed with %s as failed', (_, counts) => {
    const step = judgeTests(run({}), (project) => (project === 'a' ? counts : ALL_PASSED));
    expect([step.passed, step.failed]).toEqual([3, 1]);
  });

  it('counts a project that should have had tests as failed', () => {
    const step = judgeTests(run({ expected: ['a', 'b', 'c'] }), (project) =>
      project === 'c' ? undefined : ALL_PASSED,
    );
    expect([step.passed, step.failed]).toEqual([6, 1]);
  });

  it('fails when no project has tests', () => {
    expect(judgeTests(run({ tasks: [], expected: [] }), () => ALL_PASSED).failed).toBeGreaterThan(0);
  });
});

describe('counting tests', () => {
  it('takes whatever neither passed nor failed for skipped', () => {
    const tests = ['passed', 'failed', 'pending', 'skipped', 'todo', 'passed'];
    const assertionResults = tests.map((status, index) => ({ status, fullName: `test ${index}` }));
    const json = JSON.stringify({ testResults: [{ assertionResults }, { assertionResults: [] }] });
    expect(countTests(json)).toEqual({ passed: 2, failed: 1, skipped: ['test 2', 'test 3', 'test 4'] });
  });
});
