import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { contractCode } from './contract-code.ts';
import { contractExpectations, type Json } from './contract-expectations.ts';

interface Checked {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  findBreach(headers: Record<string, string>, body: unknown): string | undefined;
}

/** Generates the code for a contract and loads it, as k6 does. */
async function generate(contract: Json, operations: readonly string[]): Promise<Record<string, Checked>> {
  const code = stripTypeScriptTypes(contractCode(contractExpectations(contract, operations), '// generated'));
  const module: unknown = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module as Record<string, Checked>;
}

/** A contract of one operation, `read`, that answers with the schema. */
function contractOf(schema: Json, headers: Json = {}): Json {
  const answer = { description: 'x', headers, content: { 'application/json': { schema } } };
  return { paths: { '/things': { get: { operationId: 'read', responses: { '200': answer } } } } };
}

async function breachOf(schema: Json, body: unknown): Promise<string | undefined> {
  const { read } = await generate(contractOf(schema), ['read']);
  return read?.findBreach({}, body);
}

const THING: Json = {
  type: 'object',
  required: ['id', 'kind'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 3 },
    kind: { type: 'string', enum: ['big', 'small'] },
    note: { type: 'string' },
  },
};

describe('an object', () => {
  test.each<[unknown, string | undefined]>([
    [{ id: 'a', kind: 'big' }, undefined],
    [{ id: 'a', kind: 'big', note: '' }, undefined],
    [{ id: 'a' }, '/kind'],
    [{ id: '', kind: 'big' }, '/id'],
    [{ id: 'abcd', kind: 'big' }, '/id'],
    [{ id: 'a', kind: 'medium' }, '/kind'],
    [{ id: 'a', kind: 'big', note: 1 }, '/note'],
    [{ id: 'a', kind: 'big', extra: 1 }, '/*'],
    [{ id: 'a', kind: 'big', note: 'x', extra: 1 }, '/*'],
    [['a', 'big'], '/'],
    [null, '/'],
    ['a', '/'],
  ])('%j breaks at %j', async (body, place) => {
    expect(await breachOf(THING, body)).toBe(place);
  });

  test('that is open may hold more', async () => {
    expect(await breachOf({ type: 'object', properties: {} }, { extra: 1 })).toBeUndefined();
  });
});

describe('an array', () => {
  const things: Json = { type: 'array', minItems: 1, maxItems: 2, items: THING };
  test.each<[unknown, string | undefined]>([
    [[{ id: 'a', kind: 'big' }], undefined],
    [[], '/'],
    [
      [
        { id: 'a', kind: 'big' },
        { id: 'b', kind: 'big' },
        { id: 'c', kind: 'big' },
      ],
      '/',
    ],
    [[{ id: 'a', kind: 'big' }, { id: 'b' }], '/1/kind'],
    [{ 0: { id: 'a', kind: 'big' }, length: 1 }, '/'],
  ])('%j breaks at %j', async (body, place) => {
    expect(await breachOf(things, body)).toBe(place);
  });
});

describe('a scalar', () => {
  const nullable: Json = { oneOf: [{ type: 'integer', minimum: 0, maximum: 5 }, { type: 'null' }] };
  test.each<[Json, unknown, boolean]>([
    [{ type: 'integer', minimum: 0, maximum: 5 }, 0, true],
    [{ type: 'integer', minimum: 0, maximum: 5 }, 5, true],
    [{ type: 'integer', minimum: 0, maximum: 5 }, 6, false],
    [{ type: 'integer', minimum: 0, maximum: 5 }, -1, false],
    [{ type: 'integer' }, 1.5, false],
    [{ type: 'integer' }, '1', false],
    [{ type: 'integer' }, undefined, false],
    [{ type: 'number', maximum: 2 }, 1.5, true],
    [{ type: 'number', maximum: 2 }, 2.5, false],
    [{ type: 'boolean' }, false, true],
    [{ type: 'boolean' }, 0, false],
    [nullable, null, true],
    [nullable, 3, true],
    [nullable, 6, false],
    [nullable, undefined, false],
    [{ type: 'string', pattern: '^[a-z]+$' }, 'abc', true],
    [{ type: 'string', pattern: '^[a-z]+$' }, 'ab1', false],
    [{ type: 'string', maxLength: 2 }, '👍👍', true],
    [{ type: 'string', maxLength: 2 }, '👍👍👍', false],
    [{ type: 'string', format: 'uuid' }, '01890a5d-ac96-774b-bcce-b302099a8057', true],
    [{ type: 'string', format: 'uuid' }, '01890a5d-ac96-774b-bcce', false],
    [{ type: 'string', format: 'date-time' }, '2026-01-01T00:00:00.000Z', true],
    [{ type: 'string', format: 'date-time' }, '2026-01-01', false],
  ])('of %j accepts %j: %j', async (schema, body, good) => {
    expect((await breachOf(schema, body)) === undefined).toBe(good);
  });
});

