import { defineConfig } from 'vitest/config';
import { sharedTestConfig } from '../vitest.shared.mjs';

export default defineConfig({
  ...sharedTestConfig,
  // Loading the CDK takes longer than the tests do: once for all files, not once for each.
  test: {
    ...sharedTestConfig.test,
    globalSetup: './test/temporary-folder.ts',
    isolate: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
