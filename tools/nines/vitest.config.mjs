import { defineConfig, mergeConfig } from 'vitest/config';
import { sharedTestConfig } from '../../vitest.shared.mjs';

// Two of the files start whole tiers; side by side they would slow each other down, and a slow tier fails its tests.
export default defineConfig(mergeConfig(sharedTestConfig, { test: { fileParallelism: false } }));
