/**
 * The contestants: whose code, and built how. "As the shop's": with the shop's own build (`apps/shop-api/build.mjs`),
 * which takes the SDK's ES modules and leaves out what a function never uses. "As usual": minified ES modules with the
 * SDK in them and nothing else decided, as the CDK's construct for functions builds them.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const run = promisify(execFile);
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The workload's own build; a tool imports no application, it runs what that has built. */
const BUILD = path('../../../../apps/shop-api/build.mjs');

const FIXTURES = {
  plain: path('fixtures/plain.ts'),
  'hono + Powertools': path('fixtures/hono-powertools.ts'),
} as const;

export const SHOP = 'the shop';

export const CONTESTANTS = [
  SHOP,
  'plain',
  'hono + Powertools',
  'plain, usual build',
  'hono + Powertools, usual build',
] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

export interface Bundle {
  readonly name: ContestantName;
  readonly file: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Dependencies that are CommonJS ask for Node's modules by `require`, which a module does not have. */
const REQUIRE =
  "import { createRequire as createNodeRequire } from 'node:module'; const require = createNodeRequire(import.meta.url);";

const buildAsUsual = (entryPoint: string, outfile: string) =>
  build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    legalComments: 'none',
    logLevel: 'error',
  });

/** Builds everything into a folder. */
export async function buildBundles(folder: string): Promise<readonly Bundle[]> {
  const fileOf = (name: string) => join(folder, `${name.replaceAll(/[^a-z]+/gi, '-')}.mjs`);
  await run(process.execPath, [BUILD, join(folder, 'shop')]);
  for (const [name, entryPoint] of Object.entries(FIXTURES)) {
    await run(process.execPath, [BUILD, 'function', entryPoint, fileOf(name)]);
    await buildAsUsual(entryPoint, fileOf(`${name}, usual build`));
  }
  return Promise.all(
    CONTESTANTS.map(async (name) => {
      const file = name === SHOP ? functionOf(folder, 'shop-api') : fileOf(name);
      const content = await readFile(file);
      return { name, file, bytes: content.length, gzipBytes: gzipSync(content, { level: 9 }).length };
    }),
  );
}

/** One of the shop's own functions in a folder that `buildBundles` has filled. */
export const functionOf = (folder: string, name: string): string =>
  join(folder, 'shop', 'functions', name, 'index.mjs');
