/** The real emulator and the real CDK, with a stack that is small enough for a test. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGuardian, systemClock } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmulatorCdk } from '../src/cdk.ts';
import type { EmulatorCdk } from '../src/cdk.ts';
import { findStaleEntries } from '../src/deployments/check-list.ts';
import { runDeployment } from '../src/deployments/run-deployment.ts';
import { startEmulator } from '../src/emulator.ts';
import type { Emulator } from '../src/emulator.ts';
import { LACKING_TYPES } from '../src/lacking-types.ts';
import { SMALL_STACK, writeSmallAssembly } from './small-assembly.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The first start on a machine installs the emulator, and a busy machine takes its time. */
const LONGEST_MS = 300_000;

let guardian: Guardian;
let emulator: Emulator;
let cdk: EmulatorCdk;
const said: string[] = [];

beforeAll(async () => {
  guardian = createGuardian();
  emulator = await startEmulator({ guardian });
  cdk = await createEmulatorCdk({
    emulator,
    guardian,
    root: ROOT,
    signal: new AbortController().signal,
    log: (line) => said.push(line),
  });
}, LONGEST_MS);
afterAll(async () => {
  await guardian.close();
});

const QUEUE = { Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: 1 } };
const EXPERIMENT = { Type: 'AWS::FIS::ExperimentTemplate', Properties: { Target: { Ref: 'Queue' } } };
const small = (resources: object) => ({
  Resources: resources,
  Outputs: { QueueUrl: { Value: { Ref: 'Queue' } }, Experiment: { Value: { Ref: 'Experiment' } } },
});
const deployable = (assembly: string, template: object) => ({
  assembly,
  stacks: [{ artifactId: SMALL_STACK, stackName: SMALL_STACK, template }],
});

describe('the list of what the emulator lacks', { timeout: LONGEST_MS }, () => {
  it('has no entry that the emulator knows', async () => {
    expect(await findStaleEntries(emulator, LACKING_TYPES)).toEqual([]);
  });

  it('is told which of its entries the emulator knows', async () => {
    const entry = (type: string, how: 'refused' | 'inoperative' = 'refused') => ({ type, how, why: '' });
    const types = [entry('AWS::SQS::Queue'), entry('X::No::Such'), entry('AWS::SNS::Topic', 'inoperative')];
    expect(await findStaleEntries(emulator, types)).toEqual(['AWS::SQS::Queue']);
    expect(await findStaleEntries(emulator, [entry('AWS::SNS::Topic')])).toEqual(['AWS::SNS::Topic']);
  });
});

it('a hosted zone is made before stacks that expect one', async () => {
  const id = await emulator.createHostedZone('shop.test');
  expect(id).toMatch(/^Z/);
  expect(JSON.stringify((await emulator.inventory())['route53'])).toContain(id);
});

it('the network that a region has by itself is there before anything is deployed to it', async () => {
  const before = (await emulator.inventory())['ec2']?.['vpcs'] ?? [];
  await emulator.makeDefaultNetwork('eu-central-1');
  await emulator.makeDefaultNetwork('eu-central-1');
  const made = ((await emulator.inventory())['ec2']?.['vpcs'] ?? []).filter((name) => !before.includes(name));
  expect(made).toEqual([expect.stringContaining('eu-central-1')]);
});

describe('a small stack', () => {
  it(
    'is deployed without what is lacking, updated, and destroyed to the last record',
    { timeout: LONGEST_MS },
    async () => {
      const folder = await guardian.makeDirectory('nines-test-');
      const first = small({ Queue: QUEUE, Experiment: EXPERIMENT });
      const second = small({
        Queue: { ...QUEUE, Properties: { DelaySeconds: 2 } },
        Experiment: EXPERIMENT,
      });
      const result = await runDeployment({
        emulator,
        cdk,
        guardian,
        clock: systemClock,
        tier: deployable(await writeSmallAssembly(join(folder, 'a'), first), first),
        changed: deployable(await writeSmallAssembly(join(folder, 'b'), second), second),
        log: () => undefined,
      });
      expect(result).toMatchObject({ met: true, changedResources: 1, lostByUpdate: [], left: [] });
      expect(result.stacks).toMatchObject([
        { resources: 1, leftOut: [{ logicalId: 'Experiment' }], droppedOutputs: ['Experiment'] },
      ]);
      expect((await emulator.inventory())['sqs']?.['queues']).toBeUndefined();
    },
  );

  it('tells its outputs, and is really there', { timeout: LONGEST_MS }, async () => {
    const assembly = join(await guardian.makeDirectory('nines-test-'), 'c');
    await writeSmallAssembly(assembly, {
      Resources: { Queue: QUEUE },
      Outputs: { QueueUrl: { Value: { Ref: 'Queue' } } },
    });
    const { QueueUrl } = (await cdk.deploy(assembly, [SMALL_STACK]))[SMALL_STACK] ?? {};
    const { Attributes } = await emulator.call<{ Attributes: Record<string, string> }>(
      'AmazonSQS.GetQueueAttributes',
      { QueueUrl, AttributeNames: ['All'] },
    );
    expect(Attributes).toMatchObject({ DelaySeconds: '1' });
    expect(said.some((line) => line.includes('CREATE_COMPLETE'))).toBe(true);
  });

  it('with a type that is refused and not listed fails by its name', { timeout: LONGEST_MS }, async () => {
    const assembly = join(await guardian.makeDirectory('nines-test-'), 'd');
    await writeSmallAssembly(assembly, {
      Resources: { A: { Type: 'AWS::No::Such' }, B: { Type: 'AWS::Nor::This' } },
    });
    await expect(cdk.deploy(assembly, [SMALL_STACK])).rejects.toMatchObject({
      code: 'type-not-listed',
      types: ['AWS::No::Such', 'AWS::Nor::This'],
    });
  });

  it('that takes too long is ended, and says so', { timeout: LONGEST_MS }, async () => {
    const hasty = await createEmulatorCdk({
      emulator,
      guardian,
      root: ROOT,
      signal: new AbortController().signal,
      timeoutMs: 1,
    });
    await expect(hasty.bootstrap('eu-west-1')).rejects.toMatchObject({
      code: 'bootstrap-failed',
      message: expect.stringContaining('took longer than 0.001 s') as string,
    });
  });
});
