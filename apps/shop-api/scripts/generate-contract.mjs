/**
 * Writes what the contract says into TypeScript: its types (openapi-typescript), the document itself, and its
 * operations with the validation of their requests as code (Ajv), so that a process at run time needs no YAML parser,
 * no compiler of schemas and the 50 ms that it takes, and no file beside the bundle.
 *
 * `node scripts/generate-contract.mjs` writes; with `--check` it writes nothing and exits 1 when a file is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { parse } from 'yaml';

const source = new URL('../openapi.yaml', import.meta.url);
const folder = new URL('../src/contract/', import.meta.url);
const notice =
  '// Generated from openapi.yaml by `npm run generate -w @nines/shop-api`. Do not edit: edit the contract.\n';

const document = parse(await readFile(source, 'utf8'));
const DOCUMENT_ID = 'contract';

/** Turns the document's own references into references that resolve from any schema. */
const withAbsoluteReferences = (value) =>
  JSON.parse(JSON.stringify(value), (key, inner) => (key === '$ref' ? `${DOCUMENT_ID}${inner}` : inner));

/**
 * Parameters arrive as text, so numbers in them are made numbers, and defaults are filled in. A body's types count.
 */
function createAjv(coerceTypes) {
  const ajv = new Ajv2020({
    strict: false,
    coerceTypes,
    useDefaults: true,
    allErrors: false,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addFormat('uuid', fullFormats.uuid);
  // Only in answers, which the tests check.
  ajv.addFormat('date-time', true);
  ajv.addSchema(document, DOCUMENT_ID);
  return ajv;
}

const resolve = (parameter) =>
  parameter.$ref === undefined ? parameter : document.components.parameters[parameter.$ref.split('/').at(-1)];

/** Schemas by name, each once: `nameOf` gives the same schema the name under which it came first. */
function createSchemaNames() {
  const schemas = {};
  const names = new Map();
  return {
    schemas,
    nameOf: (name, schema) => {
      const text = JSON.stringify(schema);
      if (!names.has(text)) {
        names.set(text, name);
        schemas[name] = schema;
      }
      return names.get(text);
    },
  };
}

/** The operations of the document, and the schemas that their requests are checked by, each under a name. */
function readOperations() {
  const parameterSchemas = createSchemaNames();
  const body = {};
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId: id, parameters: named = [], requestBody }]) => {
      const all = named.map(resolve);
      const places = ['path', 'query', 'header'].filter((place) => all.some((one) => one.in === place));
      const parameters = places.map((place) => {
        const here = all.filter((one) => one.in === place);
        const schema = {
          type: 'object',
          properties: Object.fromEntries(
            here.map(({ name, schema }) => [name, withAbsoluteReferences(schema)]),
          ),
          required: here.filter(({ required }) => required === true).map(({ name }) => name),
        };
        return [place, parameterSchemas.nameOf(`${id}_${place}`, schema)];
      });
      const bodySchema = requestBody?.content['application/json'].schema;
      if (bodySchema !== undefined) body[`${id}_body`] = withAbsoluteReferences(bodySchema);
      const headerNames = all.filter((one) => one.in === 'header').map(({ name }) => name);
      const hasBody = bodySchema !== undefined;
      return { id, method: method.toUpperCase(), path, headerNames, parameters, hasBody };
    }),
  );
  return { operations, schemas: { parameters: parameterSchemas.schemas, body } };
}

/** The code of the functions that check these schemas, each exported under its schema's name. */
function validators(coerceTypes, schemas, prefix) {
  const ajv = createAjv(coerceTypes);
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
  const names = Object.fromEntries(Object.keys(schemas).map((name) => [name, name]));
  return (
    standaloneCode
      .default(ajv, names)
      .replace(/^"use strict";\n?/, '')
      // Ajv asks for this by `require`, which a module does not have. Lengths are counted in code points.
      .replaceAll(/require\("ajv\/dist\/runtime\/ucs2length"\)\.default/g, '(text) => [...text].length')
      // Two validators in one file must not have names in common.
      .replaceAll(/\b(validate|schema|func|formats|pattern)(\d+)\b/g, `${prefix}_$1$2`)
  );
}

function operationsFile() {
  const { operations, schemas } = readOperations();
  const entries = operations.map(({ id, parameters: checks, hasBody, ...operation }) => {
    const parameters = checks.map(([place, name]) => `[${JSON.stringify(place)}, ${name}]`).join(', ');
    const body = hasBody ? `${id}_body` : 'undefined';
    const rest = JSON.stringify({ id, ...operation }).slice(1, -1);
    return `  { ${rest}, parameters: [${parameters}], body: ${body} },\n`;
  });
  return [
    notice,
    '// @ts-nocheck -- Ajv writes JavaScript; contract.ts gives it its types.\n',
    validators(true, schemas.parameters, 'parameters'),
    validators(false, schemas.body, 'body'),
    `\nexport const contractOperations = [\n${entries.join('')}];\n`,
  ].join('');
}

const files = {
  'operations.generated.ts': operationsFile(),
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
