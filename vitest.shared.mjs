/**
 * What every project's tests share. A test that prints is a test that hides something, so console output
 * fails the run; the property tests' seed is printed by fast-check itself when one fails.
 */
/** @type {import("vitest/config").ViteUserConfig} */
export const sharedTestConfig = {
  resolve: { conditions: ['@nines/source'] },
  ssr: { resolve: { conditions: ['@nines/source'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    passWithNoTests: false,
    restoreMocks: true,
    onConsoleLog: (log) => {
      throw new Error(`a test printed to the console: ${log}`);
    },
  },
};
