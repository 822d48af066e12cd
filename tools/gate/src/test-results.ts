/**
 * Counts the tests that ran, from the JSON that vitest writes for each project. nx keeps that file with the
 * task's result, so a project whose tests came from the cache is counted too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Names of tests that were skipped or not executed: counted as failures, because nothing was shown by them. */
  readonly skipped: readonly string[];
}

interface VitestJson {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Where vitest.shared.mjs puts a project's results: the folder that nx's vitest plugin stores as its output. */
export const resultsFile = (projectRoot: string): string => join('coverage', projectRoot, 'tests.json');

export function countTests(json: string): TestCounts {
  const tests = (JSON.parse(json) as VitestJson).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  );
  const having = (status: string): number => tests.filter((test) => test.status === status).length;
  return {
    passed: having('passed'),
    failed: having('failed'),
    skipped: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName),
  };
}

/** The counts of one project, or undefined when its run left no result. */
export function readTestCounts(root: string, projectRoot: string): TestCounts | undefined {
  try {
    return countTests(readFileSync(join(root, resultsFile(projectRoot)), 'utf8'));
  } catch {
    return undefined;
  }
}
