import type { ViteUserConfig } from 'vitest/config';
/**
 * What every project's tests share. A test that prints is a test that hides something, so console output
 * fails the run; the property tests' seed is printed by fast-check itself when one fails.
 */
export declare const sharedTestConfig: ViteUserConfig;
