// Whether a parsed body has the shape that the contract promises.
//
// The shapes are generated from the OpenAPI contract (src/generated/contract.generated.ts). This is the part of
// JSON Schema that the contract uses, written for speed: it runs for every answer, on the machine under test.

export interface ObjectShape {
  readonly type: 'object';
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, Shape>>;
  /** Whether further properties break the contract. */
  readonly closed: boolean;
}

export interface ArrayShape {
  readonly type: 'array';
  readonly items: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface StringShape {
  readonly type: 'string';
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A regular expression, also for formats such as uuid. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface NumberShape {
  readonly type: 'integer' | 'number';
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface SimpleShape {
  readonly type: 'boolean' | 'null';
}

export interface AnyOfShape {
  readonly type: 'any-of';
  readonly shapes: readonly Shape[];
}

export type Shape = ObjectShape | ArrayShape | StringShape | NumberShape | SimpleShape | AnyOfShape;

/**
 * Looks for the first place where a value breaks its shape.
 * @returns the place, such as `/items/0/priceCents`, or undefined when the value has the shape.
 */
export function findBreach(shape: Shape, value: unknown, place = ''): string | undefined {
  switch (shape.type) {
    case 'object':
      return findInObject(shape, value, place);
    case 'array':
      return findInArray(shape, value, place);
    case 'any-of':
      return shape.shapes.some((one) => findBreach(one, value, place) === undefined)
        ? undefined
        : place || '/';
    default:
      return isScalar(shape, value) ? undefined : place || '/';
  }
}

function findInObject(shape: ObjectShape, value: unknown, place: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return place || '/';
  const record = value as Record<string, unknown>;
  for (const name of shape.required) if (record[name] === undefined) return `${place}/${name}`;
  for (const name of Object.keys(record)) {
    const property = shape.properties[name];
    if (property === undefined) {
      if (shape.closed) return `${place}/${name}`;
      continue;
    }
    const breach = findBreach(property, record[name], `${place}/${name}`);
    if (breach !== undefined) return breach;
  }
  return undefined;
}

function findInArray(shape: ArrayShape, value: unknown, place: string): string | undefined {
  if (!Array.isArray(value) || !isWithin(value.length, shape.minItems, shape.maxItems)) return place || '/';
  for (const [index, item] of value.entries()) {
    const breach = findBreach(shape.items, item, `${place}/${String(index)}`);
    if (breach !== undefined) return breach;
  }
  return undefined;
}

function isScalar(shape: StringShape | NumberShape | SimpleShape, value: unknown): boolean {
  switch (shape.type) {
    case 'string':
      return typeof value === 'string' && isString(shape, value);
    case 'integer':
      return Number.isInteger(value) && isWithin(value as number, shape.minimum, shape.maximum);
    case 'number':
      return typeof value === 'number' && isWithin(value, shape.minimum, shape.maximum);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
  }
}

function isString(shape: StringShape, value: string): boolean {
  if (!isWithin(value.length, shape.minLength, shape.maxLength)) return false;
  if (shape.enum !== undefined && !shape.enum.includes(value)) return false;
  return shape.pattern === undefined || compiled(shape.pattern).test(value);
}

function isWithin(value: number, least = -Infinity, most = Infinity): boolean {
  return value >= least && value <= most;
}

const patterns = new Map<string, RegExp>();

function compiled(pattern: string): RegExp {
  let expression = patterns.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern);
    patterns.set(pattern, expression);
  }
  return expression;
}
