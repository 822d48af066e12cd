// From the OpenAPI contract to what the load tests expect of each answer: status, headers and body shape.
//
// Pure. It reads the part of OpenAPI 3.1 and JSON Schema that the shop's contract uses and refuses the rest by
// name, because a rule that was dropped silently would be a check that cannot fail.

/** A JSON value as YAML gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/** The contract says something that the load tests' expectations cannot carry. */
export class ContractNotSupportedError extends Error {
  readonly code = 'contract-not-supported';

  constructor(place: string, problem: string) {
    super(`${place}: ${problem}`);
    this.name = 'ContractNotSupportedError';
  }
}

export interface ObjectShape {
  readonly type: 'object';
  readonly nullable: boolean;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Shape>>;
  /** Whether further properties break the contract. */
  readonly closed: boolean;
}

export interface ArrayShape {
  readonly type: 'array';
  readonly nullable: boolean;
  readonly items: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface StringShape {
  readonly type: 'string';
  readonly nullable: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression; formats become one too. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface NumberShape {
  readonly type: 'integer' | 'number';
  readonly nullable: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface BooleanShape {
  readonly type: 'boolean';
  readonly nullable: boolean;
}

/** The part of JSON Schema that the contract's answers use. */
export type Shape = ObjectShape | ArrayShape | StringShape | NumberShape | BooleanShape;

/** What a good answer to one operation looks like. */
export interface ExpectedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Required response headers, in the form in which Go (and so k6) spells them, with their shapes. */
  readonly headers: Readonly<Record<string, Shape>>;
  readonly body: Shape;
}

/**
 * Reads the expectations of the named operations. An operation with several good answers has one for each: that with
 * the lowest status under its name, any other under its name and status (`placeOrder202`).
 * @param document the parsed OpenAPI document.
 * @param operationIds the operations that the load tests call.
 * @throws ContractNotSupportedError when an operation is missing or uses a rule that is not known here.
 */
export function contractExpectations(
  document: Json,
  operationIds: readonly string[],
): Record<string, ExpectedAnswer> {
  const root = asObject(document, 'document');
  const found = new Map<string, readonly ExpectedAnswer[]>();
  for (const [path, item] of Object.entries(asObject(root['paths'], 'paths'))) {
    for (const [method, operation] of Object.entries(asObject(item, path))) {
      const place = `${method.toUpperCase()} ${path}`;
      const { operationId, responses } = asObject(operation, place);
      if (typeof operationId !== 'string' || !operationIds.includes(operationId)) continue;
      const good = goodAnswers(root, responses, place);
      found.set(
        operationId,
        good.map((answer) => ({ method: method.toUpperCase(), path, ...answer })),
      );
    }
  }
  return Object.fromEntries(
    operationIds.flatMap((id) => {
      const expected = found.get(id);
      if (expected === undefined)
        throw new ContractNotSupportedError(id, 'the contract has no such operation');
      return expected.map((answer, index) => [index === 0 ? id : `${id}${String(answer.status)}`, answer]);
    }),
  );
}

function goodAnswers(
  root: JsonObject,
  responses: Json | undefined,
  place: string,
): readonly Pick<ExpectedAnswer, 'status' | 'headers' | 'body'>[] {
  // JavaScript lists such names by their number, so the lowest comes first.
  const good = Object.entries(asObject(responses, place)).filter(([status]) => /^2\d\d$/.test(status));
  if (good.length === 0) throw new ContractNotSupportedError(place, 'no answer with a 2xx status');
  return good.map(([status, answer]) => {
    const response = resolve(root, answer, place);
    const media = asObject(asObject(response['content'], place)['application/json'], place);
    return {
      status: Number(status),
      headers: requiredHeaders(root, response['headers'] ?? {}, place),
      body: shapeOf(root, media['schema'] ?? null, place),
    };
  });
}

function requiredHeaders(root: JsonObject, headers: Json, place: string): Record<string, Shape> {
  const required: Record<string, Shape> = {};
  for (const [name, reference] of Object.entries(asObject(headers, place))) {
    const header = resolve(root, reference, `${place} ${name}`);
    if (header['required'] !== true) continue;
    required[canonicalHeader(name)] = shapeOf(root, header['schema'] ?? null, `${place} ${name}`);
  }
  return required;
}

/** `x-data-freshness` as Go's net/http spells it, and so as a k6 script reads it: `X-Data-Freshness`. */
function canonicalHeader(name: string): string {
  return name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join('-');
}

/** Formats that are checked, as patterns. */
const FORMATS: Readonly<Record<string, string>> = {
  uuid: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
  'date-time': '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
};

/** Per type, the rules that are carried over as they are. */
const CARRIED: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'enum'],
  integer: ['minimum', 'maximum'],
  number: ['minimum', 'maximum'],
  boolean: [],
};

