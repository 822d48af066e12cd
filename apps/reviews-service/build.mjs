/**
 * Builds `dist/server.mjs` with everything in it; `dist/` alone, copied anywhere, is enough to start.
 * `node build.mjs <folder>` builds into that folder instead.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const output = process.argv[2] ?? path('dist');

await rm(output, { recursive: true, force: true });
await build({
  entryPoints: [path('src/server.ts')],
  outfile: join(output, 'server.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  sourcemap: 'linked',
  conditions: ['@nines/source'],
  legalComments: 'eof',
  // Some dependencies are CommonJS and ask for Node's modules by `require`, which a module does not have.
  banner: {
    js: "import { createRequire as createNodeRequire } from 'node:module'; const require = createNodeRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
