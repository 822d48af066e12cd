import { describe, expect, it } from 'vitest';
import { changedKeys, changesItems, keyText, operationOf } from './item-writes.ts';

const KEYS = () => ['pk', 'sk'];
const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const changed = (operation: string, input: object) =>
  changedKeys(operation, input, KEYS).map(
    ({ tableName, key: { pk, sk } }) => `${tableName} ${String(pk?.['S'])} ${String(sk?.['S'])}`,
  );

describe('the operation of a request', () => {
  it('is told by its target, for tables only', () => {
    expect(operationOf('DynamoDB_20120810.PutItem')).toBe('PutItem');
    expect(operationOf('DynamoDBStreams_20120810.GetRecords')).toBeUndefined();
    expect(operationOf(undefined)).toBeUndefined();
  });

  it('changes items when it writes, alone, in a batch or in a transaction', () => {
    const all = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'];
    expect(all.filter(changesItems)).toEqual(all);
    expect(['GetItem', 'Query', 'Scan', 'TransactGetItems', 'CreateTable'].filter(changesItems)).toEqual([]);
  });
});

describe('the items that a request changes', () => {
  it('is the one of a single write, by its key or by the key in its item', () => {
    expect(changed('PutItem', { TableName: 'T', Item: { ...key('a', '1'), total: { N: '5' } } })).toEqual([
      'T a 1',
    ]);
    expect(changed('UpdateItem', { TableName: 'T', Key: key('a', '2') })).toEqual(['T a 2']);
    expect(changed('DeleteItem', { TableName: 'T', Key: key('a', '3') })).toEqual(['T a 3']);
  });

  it('are all that a transaction writes, without what it only checks', () => {
    const TransactItems = [
      { Put: { TableName: 'T', Item: { ...key('order', '1'), total: { N: '5' } } } },
      { Update: { TableName: 'T', Key: key('product', '1') } },
      { Delete: { TableName: 'U', Key: key('old', '1') } },
      { ConditionCheck: { TableName: 'T', Key: key('checked', '1') } },
    ];
    expect(changed('TransactWriteItems', { TransactItems })).toEqual(['T order 1', 'T product 1', 'U old 1']);
  });

  it('are all of a batch, each once', () => {
    const RequestItems = {
      T: [{ PutRequest: { Item: key('a', '1') } }, { DeleteRequest: { Key: key('a', '2') } }],
      U: [{ PutRequest: { Item: key('a', '1') } }, { DeleteRequest: { Key: key('a', '1') } }],
    };
    expect(changed('BatchWriteItem', { RequestItems })).toEqual(['T a 1', 'T a 2', 'U a 1']);
  });

  it('are none when it only reads', () => {
    expect(changed('GetItem', { TableName: 'T', Key: key('a', '1') })).toEqual([]);
  });

  it('are the same item, whatever the order of its key’s attributes', () => {
    const one = keyText({ tableName: 'T', key: { pk: { S: 'a' }, sk: { S: '1' } } });
    expect(keyText({ tableName: 'T', key: { sk: { S: '1' }, pk: { S: 'a' } } })).toBe(one);
    expect(keyText({ tableName: 'U', key: { pk: { S: 'a' }, sk: { S: '1' } } })).not.toBe(one);
  });
});
