#!/usr/bin/env node
/**
 * The one gate: everything that must hold before a change is kept, in one command (`npm test`).
 *
 *   node tools/gate/gate.mjs
 *
 * Prints a line per step, the full output of what failed, and `N passed, N failed` as the last line. Exit code
 * 0 when all of it holds, 1 when something does not, 2 when the gate itself could not run, 130 after Ctrl-C.
 * Needs set-up to have run (it starts with the project's own Node 24); what was not touched since the last run
 * comes from nx's cache.
 */
import { runGate } from './src/run-gate.ts';

process.exitCode = await runGate();
