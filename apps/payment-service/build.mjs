/** Builds `dist/server.mjs` with everything in it; `dist/` alone, copied anywhere, is enough to start. */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(folder('dist'), { recursive: true, force: true });
await build({
  entryPoints: [folder('src/server.ts')],
  outfile: folder('dist/server.mjs'),
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
