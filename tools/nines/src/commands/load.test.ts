import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import { runProgram } from '../program.ts';
import type { LoadResult } from '../terminal/load-lines.ts';
import { createLoadCommand, rateOf } from './load.ts';

let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nines-load-test-'));
});
afterEach(async () => {
  await rm(scratch, { recursive: true });
});

const line = (route: string, outcome: string, value = 5) =>
  JSON.stringify({
    metric: 'shop_request',
    type: 'Point',
    data: { time: '2026-11-21T09:30:25Z', value, tags: { outcome, route, status: '200' } },
  });

/** A program in the place of k6 that notes what it was told, and does this. */
async function load(args: readonly string[], program: string, signal = new AbortController().signal) {
  const k6 = join(scratch, 'k6');
  await writeFile(
    k6,
    `#!${process.execPath}
    require('node:fs').writeFileSync(${JSON.stringify(join(scratch, 'told'))}, JSON.stringify({ args: process.argv.slice(2), env: process.env }));
    ${program}`,
  );
  await chmod(k6, 0o755);
  const console = createFakeConsole();
  const command = createLoadCommand({
    k6: () => Promise.resolve(k6),
    build: () => Promise.resolve(),
    readTopology: () => Promise.reject(new Error('no tier is started here')),
    serverless: {
      build: () => Promise.reject(new Error('no tier is started here')),
      runCdk: () => Promise.reject(new Error('no tier is started here')),
    },
  });
  const code = await runProgram(['load', ...args], { console, signal }, [command]);
  return { code, said: console.lines.join('\n'), results: console.results };
}
const told = async () =>
  JSON.parse(await readFile(join(scratch, 'told'), 'utf8')) as {
    args: string[];
    env: Record<string, string>;
  };
const say = (...lines: string[]) => lines.map((text) => `console.log(${JSON.stringify(text)});`).join('\n');
const HERE = 'http://127.0.0.1:1';

describe('a load on an address', () => {
  it('is told to k6 by variables, and its samples are the result', async () => {
    const { code, results } = await load(
      [HERE, '--workload', 'average', '--rate', '7', '--duration', '1m30s', '--tier', 'four-nines', '--json'],
      say(line('browse', 'good', 4), line('order', 'bad'), 'something else'),
    );
    expect(code).toBe(0);
    const { env, args } = await told();
    expect(env).toMatchObject({
      BASE_URL: HERE,
      WORKLOAD: 'average',
      TIER: 'four-nines',
      RATE: '7',
      DURATION: '1m30s',
      SEED: '1',
    });
    expect(Object.keys(env).sort()).not.toContain('NINES_K6');
    expect(args[0]).toBe('run');
    expect(args.at(-1)).toMatch(/load-tests\/src\/k6\/shop\.ts$/);
    const result = JSON.parse(results[0] ?? '') as LoadResult;
    expect(result).toMatchObject({
      target: HERE,
      workload: 'average',
      tier: 'four-nines',
      met: true,
      counts: { good: 1, bad: 1, shed: 0, dropped: 0 },
      goodRatio: 0.5,
      p95Ms: 4,
    });
  });

  it('takes smoke, three-nines and the rate of the workload when nothing is said', async () => {
    await load([HERE], '');
    const { env } = await told();
    expect(env).toMatchObject({ WORKLOAD: 'smoke', TIER: 'three-nines' });
    expect(env).not.toHaveProperty('RATE');
    expect(env).not.toHaveProperty('DURATION');
  });

  it('ends with 1 when a threshold was missed', async () => {
    const { code, results } = await load([HERE], 'process.exitCode = 99;');
    expect(code).toBe(1);
    expect(results[0]).toMatch(/NOT MET$/);
  });

  it('ends with 2 and what k6 said when k6 could not do it', async () => {
    const { code, said, results } = await load(
      [HERE],
      'process.stderr.write("no shop there"); process.exitCode = 107;',
    );
    expect(code).toBe(2);
    expect(said).toContain('k6 ended with exit code 107:\nno shop there [load-failed]');
    expect(results).toEqual([]);
  });

  it('ends with 2 when a sample cannot be read', async () => {
    const { code, said } = await load([HERE], say('{"metric":"shop_request","type":"Point","data":{}}'));
    expect(code).toBe(2);
    expect(said).toContain('[k6-sample-invalid]');
  });

  it('ends k6 when the user ends it', async () => {
    const interruption = new AbortController();
    const ended = load(
      [HERE],
      `process.on('SIGINT', () => process.exit(105)); setInterval(() => undefined, 1000);`,
      interruption.signal,
    );
    await expect
      .poll(
        () =>
          told().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
    interruption.abort();
    expect(await ended).toMatchObject({ code: 2, said: 'nines: interrupted. [interrupted]', results: [] });
  });

  it.each([
    [['https://shop.example.com'], '[host-not-confirmed]'],
    [['https://shop.example.com', '--i-own', 'example.com'], '[host-not-confirmed]'],
    [['six-nines'], 'is neither a tier'],
    [[HERE, '--tier', 'six-nines'], 'there is no tier "six-nines"'],
    [[HERE, '--workload', 'soak'], 'smoke, average, spike, stress, breakpoint'],
    [[HERE, '--rate', '0'], 'A rate is a whole number'],
    [[HERE, '--rate', '1.5'], 'A rate is a whole number'],
    [[HERE, '--duration', '5'], 'A duration is written as'],
    [[HERE, '--duration', '0s'], 'A duration is written as'],
    [[HERE, '--duration', ''], 'A duration is written as'],
  ])('%j is refused before anything is sent', async (args, message) => {
    const { code, said } = await load(args, '');
    expect(code).toBe(2);
    expect(said).toContain(message);
    await expect(told()).rejects.toThrow('ENOENT');
  });
});

describe('a load on an emulator', () => {
  it.each([
    ['average', undefined, 15],
    ['spike', undefined, 15],
    // A trickle is borne as it is.
    ['smoke', undefined, undefined],
    ['average', 40, 40],
  ] as const)(
    'is scaled down in print, but for a trickle and where a rate is asked for: %s %s',
    (workload, asked, rate) => {
      const said: string[] = [];
      const chosen = rateOf(
        { workload, flavour: 'serverless', ...(asked === undefined ? {} : { rate: asked }) },
        (line) => said.push(line),
      );
      expect(chosen).toBe(rate);
      expect(said.length).toBe(rate === 15 ? 1 : 0);
    },
  );

  it('is what the workload says on servers', () => {
    expect(
      rateOf({ workload: 'average', flavour: 'servers' }, () => {
        throw new Error('nothing is scaled down');
      }),
    ).toBeUndefined();
  });
});
