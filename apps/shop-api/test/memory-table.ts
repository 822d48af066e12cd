/**
 * A DynamoDB table in memory that takes the requests of the shop's adapter, as far as they use it: writes and reads of
 * one item and queries, with the expressions that occur. Each request is one step, so a test decides what happens
 * between any two. It refuses whatever a table with strong consistency over regions refuses, transactions above all.
 *
 * What it makes of an expression is held to the emulator's by the contract suite, which runs on both.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { toProductItem, type Item } from '../src/adapters/dynamodb/table.ts';
import type { Product } from '../src/ports/storage.ts';

export interface Command {
  readonly constructor: { readonly name: string };
  readonly input: object;
}

export interface MemoryTable {
  /** Does what is asked, or throws what DynamoDB would. */
  apply(command: Command): object;
  items(): readonly Item[];
  /** The operations that were asked for. */
  readonly operations: ReadonlySet<string>;
}

interface Input {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly IndexName?: string;
  readonly KeyConditionExpression?: string;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Item;
}

const failure = (name: string, more: object = {}) =>
  Object.assign(new Error(name), { name, $fault: 'client', ...more });

const keyOf = ({ pk, sk }: Item): string => JSON.stringify([pk?.S, sk?.S]);

export function createMemoryTable(products: readonly Product[]): MemoryTable {
  const table = new Map(products.map(toProductItem).map((item) => [keyOf(item), item]));
  const operations = new Set<string>();

  function write(at: Item, input: Input, change: (old: Item | undefined) => Item | undefined): Item {
    const old = table.get(keyOf(at));
    if (input.ConditionExpression !== undefined && !holds(input.ConditionExpression, old ?? {}, input))
      throw failure('ConditionalCheckFailedException', {
        ...(old !== undefined && input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && { Item: old }),
      });
    const changed = change(old);
    if (changed === undefined) table.delete(keyOf(at));
    else table.set(keyOf(at), changed);
    return changed ?? {};
  }

  function query(input: Input): object {
    const order = input.IndexName === undefined ? 'sk' : 'dueAt';
    const direction = input.ScanIndexForward === false ? -1 : 1;
    const found = [...table.values()]
      .filter((item) => holds(input.KeyConditionExpression ?? '', item, input))
      .toSorted((a, b) => direction * (isLess(a[order], b[order]) ? -1 : 1));
    const Items = found.slice(0, input.Limit ?? found.length);
    return { Items, ...(Items.length < found.length && { LastEvaluatedKey: Items.at(-1) }) };
  }

  const does: Readonly<Record<string, (input: Input) => object>> = {
    GetItemCommand: (input) => ({ Item: table.get(keyOf(input.Key ?? {})) }),
    QueryCommand: query,
    PutItemCommand: (input) => {
      write(input.Item ?? {}, input, () => input.Item);
      return {};
    },
    UpdateItemCommand: (input) => {
      const key = input.Key ?? {};
      const Attributes = write(key, input, (old) => update({ ...key, ...old }, input));
      return input.ReturnValues === undefined ? {} : { Attributes };
    },
    DeleteItemCommand: (input) => write(input.Key ?? {}, input, () => undefined),
  };

  return {
    operations,
    items: () => [...table.values()],
    apply: ({ constructor: { name }, input }) => {
      operations.add(name);
      const run = does[name];
      if (run === undefined) throw failure('ValidationException', { message: `${name} is not taken here` });
      return run(input as Input);
    },
  };
}

const isLess = (a: AttributeValue | undefined, b: AttributeValue | undefined): boolean => {
  if (a === undefined || b === undefined) return false;
  return a.N === undefined ? (a.S ?? '') < (b.S ?? '') : Number(a.N) < Number(b.N);
};
const isEqual = (a: AttributeValue | undefined, b: AttributeValue | undefined): boolean =>
  a !== undefined && JSON.stringify(a) === JSON.stringify(b);

type Operand = AttributeValue | undefined;

const COMPARED: Readonly<Record<string, (a: Operand, b: Operand) => boolean>> = {
  '=': isEqual,
  '<': isLess,
  '<=': (a, b) => isLess(a, b) || isEqual(a, b),
  '>=': (a, b) => isLess(b, a) || isEqual(a, b),
};

const FUNCTIONS: Readonly<Record<string, (a: Operand, b: Operand) => boolean>> = {
  attribute_exists: (a) => a !== undefined,
  attribute_not_exists: (a) => a === undefined,
  contains: (a, b) => a?.SS?.includes(b?.S ?? '') ?? false,
};

const valueOf =
  (item: Item, { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} }: Input) =>
  (token: string): Operand =>
    token.startsWith(':') ? values[token] : item[token.startsWith('#') ? (names[token] ?? '') : token];

/** Conditions as they are written: comparisons and functions, joined by OR, AND and NOT, in brackets. */
function holds(expression: string, item: Item, input: Input): boolean {
  const tokens = expression.match(/<=|>=|[#:]?\w+|[=<(),]/g) ?? [];
  const value = valueOf(item, input);
  const next = () => tokens.shift() ?? '';
  const skip = (token: string) => tokens[0] === token && tokens.shift() !== undefined;

  function single(): boolean {
    if (skip('NOT')) return !single();
    if (skip('(')) {
      const inner = any();
      skip(')');
      return inner;
    }
    const first = next();
    const called = FUNCTIONS[first];
    if (called === undefined) {
      const compared = COMPARED[next()];
      if (compared === undefined) throw new TypeError(`not understood: ${expression}`);
      return compared(value(first), value(next()));
    }
    skip('(');
    const a = value(next());
    const b = skip(',') ? value(next()) : undefined;
    skip(')');
    return called(a, b);
  }
  function joined(word: string, part: () => boolean, join: (a: boolean, b: boolean) => boolean): boolean {
    let result = part();
    while (skip(word)) result = join(part(), result);
    return result;
  }
  const all = () => joined('AND', single, (a, b) => a && b);
  const any = (): boolean => joined('OR', all, (a, b) => a || b);
  const result = any();
  if (tokens.length > 0) throw new TypeError(`not understood: ${expression}`);
  return result;
}

/** SET with a sum or a difference, REMOVE, and ADD to a number or a set. */
function update(item: Item, input: Input): Item {
  const changed = { ...item };
  const value = valueOf(item, input);
  const nameOf = (token: string) => input.ExpressionAttributeNames?.[token] ?? token;
  for (const [, clause = '', body = ''] of (input.UpdateExpression ?? '').matchAll(
    /(SET|REMOVE|ADD) (.*?)(?= (?:SET|REMOVE|ADD) |$)/g,
  ))
    for (const part of body.split(', ')) {
      const [target = '', ...rest] = part.split(' ').filter((token) => token !== '=');
      const [a, sign, b] = clause === 'ADD' ? [target, '+', rest[0]] : rest;
      if (clause === 'REMOVE') Reflect.deleteProperty(changed, nameOf(target));
      else changed[nameOf(target)] = combined(value(a ?? ''), sign, value(b ?? ''));
    }
  return changed;
}

function combined(a: Operand, sign: string | undefined, b: Operand): AttributeValue {
  if (b?.SS !== undefined) return { SS: [...new Set([...(a?.SS ?? []), ...b.SS])] };
  if (sign === undefined) return a ?? { NULL: true };
  return { N: String(Number(a?.N ?? 0) + (sign === '-' ? -1 : 1) * Number(b?.N)) };
}
