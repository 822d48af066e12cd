import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CellResult } from '@nines/overload-lab';
import { describe, expect, it } from 'vitest';
import { createFakeConsole } from '../../test/fake-console.ts';
import { runProgram } from '../program.ts';
import { labCommand, labCommandWith, showRuns, verdictOf } from './lab.ts';

const run = async (args: string, signal = new AbortController().signal, commands = [labCommand]) => {
  const console = createFakeConsole();
  const code = await runProgram(['lab', 'overload', ...args.split(' ')], { console, signal }, commands);
  return { code, console };
};

const judged = (met: boolean | undefined, changes = {}): CellResult => ({
  section: 'recovery',
  measure: 'recovery-seconds',
  run: { client: 'nines', server: 'fifo', fleet: 200, load: 0.7, durationMs: 1, ...changes },
  span: { from: 0, to: 1 },
  seeds: [1, 2],
  worst: 9,
  worstSeed: 2,
  met,
});

describe('the overload lab', () => {
  it(
    'runs a part of itself, prints its tables, writes its page, and ends with 0 when the goals are met',
    { timeout: 300_000 },
    async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'nines-lab-'));
      const page = join(folder.path, 'new', 'lab.html');
      const { code, console } = await run(`--quick --fleet 5 --load 1 --threads 2 --report ${page}`);
      expect(code).toBe(0);
      expect(console.lines[0]).toBe('18 cells, 10 runs');
      expect(console.lines.at(-2)).toMatch(
        /^MET: 10 of 10 cells, 0\.\d million requests in 0\.1 virtual hours$/,
      );
      expect(console.results.join('')).toContain('## Goodput of our clients, server with a plain queue');
      expect(await readFile(page, 'utf8')).toContain('Overload lab: every cell met');
    },
  );

  it('ends with 1 when a goal is missed, and says how to see it again', async () => {
    const cells = [judged(true), judged(false, { fleet: 100, load: 5 })];
    const missing = labCommandWith(() =>
      Promise.resolve({ met: false, cells, runs: [], requests: 1, virtualSeconds: 1 }),
    );
    const { code, console } = await run('--json', undefined, [missing]);
    expect(code).toBe(1);
    expect(JSON.parse(console.results.join(''))).toMatchObject({
      met: false,
      cells: [{ met: true }, { met: false, fleet: 100, worst: 9, worstSeed: 2 }],
    });
    expect(console.lines).toContain(
      'missed: recovery, fifo, 100 clients, 5x; again: nines lab overload --seed 2 --seeds 1 --fleet 100 --load 5',
    );
  });

  it.each([
    ['--fleet 0', 'Fleets are whole numbers from 1 to 10000, separated by commas.'],
    ['--fleet 5,1.5', 'Fleets are whole numbers from 1 to 10000, separated by commas.'],
    ['--load 0', 'Loads are multiples of the capacity, above 0 and up to 100, separated by commas.'],
    ['--load much', 'Loads are multiples of the capacity, above 0 and up to 100, separated by commas.'],
    ['--seeds 0', 'It is a whole number from 1 to 1000.'],
    ['--seed -1', 'A seed is a whole number from 0 to 2^53 - 1.'],
    ['--write-docs --quick', '--write-docs needs the whole lab: leave out --quick, --fleet and --load.'],
  ])('refuses %s', async (args, message) => {
    const { code, console } = await run(args);
    expect(code).toBe(2);
    expect(console.lines.join('\n')).toContain(message);
  });

  it('ends with 2 when it is interrupted', async () => {
    const { code, console } = await run('--quick', AbortSignal.abort());
    expect(code).toBe(2);
    expect(console.lines.at(-1)).toBe('nines: interrupted. [interrupted]');
  });
});

describe('progress', () => {
  const job = {
    client: 'nines',
    server: 'fifo',
    fleet: 5,
    load: 0.7,
    durationMs: 1,
    seed: 3,
    outage: { kind: 'hang', fromMs: 0, toMs: 1 },
  } as const;
  const show = (interactive: boolean) => {
    const console = createFakeConsole({ interactive });
    const onProgress = showRuns(console);
    for (let done = 1; done <= 25; done++)
      onProgress({ done, total: 25, workShare: 1 - (1 - done / 25) ** 2, job });
    return console;
  };

  it('is a plain line for each twentieth of the work in a log, from the first long run on', () => {
    const { lines } = show(false);
    // 1 - (24/25)^2 is 7.8%, 1 - (23/25)^2 is 15.4%. Up to the fourteenth each run reaches another twentieth; then the
    // sixteenth, the eighteenth, the twentieth and the last do.
    expect(lines.slice(0, 2)).toEqual(['1 of 25 runs, 8% of the work', '2 of 25 runs, 15% of the work']);
    expect(lines.at(-1)).toBe('25 of 25 runs, 100% of the work');
    expect(lines).toHaveLength(18);
  });

  it('is a live line for each run on a terminal', () => {
    const { lines, lives } = show(true);
    expect(lines).toEqual([]);
    expect(lives[1]).toBe('2 of 25 runs, 15% of the work: nines, fifo, 5 clients, hang, seed 3');
  });
});

describe('the verdict', () => {
  const verdict = (...cells: CellResult[]) =>
    verdictOf({ met: true, cells, runs: [], requests: 2_500_000, virtualSeconds: 9000 });

  it('counts only what is judged', () => {
    expect(verdict(judged(true), judged(undefined))).toEqual([
      'MET: 1 of 1 cells, 2.5 million requests in 2.5 virtual hours',
    ]);
  });

  it('names what was missed, with the command that shows it', () => {
    const outage = { kind: 'hang', fromMs: 0, toMs: 1 };
    expect(verdict(judged(true), judged(false, { outage }))).toEqual([
      'missed: recovery, fifo, 200 clients, hang; again: nines lab overload --seed 2 --seeds 1 --fleet 200',
      'NOT MET: 1 of 2 cells, 2.5 million requests in 2.5 virtual hours',
    ]);
  });
});
