import { fileURLToPath } from 'node:url';
import { createGuardian, systemClock } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLoadOfRun } from './load-of-run.ts';
import { LoadGeneratorFailedError } from './load-generator.ts';
import type { LoadOfRun } from './load-of-run.ts';
import { createRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';

const FAKE_K6 = fileURLToPath(new URL('../test/fake-k6.mjs', import.meta.url));
const ALL = [0, Number.MAX_SAFE_INTEGER] as const;

let guardian: Guardian;
let recorder: Recorder;
let references: string[];

beforeEach(() => {
  guardian = createGuardian();
  recorder = createRecorder(() => 0);
  references = [];
});
afterEach(async () => {
  await guardian.close();
});

async function loadOf(scenario: string): Promise<LoadOfRun> {
  const load = createLoadOfRun({
    k6: FAKE_K6,
    script: scenario,
    baseUrl: () => 'http://127.0.0.1:8080',
    retries: 1,
    guardian,
    clock: systemClock,
    recorder,
    onOrder: ({ reference }) => references.push(reference),
  });
  await load.prepare();
  return load;
}

/** How each generator was started, as the stand-in tells by the references of its orders. */
const environments = () =>
  references.map((reference) => (JSON.parse(reference) as { env: Record<string, string> }).env);

it('numbers its generators, so that the orders of each are told from those of the others', async () => {
  const load = await loadOf('configuration');
  await load.startSteady(50, 250);
  await load.startExtra(30, 150);
  await load.start('calibration', [{ target: 20, duration: '4s' }], 90).started;
  expect(environments()).toMatchObject([
    {
      RUN_ID: 'steady-1',
      TIMELINE: '[{"target":50,"duration":"0s"},{"target":50,"duration":"3h"}]',
      MAX_VUS: '250',
      RETRIES: '1',
      BASE_URL: 'http://127.0.0.1:8080',
    },
    {
      RUN_ID: 'extra-2',
      TIMELINE: '[{"target":30,"duration":"0s"},{"target":30,"duration":"10m"}]',
      MAX_VUS: '150',
    },
    { RUN_ID: 'calibration-3', TIMELINE: '[{"target":20,"duration":"4s"}]', MAX_VUS: '90' },
  ]);
});

it('hands what users saw to the recorder, and does not fail when it is stopped', async () => {
  const load = await loadOf('steady');
  const steady = await load.startSteady(50, 250);
  await steady.stop();
  steady.throwIfFailed();
  expect(recorder.between(...ALL).length).toBeGreaterThan(0);
});

it('fails once a steady generator has died', async () => {
  const load = await loadOf('crash');
  const steady = await load.startSteady(50, 250);
  await expect
    .poll(() => {
      try {
        steady.throwIfFailed();
        return undefined;
      } catch (error) {
        return error;
      }
    })
    .toBeInstanceOf(LoadGeneratorFailedError);
});
