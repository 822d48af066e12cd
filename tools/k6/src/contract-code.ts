// From expected answers to the TypeScript that checks them, one straight function per operation.
//
// Pure. Code instead of data, because the checks run for every answer inside k6, beside the system under test:
// walking the same shapes as data cost 340 us for a page of ten products there, this code 50 us (ADR 0032).
import {
  ContractNotSupportedError,
  type ArrayShape,
  type ExpectedAnswer,
  type NumberShape,
  type ObjectShape,
  type Shape,
  type StringShape,
} from './contract-expectations.ts';

/** The source of a module that exports one `ExpectedAnswer` for each operation, by its id. */
export function contractCode(expectations: Readonly<Record<string, ExpectedAnswer>>, notice: string): string {
  const writer = createWriter();
  const operations = Object.entries(expectations).map(([id, expected]) =>
    operationCode(writer, id, expected),
  );
  return [
    notice,
    `import type { ExpectedAnswer } from '../k6/contract.ts';`,
    '',
    ...writer.patterns().map(([name, pattern]) => `const ${name} = new RegExp(${JSON.stringify(pattern)});`),
    '',
    operations.join('\n\n'),
    '',
  ].join('\n');
}

function operationCode(
  writer: Writer,
  id: string,
  { method, path, status, headers, body }: ExpectedAnswer,
): string {
  const checks = [
    ...Object.entries(headers).flatMap(([name, shape]) =>
      checkCode(writer, shape, `headers[${JSON.stringify(name)}]`, inTemplate(name)),
    ),
    ...checkCode(writer, body, 'body', ''),
  ];
  return [
    `export const ${id}: ExpectedAnswer = {`,
    `  method: ${JSON.stringify(method)},`,
    `  path: ${JSON.stringify(path)},`,
    `  status: ${String(status)},`,
    `  findBreach(${Object.keys(headers).length > 0 ? 'headers' : '_headers'}, body) {`,
    ...indented(checks, '    '),
    '    return undefined;',
    '  },',
    '};',
  ].join('\n');
}

/** Names for what the code declares, and the patterns it uses, each once. */
interface Writer {
  variable(): string;
  pattern(pattern: string): string;
  patterns(): readonly (readonly [name: string, pattern: string])[];
}

function createWriter(): Writer {
  const names = new Map<string, string>();
  let variables = 0;
  return {
    variable: () => `v${String(++variables)}`,
    pattern(pattern) {
      const name = names.get(pattern) ?? `PATTERN_${String(names.size + 1)}`;
      names.set(pattern, name);
      return name;
    },
    patterns: () => [...names].map(([pattern, name]) => [name, pattern] as const),
  };
}

/**
 * Statements that return the place when the value breaks the shape.
 * @param value a JavaScript expression without effects.
 * @param place the inside of a template literal.
 */
function checkCode(writer: Writer, shape: Shape, value: string, place: string): readonly string[] {
  const code = notNullCode(writer, shape, value, place);
  if (!shape.nullable) return code;
  return [`if (${value} !== null) {`, ...indented(code), '}'];
}

function notNullCode(writer: Writer, shape: Shape, value: string, place: string): readonly string[] {
  switch (shape.type) {
    case 'object':
      return objectCode(writer, shape, value, place);
    case 'array':
      return arrayCode(writer, shape, value, place);
    case 'string':
      return [refusal(stringConditions(writer, shape, value), place)];
    case 'boolean':
      return [refusal([`typeof ${value} !== 'boolean'`], place)];
    default:
      return [refusal(numberConditions(shape, value), place)];
  }
}

function objectCode(writer: Writer, shape: ObjectShape, value: string, place: string): readonly string[] {
  const isNone = [`typeof ${value} !== 'object'`, `${value} === null`, `Array.isArray(${value})`];
  const lines = [refusal(isNone, place || '/')];
  const optional: string[] = [];
  for (const [name, property] of Object.entries(shape.properties)) {
    const variable = writer.variable();
    lines.push(`const ${variable} = ${value}[${JSON.stringify(name)}];`);
    const code = checkCode(writer, property, variable, `${place}/${inTemplate(name)}`);
    if (shape.required.includes(name)) {
      lines.push(...code);
    } else {
      optional.push(variable);
      lines.push(`if (${variable} !== undefined) {`, ...indented(code), '}');
    }
  }
  const unknown = shape.required.filter((name) => shape.properties[name] === undefined);
  if (unknown.length > 0)
    throw new ContractNotSupportedError(place, `${unknown.join(', ')} is required, not described`);
  if (shape.closed) {
    // All required properties are there, so a different number of them means one that the contract does not know.
    const count = [String(shape.required.length), ...optional.map((one) => `(${one} === undefined ? 0 : 1)`)];
    lines.push(refusal([`Object.keys(${value}).length !== ${count.join(' + ')}`], `${place}/*`));
  }
  return lines;
}

function arrayCode(writer: Writer, shape: ArrayShape, value: string, place: string): readonly string[] {
  const conditions = [`!Array.isArray(${value})`];
  if (shape.minItems !== undefined) conditions.push(`${value}.length < ${String(shape.minItems)}`);
  if (shape.maxItems !== undefined) conditions.push(`${value}.length > ${String(shape.maxItems)}`);
  const index = writer.variable();
  const item = writer.variable();
  return [
    refusal(conditions, place || '/'),
    `for (let ${index} = 0; ${index} < ${value}.length; ${index} += 1) {`,
    `  const ${item} = ${value}[${index}];`,
    ...indented(checkCode(writer, shape.items, item, `${place}/\${String(${index})}`)),
    '}',
  ];
}

function stringConditions(writer: Writer, shape: StringShape, value: string): readonly string[] {
  if (shape.enum !== undefined) {
    return [shape.enum.map((one) => `${value} !== ${JSON.stringify(one)}`).join(' && ')];
  }
  const conditions = [`typeof ${value} !== 'string'`];
  if (shape.minLength !== undefined) conditions.push(`${value}.length < ${String(shape.minLength)}`);
  if (shape.maxLength !== undefined) {
    // JSON Schema counts characters, JavaScript the halves of some: the exact count is taken only when it matters.
    const most = String(shape.maxLength);
    conditions.push(`(${value}.length > ${most} && Array.from(${value}).length > ${most})`);
  }
  if (shape.pattern !== undefined) conditions.push(`!${writer.pattern(shape.pattern)}.test(${value})`);
  return conditions;
}

function numberConditions(shape: NumberShape, value: string): readonly string[] {
  const conditions = [
    shape.type === 'integer' ? `!Number.isInteger(${value})` : `typeof ${value} !== 'number'`,
  ];
  if (shape.minimum !== undefined) conditions.push(`${value} < ${String(shape.minimum)}`);
  if (shape.maximum !== undefined) conditions.push(`${value} > ${String(shape.maximum)}`);
  return conditions;
}

function refusal(conditions: readonly string[], place: string): string {
  return `if (${conditions.join(' || ')}) return \`${place}\`;`;
}

/** A name as it is written inside a template literal. */
function inTemplate(name: string): string {
  return name.replace(/[`\\$]/g, '\\$&');
}

function indented(lines: readonly string[], by = '  '): readonly string[] {
  return lines.map((line) => by + line);
}
