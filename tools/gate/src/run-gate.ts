/**
 * The steps of the gate, in which order they run and what is printed. Formatting and nx's own sync check run
 * first, side by side; then every other target of every project in one nx run on two cores.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { endRunningCommands, runCommand } from './child-process.ts';
import { readRepository, type FileTree } from './file-tree.ts';
import { outputByTask, runTargets, type NxRun } from './nx-run.ts';
import { createGatePrinter, type GatePrinter } from './gate-printer.ts';
import { listProjects, type WorkspaceProject } from './projects.ts';
import { readTestCounts, resultsFile } from './test-results.ts';
import { judgeTarget, judgeTests, type StepResult } from './judge.ts';

import { WORKSPACE_ROOT as ROOT } from './workspace-root.ts';

/** The machine that runs the gate has at least two cores, and tests that start databases want them to themselves. */
const PARALLEL_TASKS = 2;

const EXIT_MET = 0;
const EXIT_FAILED = 1;
const EXIT_COULD_NOT_RUN = 2;
const EXIT_INTERRUPTED = 130;

/** What nx runs, in the order in which the steps are printed. */
export const TARGETS = ['tidy', 'lint', 'typecheck', 'test', 'build', 'generated-fresh', 'docs'] as const;

/** What the rule about who may import whom says when it cannot read nx's graph: eslint passes without it. */
const BOUNDARIES_SKIPPED = 'The rule will be skipped';

const FORMAT_ARGS = [
  '--check',
  '.',
  '--cache',
  '--cache-strategy=content',
  '--cache-location=.nines/gate/prettier-cache',
  '--log-level=warn',
];

async function runTool(name: string, command: string, args: readonly string[]): Promise<StepResult> {
  const began = performance.now();
  const { code, output } = await runCommand(command, args, {
    cwd: ROOT,
    env: { NX_DAEMON: 'false', NX_NO_CLOUD: 'true' },
  });
  const passed = code === 0 ? 1 : 0;
  return {
    name,
    detail: '',
    passed,
    failed: 1 - passed,
    durationMs: performance.now() - began,
    output: code === 0 ? '' : output,
  };
}

/** Results of an earlier run must not be counted for this one; what is cached, nx puts back. */
function forgetTestResults(projects: readonly WorkspaceProject[]): void {
  for (const { root } of projects) rmSync(join(ROOT, resultsFile(root)), { force: true });
}

function judge(run: NxRun, projects: readonly WorkspaceProject[]): StepResult[] {
  const outputs = outputByTask(run.output);
  return TARGETS.map((target) => {
    const step = {
      target,
      tasks: run.tasks.filter((task) => task.target === target),
      expected: projects.filter(({ targets }) => targets.includes(target)).map(({ name }) => name),
      outputOf: (project: string) => outputs.get(`${project}:${target}`) ?? '',
      ...(target === 'lint' ? { mustNotSay: BOUNDARIES_SKIPPED } : {}),
      ifNothingRan: run.output,
    };
    if (target !== 'test') return judgeTarget(step);
    return judgeTests(step, (project) => {
      const root = projects.find(({ name }) => name === project)?.root;
      return root === undefined ? undefined : readTestCounts(ROOT, root);
    });
  });
}

/**
 * Targets that other targets wait for (a build before a test) and that are not steps themselves are not shown,
 * but one that fails must fail the gate: nx's own exit code is the last word.
 */
function judgeWhole(run: NxRun, steps: readonly StepResult[], printer: GatePrinter): StepResult[] {
  if (run.code === 0 || steps.some(({ failed }) => failed > 0)) return [];
  const step = {
    name: 'nx',
    detail: `exit code ${run.code}`,
    passed: 0,
    failed: 1,
    durationMs: 0,
    output: run.output,
  };
  printer.step(step);
  return [step];
}

async function runSteps(tree: FileTree, printer: GatePrinter): Promise<StepResult[]> {
  const projects = listProjects(tree);
  forgetTestResults(projects);
  printer.progress('formatting, and nx sync:check');
  const first = await Promise.all([
    runTool('format', 'prettier', FORMAT_ARGS),
    runTool('sync', 'nx', ['sync:check']),
  ]);
  for (const step of first) printer.step(step);
  let finished = 0;
  const run = await runTargets({
    root: ROOT,
    targets: TARGETS,
    parallel: PARALLEL_TASKS,
    onTask: (task) => {
      finished += 1;
      printer.progress(`${finished} tasks finished, ${task} the last of them`);
    },
  });
  const steps = judge(run, projects);
  for (const step of steps) printer.step(step);
  return [...first, ...steps, ...judgeWhole(run, steps, printer)];
}

/** Runs the gate and says how it ended, as a process's exit code. */
export async function runGate(): Promise<number> {
  const printer = createGatePrinter(process.stdout, stripVTControlCharacters);
  let interrupted = false;
  // A closed terminal takes the output with it; what is running must be ended all the same.
  process.stdout.on('error', () => undefined);
  const stop = (signal: NodeJS.Signals): void => {
    if (interrupted) return;
    interrupted = true;
    printer.say(`gate: ${signal}, ending what is running`);
    printer.end();
    void endRunningCommands().then(() => process.exit(EXIT_INTERRUPTED));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  try {
    const steps = await runSteps(readRepository(ROOT), printer);
    if (interrupted) return EXIT_INTERRUPTED;
    printer.summary(steps);
    return steps.some(({ failed }) => failed > 0) ? EXIT_FAILED : EXIT_MET;
  } catch (error) {
    printer.say(
      `gate: could not run: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return EXIT_COULD_NOT_RUN;
  } finally {
    printer.end();
    await endRunningCommands();
  }
}
