/**
 * Writes what the contract says into TypeScript: its types (openapi-typescript) and the document itself, so that
 * validation at run time needs no YAML parser and no file beside the bundle.
 *
 * `node scripts/generate-contract.mjs` writes; with `--check` it writes nothing and exits 1 when a file is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const source = new URL('../openapi.yaml', import.meta.url);
const folder = new URL('../src/contract/', import.meta.url);
const notice =
  '// Generated from openapi.yaml by `npm run generate -w @nines/shop-api`. Do not edit: edit the contract.\n';

const document = parse(await readFile(source, 'utf8'));
const files = {
  'openapi.generated.ts': notice + astToString(await openapiTypescript(source, { alphabetize: false })),
  'document.generated.ts': `${notice}export const contractDocument = ${JSON.stringify(document, null, 2)} as const;\n`,
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(files)) {
  const url = new URL(name, folder);
  const present = await readFile(url, 'utf8').catch(() => '');
  if (present === text) continue;
  if (check) {
    process.stderr.write(`src/contract/${name} is stale: run \`npm run generate -w @nines/shop-api\`.\n`);
    process.exitCode = 1;
    continue;
  }
  await writeFile(url, text);
  process.stdout.write(`wrote src/contract/${name}\n`);
}
