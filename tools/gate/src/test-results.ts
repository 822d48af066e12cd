/**
 * Counts the tests that ran, from the JSON that vitest writes for each project. nx keeps that file with the
 * task's result, so a project whose tests came from the cache is counted too.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Skipped, todo and otherwise not executed: counted as failures, because nothing was shown by them. */
  readonly skipped: number;
}

interface VitestJson {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/** Where vitest.shared.mjs puts a project's results: the folder that nx's vitest plugin stores as its output. */
export const resultsFile = (projectRoot: string): string => join('coverage', projectRoot, 'tests.json');

export function countTests(json: string): TestCounts {
  const { numTotalTests, numPassedTests, numFailedTests } = JSON.parse(json) as VitestJson;
  return {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numTotalTests - numPassedTests - numFailedTests,
  };
}

/**
 * The counts of one project, or undefined when there is no result of this run: no file, or, for a task that
 * failed, a file left from an earlier run (`writtenAfterMs`, in ms since the epoch).
 */
export function readTestCounts(
  root: string,
  projectRoot: string,
  writtenAfterMs?: number,
): TestCounts | undefined {
  const path = join(root, resultsFile(projectRoot));
  try {
    if (writtenAfterMs !== undefined && statSync(path).mtimeMs < writtenAfterMs) return undefined;
    return countTests(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
