/**
 * Bundle size: what an application ships for the names that it imports, bundled and minified by esbuild and gzipped by
 * Node. The same on every machine, to the byte, so that a test can hold a ceiling.
 */
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

/**
 * Bytes of a bundle.
 *
 * @param contents lines that export what an application would import
 * @param resolveDir the folder from which these lines are resolved
 */
export function gzippedBytes(contents: string, resolveDir: string): number {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    // ES modules before CommonJS, so that what is not imported can be left out of libraries that have both.
    mainFields: ['module', 'main'],
    conditions: ['@nines/source'],
    // Every store of DynamoDB needs the SDK, and Lambda has it: it is in nobody's figure.
    external: ['@aws-sdk/*'],
    write: false,
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}
