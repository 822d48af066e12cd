/**
 * Turns what ran into what holds. Whatever did not run counts as failed: a task that was expected and is
 * missing, a test that was skipped, a project whose tests left no result.
 */
import type { TaskOutcome } from './nx-run.ts';
import type { TestCounts } from './test-results.ts';

export interface StepResult {
  readonly name: string;
  /** A few words for the step's line, such as `31 projects, 29 from cache`. */
  readonly detail: string;
  /** What the summary adds up: tests for the step `test`, one for every other step. */
  readonly passed: number;
  readonly failed: number;
  readonly durationMs: number;
  /** What to show when the step failed; empty when it did not. */
  readonly output: string;
}

export interface TargetRun {
  readonly target: string;
  readonly tasks: readonly TaskOutcome[];
  /** Names of the projects in which this target must have run. */
  readonly expected: readonly string[];
  readonly outputOf: (project: string) => string;
  /** Words in the output of a task that passed which mean that it did not do its work. */
  readonly mustNotSay?: string;
  /** Shown when not even one task ran, because nx itself then said why. */
  readonly ifNothingRan: string;
}

interface Problem {
  readonly project: string;
  readonly text: string;
}

/** Time spent on a target's tasks, added up: they take turns with other targets' tasks, so their span says little. */
const durationOf = (tasks: readonly TaskOutcome[]): number =>
  tasks.reduce((sum, { beganMs, endedMs }) => sum + endedMs - beganMs, 0);

const inWords = (tasks: readonly TaskOutcome[]): string => {
  const cached = tasks.filter(({ fromCache }) => fromCache).length;
  return `${tasks.length} ${tasks.length === 1 ? 'project' : 'projects'}${cached > 0 ? `, ${cached} from cache` : ''}`;
};

/** Everything that keeps a target from holding: failed tasks, and projects in which it should have run and did not. */
function problemsOf({ target, tasks, expected, outputOf, mustNotSay, ifNothingRan }: TargetRun): Problem[] {
  const failed = tasks
    .filter(({ ok }) => !ok)
    .map(({ project }) => ({
      project,
      text: outputOf(project) || `nx printed nothing for it\n${ifNothingRan}`,
    }));
  const silent = tasks
    .filter(({ ok, project }) => ok && mustNotSay !== undefined && outputOf(project).includes(mustNotSay))
    .map(({ project }) => ({
      project,
      text: `passed, but said "${mustNotSay}"; run the gate again with NX_SKIP_NX_CACHE=true`,
    }));
  const ran = new Set(tasks.map(({ project }) => project));
  const missing = expected
    .filter((project) => !ran.has(project))
    .map((project) => ({
      project,
      text: `${target} did not run: it was skipped because of another failure, or nx infers no such target from the project's files`,
    }));
  if (expected.length > 0 && tasks.length === 0) return [...missing, { project: 'nx', text: ifNothingRan }];
  return [...failed, ...silent, ...missing];
}

const showProblems = (target: string, problems: readonly Problem[]): string =>
  problems.map(({ project, text }) => `--- ${project}:${target}\n${text}\n`).join('\n');

/** A target that holds in all projects or does not hold: one pass or one failure. */
export function judgeTarget(run: TargetRun): StepResult {
  const problems = problemsOf(run);
  const nothing = run.expected.length === 0 && run.tasks.length === 0;
  if (nothing) problems.push({ project: 'gate', text: `no project has a target ${run.target}` });
  const failed = problems.length > 0 ? 1 : 0;
  return {
    name: run.target,
    detail: inWords(run.tasks),
    passed: 1 - failed,
    failed,
    durationMs: durationOf(run.tasks),
    output: showProblems(run.target, problems),
  };
}

/** The tests of all projects, one by one; a project that failed without a failed test counts as one failure. */
export function judgeTests(
  run: TargetRun,
  countsOf: (project: string) => TestCounts | undefined,
): StepResult {
  const problems = problemsOf(run);
  const blamed = new Set(problems.map(({ project }) => project));
  let passed = 0;
  let failed = 0;
  for (const project of new Set([...run.expected, ...blamed])) {
    const counts = countsOf(project) ?? { passed: 0, failed: 0, skipped: [] };
    const notPassed = counts.failed + counts.skipped.length;
    passed += counts.passed;
    failed += blamed.has(project) ? Math.max(notPassed, 1) : notPassed;
    if (blamed.has(project)) continue;
    if (counts.skipped.length > 0) {
      problems.push({ project, text: ['these tests did not run:', ...counts.skipped].join('\n  ') });
    }
    if (counts.passed + notPassed === 0) {
      failed += 1;
      problems.push({ project, text: 'no test was executed, or the run left no result file' });
    }
  }
  if (run.expected.length === 0) {
    failed += 1;
    problems.push({ project: 'gate', text: 'no project has tests' });
  }
  return {
    name: run.target,
    detail: `${passed} passed, ${failed} failed; ${inWords(run.tasks)}`,
    passed,
    failed,
    durationMs: durationOf(run.tasks),
    output: showProblems(run.target, problems),
  };
}