test('a required header is checked under the name that k6 gives it', async () => {
  const headers: Json = {
    'x-data-freshness': { required: true, schema: { type: 'string', enum: ['live', 'stale'] } },
    age: { schema: { type: 'string' } },
  };
  const { read } = await generate(contractOf({ type: 'boolean' }, headers), ['read']);
  expect(read?.findBreach({ 'X-Data-Freshness': 'live' }, true)).toBeUndefined();
  expect(read?.findBreach({ 'X-Data-Freshness': 'warm' }, true)).toBe('X-Data-Freshness');
  expect(read?.findBreach({}, true)).toBe('X-Data-Freshness');
});

test('a property with an awkward name is named as it is', async () => {
  const schema: Json = {
    type: 'object',
    required: ['`${a}\\'],
    properties: { '`${a}\\': { type: 'boolean' } },
  };
  expect(await breachOf(schema, {})).toBe('/`${a}\\');
});

describe("the shop's contract", async () => {
  const text = await readFile(new URL('../../../apps/shop-api/openapi.yaml', import.meta.url), 'utf8');
  const contract = parse(text) as Json;
  const operations = {
    listProducts: 'ProductPage',
    getProduct: 'ProductDetail',
    getOrder: 'Order',
    placeOrder: 'Order',
  };
  const generated = await generate(contract, Object.keys(operations));
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema(contract as object, 'shop');

  test('names method, path and good status of each operation', () => {
    const { listProducts, placeOrder } = generated;
    expect(listProducts).toMatchObject({ method: 'GET', path: '/products', status: 200 });
    expect(placeOrder).toMatchObject({ method: 'POST', path: '/orders', status: 201 });
  });

  const product = { id: 'p-1', name: 'Pen', priceCents: 100, currency: 'EUR', stock: 3 };
  const reviews = { average: 4.5, count: 2, latest: [{ author: 'A', rating: 5, text: 'good' }] };
  const order = {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    reference: 'order-1',
    status: 'accepted',
    totalCents: 200,
    currency: 'EUR',
    items: [{ productId: 'p-1', quantity: 2, priceCents: 100 }],
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const good: Record<keyof typeof operations, unknown> = {
    listProducts: { items: [product, product], nextCursor: 'abc' },
    getProduct: { ...product, reviews, recommendations: [{ productId: 'p-2' }] },
    getOrder: order,
    placeOrder: order,
  };

  test.each(Object.entries(operations))(
    '%s is checked as a full JSON Schema validator does',
    (id, schema) => {
      const validate = ajv.compile({ $ref: `shop#/components/schemas/${schema}` });
      const headers = { 'X-Data-Freshness': 'live' };
      const sample = good[id as keyof typeof good];
      expect(generated[id]?.findBreach(headers, sample)).toBeUndefined();
      let broken = 0;
      fc.assert(
        fc.property(mutationOf(sample), (body) => {
          const valid = validate(body);
          if (!valid) broken += 1;
          expect(generated[id]?.findBreach(headers, body) === undefined).toBe(valid);
        }),
        { numRuns: 500 },
      );
      expect(broken).toBeGreaterThan(100);
    },
  );
});

/** The value with one part of it, anywhere, left out, added to or replaced. */
function mutationOf(value: unknown): fc.Arbitrary<unknown> {
  const others = fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1,
    4.5,
    1e17,
    '',
    'x',
    'EUR',
    'X!',
    'a'.repeat(1001),
    [],
    {},
  );
  if (Array.isArray(value)) {
    return fc.oneof(
      others,
      fc.constant([...value, ...value, ...value, ...value]),
      fc.constant([]),
      fc
        .nat(Math.max(0, value.length - 1))
        .chain((at) =>
          mutationOf(value[at]).map((one) =>
            value.map((item: unknown, index) => (index === at ? one : item)),
          ),
        ),
    );
  }
  if (typeof value !== 'object' || value === null) return fc.oneof(others, fc.constant(value));
  const record = value as Record<string, unknown>;
  const name = fc.constantFrom(...Object.keys(record));
  return fc.oneof(
    { weight: 1, arbitrary: others },
    { weight: 2, arbitrary: fc.constant({ ...record, extra: 1 }) },
    {
      weight: 3,
      arbitrary: name.map((gone) =>
        Object.fromEntries(Object.entries(record).filter(([one]) => one !== gone)),
      ),
    },
    {
      weight: 10,
      arbitrary: name.chain((one) => mutationOf(record[one]).map((other) => ({ ...record, [one]: other }))),
    },
  );
}
