/** The measuring itself, once: that every contestant starts, answers as the others do, and gives every figure. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CONTESTANTS } from '../src/cold-start/bundles.ts';
import { measureColdStarts } from '../src/cold-start/measure.ts';
import { toFigures } from '../src/cold-start/report.ts';
import { readVersions } from '../src/cold-start/versions.ts';

test('every contestant shows a product and takes an order, and gives every figure', async () => {
  const measured = await measureColdStarts({ rounds: 1 });
  for (const { name, contestants, ratios } of toFigures(measured)) {
    expect([name, Object.keys(contestants)]).toEqual([name, [...CONTESTANTS]]);
    for (const { median } of [...Object.values(contestants), ...Object.values(ratios)])
      expect([name, median > 0]).toEqual([name, true]);
  }
  // Bytes need no clock: the shop is smaller than what is usually built of less.
  const [gzip] = toFigures(measured);
  expect(gzip?.ratios['hono + Powertools, usual build']?.median).toBeLessThan(1);
}, 600_000);

test('what the contestants are made of is pinned to versions', () => {
  for (const version of readVersions()) expect(version).toMatch(/ \d+\.\d+\.\d+$/);
});

const run = promisify(execFile);
const COMMAND = fileURLToPath(new URL('../src/cold-start/cold-start.ts', import.meta.url));
const coldStart = (...args: string[]) =>
  run(process.execPath, ['--conditions=@nines/source', COMMAND, ...args]).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

test('the command explains itself', async () => {
  const { code, stdout } = await coldStart('--help');
  expect([code, stdout]).toEqual([0, expect.stringContaining('Exit codes: 0 measured')]);
});

test('an option that does not exist is no measurement', async () => {
  const { code, stderr } = await coldStart('--fast');
  expect([code, stderr]).toEqual([2, expect.stringContaining("'--fast'")]);
});