/** Rules that say nothing about the value. */
const ANNOTATIONS = ['type', 'description', 'title', 'default', 'examples', 'example', 'deprecated'];

function shapeOf(root: JsonObject, schema: Json, place: string): Shape {
  const rules = resolve(root, schema, place);
  if (rules['oneOf'] !== undefined) return nullableShape(root, rules, place);
  switch (rules['type']) {
    case 'object':
      return objectShape(root, rules, place);
    case 'array':
      refuseOthers(rules, ['items', 'minItems', 'maxItems'], place);
      return {
        type: 'array',
        nullable: false,
        ...kept(rules, ['minItems', 'maxItems']),
        items: shapeOf(root, rules['items'] ?? null, `${place}[]`),
      };
    default:
      return scalarShape(rules, place);
  }
}

/** The only alternative that is known here: something, or null. */
function nullableShape(root: JsonObject, rules: JsonObject, place: string): Shape {
  refuseOthers(rules, ['oneOf'], place);
  const alternatives = asList(rules['oneOf'] ?? null, place).map((one) => resolve(root, one, place));
  const something = alternatives.filter((one) => one['type'] !== 'null');
  const [only] = something;
  if (only === undefined || something.length !== 1 || alternatives.length !== 2) {
    throw new ContractNotSupportedError(place, 'oneOf is known here for one schema or null');
  }
  return { ...shapeOf(root, only, place), nullable: true };
}

function objectShape(root: JsonObject, rules: JsonObject, place: string): ObjectShape {
  refuseOthers(rules, ['required', 'properties', 'additionalProperties'], place);
  const properties = Object.entries(asObject(rules['properties'] ?? {}, place));
  return {
    type: 'object',
    nullable: false,
    required: asList(rules['required'] ?? [], place).map(String),
    closed: rules['additionalProperties'] === false,
    properties: Object.fromEntries(
      properties.map(([name, schema]) => [name, shapeOf(root, schema, `${place}.${name}`)]),
    ),
  };
}

function scalarShape(rules: JsonObject, place: string): Shape {
  const type = rules['type'];
  const carried = typeof type === 'string' ? CARRIED[type] : undefined;
  if (carried === undefined) {
    throw new ContractNotSupportedError(place, `the type ${JSON.stringify(type ?? null)} is not known here`);
  }
  refuseOthers(rules, [...carried, ...(type === 'string' ? ['format'] : [])], place);
  if (rules['enum'] !== undefined && Object.keys(kept(rules, carried)).length > 1) {
    throw new ContractNotSupportedError(place, 'enum is known here without further rules');
  }
  return { type, nullable: false, ...kept(rules, carried), ...formatPattern(rules, place) } as Shape;
}

function kept(rules: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(rules).filter(([name]) => names.includes(name)));
}

function formatPattern(rules: JsonObject, place: string): { pattern?: string } {
  const format = rules['format'];
  if (format === undefined) return {};
  const pattern = typeof format === 'string' ? FORMATS[format] : undefined;
  if (pattern === undefined || rules['pattern'] !== undefined) {
    throw new ContractNotSupportedError(place, `the format ${JSON.stringify(format)} is not known here`);
  }
  return { pattern };
}

function refuseOthers(rules: JsonObject, known: readonly string[], place: string): void {
  const others = Object.keys(rules).filter((name) => !known.includes(name) && !ANNOTATIONS.includes(name));
  if (others.length > 0) throw new ContractNotSupportedError(place, `${others.join(', ')} is not known here`);
}

/** Follows `$ref` within the document; rules beside the reference are kept, as OpenAPI 3.1 has it. */
function resolve(root: JsonObject, value: Json, place: string): JsonObject {
  const { $ref: reference, ...beside } = asObject(value, place);
  if (reference === undefined) return beside;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) {
    throw new ContractNotSupportedError(place, `${JSON.stringify(reference)} leads out of the document`);
  }
  let target: Json = root;
  for (const step of reference.slice(2).split('/')) target = asObject(target, reference)[step] ?? null;
  return { ...resolve(root, target, reference), ...beside };
}

function asObject(value: Json | undefined, place: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ContractNotSupportedError(place, 'an object was expected');
  }
  return value as JsonObject;
}

function asList(value: Json, place: string): readonly Json[] {
  if (!Array.isArray(value)) throw new ContractNotSupportedError(place, 'a list was expected');
  return value as readonly Json[];
}
