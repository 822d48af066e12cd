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

/** What a good answer to one operation looks like. */
export interface ExpectedAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Required response headers, in the form in which Go (and so k6) spells them, with their shapes. */
  readonly headers: JsonObject;
  readonly body: JsonObject;
}

/**
 * Reads the expectations of the named operations.
 * @param document the parsed OpenAPI document.
 * @param operationIds the operations that the load tests call.
 * @throws ContractNotSupportedError when an operation is missing or uses a rule that is not known here.
 */
export function contractExpectations(
  document: Json,
  operationIds: readonly string[],
): Record<string, ExpectedAnswer> {
  const root = asObject(document, 'document');
  const found = new Map<string, ExpectedAnswer>();
  for (const [path, item] of Object.entries(asObject(root['paths'], 'paths'))) {
    for (const [method, operation] of Object.entries(asObject(item, path))) {
      const place = `${method.toUpperCase()} ${path}`;
      const { operationId, responses } = asObject(operation, place);
      if (typeof operationId !== 'string' || !operationIds.includes(operationId)) continue;
      const good = goodAnswer(root, responses, place);
      found.set(operationId, { method: method.toUpperCase(), path, ...good });
    }
  }
  return Object.fromEntries(
    operationIds.map((id) => {
      const expected = found.get(id);
      if (expected === undefined) throw new ContractNotSupportedError(id, 'the contract has no such operation');
      return [id, expected];
    }),
  );
}

function goodAnswer(
  root: JsonObject,
  responses: Json | undefined,
  place: string,
): Pick<ExpectedAnswer, 'status' | 'headers' | 'body'> {
  const good = Object.entries(asObject(responses, place)).filter(([status]) => /^2\d\d$/.test(status));
  const [only] = good;
  if (only === undefined || good.length > 1) {
    throw new ContractNotSupportedError(place, `${String(good.length)} answers with a 2xx status, not one`);
  }
  const response = resolve(root, only[1], place);
  const media = asObject(asObject(response['content'], place)['application/json'], place);
  return {
    status: Number(only[0]),
    headers: requiredHeaders(root, response['headers'] ?? {}, place),
    body: shape(root, media['schema'] ?? null, place),
  };
}

function requiredHeaders(root: JsonObject, headers: Json, place: string): JsonObject {
  const required: Record<string, Json> = {};
  for (const [name, reference] of Object.entries(asObject(headers, place))) {
    const header = resolve(root, reference, `${place} ${name}`);
    if (header['required'] !== true) continue;
    required[canonicalHeader(name)] = shape(root, header['schema'] ?? null, `${place} ${name}`);
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
  null: [],
  array: ['minItems', 'maxItems'],
};

/** Rules that say nothing about the value. */
const ANNOTATIONS = ['type', 'description', 'title', 'default', 'examples', 'example', 'deprecated'];

function shape(root: JsonObject, schema: Json, place: string): JsonObject {
  const rules = resolve(root, schema, place);
  const alternatives = rules['oneOf'];
  if (alternatives !== undefined) {
    refuseOthers(rules, ['oneOf'], place);
    const schemas = asList(alternatives, place);
    return { type: 'any-of', shapes: schemas.map((one) => shape(root, one, place)) };
  }
  const type = rules['type'];
  if (type === 'object') return objectShape(root, rules, place);
  const carried = typeof type === 'string' ? CARRIED[type] : undefined;
  if (typeof type !== 'string' || carried === undefined) {
    throw new ContractNotSupportedError(place, `the type ${JSON.stringify(type ?? null)} is not known here`);
  }
  const kept = Object.fromEntries(Object.entries(rules).filter(([name]) => carried.includes(name)));
  if (type === 'array') {
    refuseOthers(rules, [...carried, 'items'], place);
    return { type, ...kept, items: shape(root, rules['items'] ?? null, `${place}[]`) };
  }
  refuseOthers(rules, [...carried, ...(type === 'string' ? ['format'] : [])], place);
  return { type, ...kept, ...formatPattern(rules, place) };
}

function objectShape(root: JsonObject, rules: JsonObject, place: string): JsonObject {
  refuseOthers(rules, ['required', 'properties', 'additionalProperties'], place);
  const properties = Object.entries(asObject(rules['properties'] ?? {}, place));
  return {
    type: 'object',
    required: rules['required'] ?? [],
    closed: rules['additionalProperties'] === false,
    properties: Object.fromEntries(
      properties.map(([name, schema]) => [name, shape(root, schema, `${place}.${name}`)]),
    ),
  };
}

function formatPattern(rules: JsonObject, place: string): JsonObject {
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
