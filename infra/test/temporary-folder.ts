/**
 * Gives the tests a temporary folder of their own that goes when they are over: every CDK application without an
 * output folder makes one in the system's, and leaves it there.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Vitest runs this before it starts the processes of the tests, which inherit the variable, and then the answer. */
export default function useTemporaryFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'nines-infra-test-'));
  process.env['TMPDIR'] = folder;
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}
