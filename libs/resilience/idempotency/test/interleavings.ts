/**
 * `npm run interleavings -- --store postgres --count 10000 --seed 1`: the search on a real
 * engine, for as many seeds as there is time for.
 */
import { parseArgs } from 'node:util';
import { startDynamodb, startPostgres, type Engine } from './engines.ts';
import { createMemoryEngine } from './memory-engine.ts';
import { searchInterleavings } from './search-interleavings.ts';

const EXIT_NOTHING_FOUND = 0;
const EXIT_FOUND = 1;
const EXIT_COULD_NOT_RUN = 2;

const HELP = `Usage: npm run interleavings -- [options]

Repeats one request from several processes, with crashes, late messages and leases that end, as a seed decides.

Options:
  --store <name>   memory, postgres or dynamodb (default: memory)
  --count <n>      how many seeds (default: 10000)
  --seed <n>       the first of them (default: 1)
  --help           show this

DynamoDB is MiniStack, installed on first need; NINES_DYNAMODB_ENDPOINT=http://127.0.0.1:8000 names another engine.

Exit codes: 0 nothing found, 1 a promise of the library was broken (its seed and steps are printed), 2 could not
be run.
`;

const say = (line: string) => process.stderr.write(`interleavings: ${line}\n`);

type Use = <Tx>(engine: Engine<Tx>) => Promise<number>;

const STORES: Readonly<Record<string, (use: Use) => Promise<number>>> = {
  memory: (use) => use(createMemoryEngine()),
  postgres: async (use) => use(await startPostgres()),
  dynamodb: async (use) => use(await startDynamodb(say)),
};

const parseCount = (name: string, text: string): number => {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Error(`--${name} is a whole number from 1, not "${text}"`);
  return Number(text);
};

async function search<Tx>(engine: Engine<Tx>, seed: number, count: number): Promise<number> {
  say(`${engine.name} is there`);
  try {
    const startedAt = performance.now();
    const onProgress = (done: number) => say(`${String(done)} of ${String(count)}`);
    const { total, found } = await searchInterleavings(engine, { seed, count, onProgress });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    const figures = Object.entries(total).map(([name, figure]) => `${String(figure)} ${name}`);
    const seeds = `${engine.name}: seeds ${String(seed)} to ${String(seed + count - 1)}`;
    process.stdout.write(
      found ? `${found}\n` : `${seeds}: ${figures.join(', ')}; nothing found in ${seconds} s\n`,
    );
    return found ? EXIT_FOUND : EXIT_NOTHING_FOUND;
  } finally {
    await engine.stop();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      store: { type: 'string', default: 'memory' },
      count: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT_NOTHING_FOUND;
  }
  const store = STORES[values.store];
  if (!store)
    throw new Error(`there is no store "${values.store}"; there are ${Object.keys(STORES).join(', ')}`);
  const [seed, count] = [parseCount('seed', values.seed), parseCount('count', values.count)];
  return store((engine) => search(engine, seed, count));
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = EXIT_COULD_NOT_RUN;
}
