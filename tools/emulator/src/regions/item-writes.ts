/**
 * What a request to DynamoDB changes, told from the request alone: which operations change items, and the keys of the
 * items that they change. Pure.
 *
 * It knows the operations that a shop makes. PartiQL and imports are not among them; a table behind the replication of
 * this folder must not be written by them.
 */

/** An attribute as the protocol writes it, such as `{ "S": "orders#1" }`. */
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

/** An item by its table and the attributes of its key. */
export interface ItemKey {
  readonly tableName: string;
  readonly key: Item;
}

interface KeyedWrite {
  readonly TableName: string;
  readonly Item?: Item;
  readonly Key?: Item;
}

interface TransactionPart {
  readonly Put?: KeyedWrite;
  readonly Update?: KeyedWrite;
  readonly Delete?: KeyedWrite;
}

interface BatchPart {
  readonly PutRequest?: { readonly Item: Item };
  readonly DeleteRequest?: { readonly Key: Item };
}

export type Operation = string;

const SINGLE = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const TARGET = /^DynamoDB_\d+\.(\w+)$/;

/** The operation of a request by its header `x-amz-target`; `undefined` for what is not for a table. */
export const operationOf = (target: unknown): Operation | undefined => TARGET.exec(String(target))?.[1];

export const changesItems = (operation: Operation): boolean =>
  SINGLE.has(operation) || operation === 'TransactWriteItems' || operation === 'BatchWriteItem';

/** One text for one item, whatever order its key's attributes are written in. */
export const keyText = ({ tableName, key }: ItemKey): string =>
  JSON.stringify([tableName, ...Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))]);

/**
 * The keys of the items that a request may change, each once, in the order in which it names them.
 *
 * @param keyNames Names of the attributes that are a key of the table.
 */
export function changedKeys(
  operation: Operation,
  input: unknown,
  keyNames: (tableName: string) => readonly string[],
): ItemKey[] {
  const ofItem = (tableName: string, item: Item): ItemKey => ({
    tableName,
    key: Object.fromEntries(keyNames(tableName).flatMap((name) => (item[name] ? [[name, item[name]]] : []))),
  });
  const ofWrite = ({ TableName, Item: item, Key }: KeyedWrite): ItemKey[] => {
    const holder = Key ?? item;
    return holder === undefined ? [] : [ofItem(TableName, holder)];
  };
  const all = (): ItemKey[] => {
    if (SINGLE.has(operation)) return ofWrite(input as KeyedWrite);
    if (operation === 'TransactWriteItems') {
      const { TransactItems } = input as { readonly TransactItems: readonly TransactionPart[] };
      return TransactItems.flatMap(({ Put, Update, Delete }) =>
        [Put, Update, Delete].flatMap((one) => (one === undefined ? [] : ofWrite(one))),
      );
    }
    if (operation !== 'BatchWriteItem') return [];
    const { RequestItems } = input as {
      readonly RequestItems: Readonly<Record<string, readonly BatchPart[]>>;
    };
    return Object.entries(RequestItems).flatMap(([tableName, parts]) =>
      parts.flatMap(({ PutRequest, DeleteRequest }) => {
        const holder = PutRequest?.Item ?? DeleteRequest?.Key;
        return holder === undefined ? [] : [ofItem(tableName, holder)];
      }),
    );
  };
  return [...new Map(all().map((one) => [keyText(one), one])).values()];
}
