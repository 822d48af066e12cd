import { expect, test } from 'vitest';
import { ContractNotSupportedError, contractExpectations, type Json } from './contract-expectations.ts';

function contractOf(schema: Json, responses?: Json): Json {
  const good = { '200': { content: { 'application/json': { schema } } } };
  return {
    paths: { '/things': { get: { operationId: 'read', responses: responses ?? good } } },
    components: { schemas: { Id: { type: 'string', minLength: 1 } } },
  };
}

test('a reference is followed, and what stands beside it is kept', () => {
  const schema: Json = { $ref: '#/components/schemas/Id', maxLength: 9, description: 'left out' };
  expect(contractExpectations(contractOf(schema), ['read'])['read']).toEqual({
    method: 'GET',
    path: '/things',
    status: 200,
    headers: {},
    body: { type: 'string', nullable: false, minLength: 1, maxLength: 9 },
  });
});

test.each<[string, Json, string]>([
  ['a rule that is not known', { type: 'string', contentEncoding: 'base64' }, 'GET /things: contentEncoding'],
  ['an object rule that is not known', { type: 'object', minProperties: 1 }, 'GET /things: minProperties'],
  ['a format that is not known', { type: 'string', format: 'iban' }, 'GET /things: the format "iban"'],
  ['a type that is not known', { type: ['string', 'null'] }, 'GET /things: the type ["string","null"]'],
  ['no type', {}, 'GET /things: the type null'],
  ['enum and a pattern', { type: 'string', enum: ['a'], pattern: 'a' }, 'GET /things: enum'],
  ['two alternatives', { oneOf: [{ type: 'string' }, { type: 'integer' }] }, 'GET /things: oneOf'],
  ['a reference to elsewhere', { $ref: 'other.yaml#/Id' }, 'GET /things: "other.yaml#/Id" leads out'],
  [
    'a reference to nothing',
    { $ref: '#/components/schemas/No' },
    '#/components/schemas/No: an object was expected',
  ],
])('%s is refused by name, with its place', (_, schema, message) => {
  expect(() => contractExpectations(contractOf(schema), ['read'])).toThrow(ContractNotSupportedError);
  expect(() => contractExpectations(contractOf(schema), ['read'])).toThrow(message);
});

test('the place of a rule deep inside is named', () => {
  const schema: Json = { type: 'array', items: { type: 'object', properties: { a: { type: 'file' } } } };
  expect(() => contractExpectations(contractOf(schema), ['read'])).toThrow(
    'GET /things[].a: the type "file"',
  );
});

test('an operation that the contract does not have is refused', () => {
  expect(() => contractExpectations(contractOf({ type: 'string' }), ['write'])).toThrow(
    'write: the contract has no such operation',
  );
});

const answering = (schema: Json): Json => ({ content: { 'application/json': { schema } } });

test('an operation with two good answers has an expectation for each, the usual one under its name', () => {
  const answers = {
    '202': answering({ type: 'boolean' }),
    '200': answering({ type: 'string' }),
    default: {},
  };
  const expected = contractExpectations(contractOf(null, answers), ['read']);
  expect(Object.keys(expected)).toEqual(['read', 'read202']);
  expect(expected['read']).toMatchObject({ status: 200, body: { type: 'string' } });
  expect(expected['read202']).toMatchObject({ status: 202, body: { type: 'boolean' } });
});

test('an operation without a good answer is refused', () => {
  expect(() => contractExpectations(contractOf(null, { default: {} }), ['read'])).toThrow(
    'no answer with a 2xx status',
  );
});
