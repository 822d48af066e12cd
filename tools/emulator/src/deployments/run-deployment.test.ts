import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SMALL_STACK, writeSmallAssembly } from '../../test/small-assembly.ts';
import type { Inventory } from '../emulator.ts';
import { countChanged, runDeployment } from './run-deployment.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nines-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const TABLE = { Type: 'AWS::DynamoDB::Table', Properties: { A: 1 } };
const CHANGED = { Resources: { Table: { ...TABLE, Properties: { A: 2 } }, Gone: { Type: 'AWS::EC2::EIP' } } };
const FIRST = { Resources: { Table: TABLE, Gone: { Type: 'AWS::EC2::EIP' } } };

/** An emulator whose inventories are told one after the other, and a CDK that takes a second each time. */
async function run(inventories: readonly Inventory[], changed: object = CHANGED) {
  let nowMs = 0;
  const calls: string[] = [];
  const told = [...inventories];
  const act = async (action: string, assembly: string) => {
    nowMs += 1_000;
    const template = await readFile(join(assembly, 'small.template.json'), 'utf8');
    calls.push(`${action} ${template}`);
  };
  const deployable = async (name: string, template: object) => ({
    assembly: await writeSmallAssembly(join(folder, name), template),
    stacks: [{ artifactId: SMALL_STACK, stackName: SMALL_STACK, template }],
  });
  const result = await runDeployment({
    emulator: { inventory: () => Promise.resolve(told.shift() ?? {}) },
    cdk: {
      bootstrap: () => Promise.resolve(),
      deploy: async (assembly) => {
        await act('deploy', assembly);
        return {};
      },
      destroy: (assembly) => act('destroy', assembly),
    },
    guardian: { makeDirectory: () => Promise.resolve(folder) },
    clock: { now: () => nowMs },
    tier: await deployable('as-sandbox', FIRST),
    changed: await deployable('with-change', changed),
    log: () => undefined,
  });
  return { result, calls };
}

const BEFORE = { ec2: { vpcs: ['default'] } };
const DEPLOYED = { ...BEFORE, dynamodb: { tables: ['t'] }, sqs: { queues: ['q'] } };

describe('the life of a tier', () => {
  it('is a deployment, an update and a destruction of what the emulator does not lack', async () => {
    const { result, calls } = await run([BEFORE, DEPLOYED, DEPLOYED, BEFORE]);
    const resources = (a: number) =>
      JSON.stringify({ Resources: { Table: { Type: 'AWS::DynamoDB::Table', Properties: { A: a } } } });
    expect(calls).toEqual([`deploy ${resources(1)}`, `deploy ${resources(2)}`, `destroy ${resources(2)}`]);
    expect(result).toMatchObject({
      met: true,
      deploySeconds: 1,
      updateSeconds: 1,
      destroySeconds: 1,
      changedResources: 1,
      stacks: [{ stackName: SMALL_STACK, resources: 1, leftOut: [{ logicalId: 'Gone' }] }],
    });
  });

  it('is not met when the update took away what held data', async () => {
    const updated = { ...DEPLOYED, dynamodb: { tables: ['another'] } };
    const { result } = await run([BEFORE, DEPLOYED, updated, BEFORE]);
    expect(result).toMatchObject({
      met: false,
      lostByUpdate: [{ service: 'dynamodb', kind: 'tables', names: ['t'] }],
    });
  });

  it('is met when the update replaced something that held none', async () => {
    const updated = { ...DEPLOYED, sqs: { queues: ['another'] } };
    expect((await run([BEFORE, DEPLOYED, updated, BEFORE])).result.met).toBe(true);
  });

  it('is not met when something is left that no template tells of', async () => {
    const { result } = await run([BEFORE, DEPLOYED, DEPLOYED, DEPLOYED]);
    expect(result).toMatchObject({
      met: false,
      left: [
        { service: 'dynamodb', because: undefined },
        { service: 'sqs', because: undefined },
      ],
    });
  });

  it('is not met when the second synthesis is the first', async () => {
    expect((await run([BEFORE, DEPLOYED, DEPLOYED, BEFORE], FIRST)).result).toMatchObject({
      met: false,
      changedResources: 0,
    });
  });
});

it('a resource is changed when it is new or another one, in the stack that it is in', () => {
  const stack = (stackName: string, resources: object) => ({
    artifactId: stackName,
    stackName,
    template: { Resources: resources },
  });
  const first = [stack('a', { X: { Type: 'T' }, Y: { Type: 'T' } }), stack('b', {})];
  expect(countChanged(first, first)).toBe(0);
  expect(countChanged(first, [stack('a', { X: { Type: 'U' } }), stack('b', { Y: { Type: 'T' } })])).toBe(2);
});
