/**
 * What every project's tests share. A test that prints is a test that hides something, so console output
 * fails the run; the property tests' seed is printed by fast-check itself when one fails.
 *
 * The results are also written as JSON where nx's vitest plugin looks for a project's outputs, so that they are
 * cached with the task and the gate (tools/gate) can count tests that did not have to run again.
 */
import { join, relative } from 'node:path';

const results = join(
  import.meta.dirname,
  'coverage',
  relative(import.meta.dirname, process.cwd()),
  'tests.json',
);

/** @type {import("vitest/config").ViteUserConfig} */
export const sharedTestConfig = {
  resolve: { conditions: ['@nines/source'] },
  ssr: { resolve: { conditions: ['@nines/source'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    passWithNoTests: false,
    restoreMocks: true,
    // Nothing of ours sleeps, so this only has to be longer than the busiest machine holds a test up.
    testTimeout: 30_000,
    reporters: ['default', ['json', { outputFile: results }]],
    onConsoleLog: (log) => {
      throw new Error(`a test printed to the console: ${log}`);
    },
  },
};
