// Writes what is generated for the load tests: the answers they expect, from the OpenAPI contract, and their
// thresholds, from the tiers.
//
// `npm run generate -w @nines/k6` writes; with `--check` it writes nothing and exits 1 when a file is stale.
// It lives here, not in load-tests, because the load tests import nothing of ours.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { renderThresholds } from '@nines/availability';
import { parse } from 'yaml';
import { contractCode } from './contract-code.ts';
import { contractExpectations, type Json } from './contract-expectations.ts';

const ROOT = new URL('../../../', import.meta.url);
const FOLDER = 'load-tests/src/generated';
const OPERATIONS = ['listProducts', 'getProduct', 'placeOrder', 'getOrder'];
const COMMAND = 'npm run generate -w @nines/k6';

async function contractFile(): Promise<string> {
  const document = parse(await readFile(new URL('apps/shop-api/openapi.yaml', ROOT), 'utf8')) as Json;
  const notice = `// Generated from apps/shop-api/openapi.yaml by \`${COMMAND}\`. Do not edit: edit the contract.`;
  return contractCode(contractExpectations(document, OPERATIONS), notice);
}

async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const files = {
    'contract.generated.ts': await contractFile(),
    'thresholds.generated.json': renderThresholds(),
  };
  await mkdir(new URL(FOLDER, ROOT), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const url = new URL(`${FOLDER}/${name}`, ROOT);
    if ((await readFile(url, 'utf8').catch(() => '')) === text) continue;
    if (check) {
      process.stderr.write(`${FOLDER}/${name} is stale: run \`${COMMAND}\`.\n`);
      process.exitCode = 1;
      continue;
    }
    await writeFile(url, text);
    process.stdout.write(`wrote ${FOLDER}/${name}\n`);
  }
}

await main();
