import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGuardian } from '@nines/local-cloud';
import type { Guardian } from '@nines/local-cloud';
import { describe, expect, it } from 'vitest';
import { buildAll, readTier, readTopologyOf } from './workspace.ts';

/** A real guardian that runs this program of Node's in place of every command, and keeps what it did. */
function guardianRunning(program: string) {
  const real = createGuardian();
  const log: string[] = [];
  const guardian: Guardian = {
    ...real,
    spawn(command, args, options) {
      log.push(`spawn ${command.split('/').at(-1) ?? ''} ${args.slice(0, 3).join(' ')}`);
      return real.spawn(process.execPath, ['--eval', program], options);
    },
    async close() {
      await real.close();
      log.push('close');
    },
  };
  return { guardian, log };
}
const NEVER = new AbortController().signal;

describe('a build', () => {
  it('is started by a guardian, which is closed when it is over', async () => {
    const { guardian, log } = guardianRunning('');
    await buildAll(NEVER, guardian);
    expect(log).toEqual(['spawn nx run-many -t build', 'close']);
  });

  it('that fails is told in its own words', async () => {
    const { guardian, log } = guardianRunning(
      `process.stderr.write('no such module', () => process.exit(3))`,
    );
    await expect(buildAll(NEVER, guardian)).rejects.toMatchObject({
      code: 'build-failed',
      message: 'the build failed:\nno such module',
    });
    expect(log.at(-1)).toBe('close');
  });

  it('that is interrupted says so, and its guardian is closed', async () => {
    const { guardian, log } = guardianRunning('setInterval(() => undefined, 1000)');
    const interruption = new AbortController();
    const building = buildAll(interruption.signal, guardian);
    interruption.abort();
    await expect(building).rejects.toMatchObject({ name: 'AbortError' });
    expect(log.at(-1)).toBe('close');
  });
});

describe('the topology of a tier', () => {
  async function readFrom<T>(
    stacks: Readonly<Record<string, string>>,
    tier: string,
    read: (tier: string, assembly: string) => Promise<T>,
  ): Promise<T> {
    const assembly = await mkdtemp(join(tmpdir(), 'nines-test-'));
    try {
      const artifacts: Record<string, unknown> = {};
      for (const [name, region] of Object.entries(stacks)) {
        const templateFile = `${name}.template.json`;
        artifacts[name] = {
          type: 'aws:cloudformation:stack',
          environment: `aws://unknown-account/${region}`,
          properties: { templateFile },
        };
        const template = { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } };
        await writeFile(join(assembly, templateFile), JSON.stringify(template));
      }
      await writeFile(join(assembly, 'manifest.json'), JSON.stringify({ artifacts }));
      return await read(tier, assembly);
    } finally {
      await rm(assembly, { recursive: true });
    }
  }

  it('is read from its stack, whatever other tiers there are', async () => {
    const topology = await readFrom(
      { 'nines-two-nines': 'eu-west-1', 'nines-three-nines': 'eu-west-1' },
      'three-nines',
      readTopologyOf,
    );
    expect(topology.name).toBe('nines-three-nines');
    expect(topology.nodes.map(({ id }) => id)).toEqual(['Bucket']);
  });

  it('is read from all its stacks when it stands in several regions', async () => {
    const topology = await readFrom(
      { 'nines-five-nines-first': 'eu-west-1', 'nines-five-nines-second': 'eu-central-1' },
      'five-nines',
      readTopologyOf,
    );
    expect(topology.regions.map(({ id }) => id)).toEqual(['eu-central-1', 'eu-west-1']);
    expect(topology.nodes.map(({ id }) => id)).toEqual([
      'nines-five-nines-first/Bucket',
      'nines-five-nines-second/Bucket',
    ]);
  });

  it.each([
    ['servers', ['nines-five-nines-global', 'nines-five-nines-serverlessly']],
    ['serverless', ['nines-five-nines-serverless', 'nines-five-nines-serverless-operations']],
  ] as const)('is of its flavour only: %s', async (flavour, names) => {
    const all = [
      'nines-five-nines-global',
      'nines-five-nines-serverless',
      'nines-five-nines-serverless-operations',
      'nines-five-nines-serverlessly',
      'nines-four-nines-serverless',
    ];
    const tier = await readFrom(
      Object.fromEntries(all.map((name) => [name, 'eu-west-1'])),
      'five-nines',
      (id, assembly) => readTier(id, assembly, flavour),
    );
    expect(tier.stacks.map(({ stackName }) => stackName)).toEqual(names);
  });

  it('that has no stack is refused with those there are', async () => {
    await expect(
      readFrom({ 'nines-three-nines': 'eu-west-1' }, 'four-nines', readTopologyOf),
    ).rejects.toMatchObject({
      code: 'tier-not-synthesized',
      message: 'four-nines is no stack of infra yet; there are nines-three-nines.',
    });
  });
});
