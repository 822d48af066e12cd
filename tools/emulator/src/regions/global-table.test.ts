import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createGlobalTable } from './global-table.ts';
import type { Consistency, GlobalTable, RegionTable, TableRequest } from './global-table.ts';
import type { Item } from './item-writes.ts';

/** A table of one region in memory, which answers as DynamoDB does; it breaks when its machine is gone. */
interface MemoryTable extends RegionTable {
  readonly items: Map<string, Item>;
  broken: boolean;
  /** What it was asked to carry out. */
  readonly sent: string[];
}

const keyOf = (pk: string): Item => ({ pk: { S: pk } });
const answer = (status: number) => ({ status, headers: {}, body: '{}' });

function memoryTable(): MemoryTable {
  const items = new Map<string, Item>();
  const sent: string[] = [];
  const work = async <T>(what: () => T): Promise<T> => {
    await Promise.resolve();
    if (table.broken) throw new TypeError('fetch failed');
    return what();
  };
  const table: MemoryTable = {
    items,
    sent,
    broken: false,
    send: ({ operation, body }) =>
      work(() => {
        sent.push(operation);
        const {
          Item: item,
          Key,
          OnlyNew,
        } = JSON.parse(body) as { Item?: Item; Key?: Item; OnlyNew?: boolean };
        const id = String((Key ?? item)?.['pk']?.['S']);
        if (OnlyNew === true && items.has(id)) return answer(400);
        if (item) items.set(id, item);
        else items.delete(id);
        return answer(200);
      }),
    read: ({ key }) => work(() => items.get(String(key['pk']?.['S']))),
    put: (_, item) => work(() => void items.set(String(item['pk']?.['S']), item)),
    remove: ({ key }) => work(() => void items.delete(String(key['pk']?.['S']))),
    scan: () => work(() => [...items.values()]),
  };
  return table;
}

const put = (pk: string, value: number, more: object = {}): TableRequest => ({
  operation: 'PutItem',
  headers: {},
  body: JSON.stringify({ TableName: 'shop', Item: { ...keyOf(pk), n: { N: String(value) } }, ...more }),
});
const remove = (pk: string): TableRequest => ({
  operation: 'DeleteItem',
  headers: {},
  body: JSON.stringify({ TableName: 'shop', Key: keyOf(pk) }),
});

const NAMES = ['a', 'b', 'c'] as const;
let clock: FakeClock;
let errors: unknown[];
let tables: Record<string, MemoryTable>;

async function globalOf(consistency: Consistency, names: readonly string[] = NAMES): Promise<GlobalTable> {
  const global = createGlobalTable({
    tableName: 'shop',
    keyNames: ['pk'],
    consistency,
    regions: names,
    lagMs: 1000,
    clock,
    onError: (error) => errors.push(error),
  });
  for (const name of names) await global.join(name, table(name));
  return global;
}

const table = (name: string): MemoryTable => (tables[name] ??= memoryTable());
const valueIn = (name: string, pk: string): string | undefined =>
  table(name).items.get(pk)?.['n']?.['N'] as string | undefined;
const everywhere = (pk: string, names: readonly string[] = NAMES) => names.map((name) => valueIn(name, pk));

beforeEach(() => {
  clock = createFakeClock();
  errors = [];
  tables = {};
});

describe('a table with eventual consistency over regions', () => {
  it('answers a write at once, and has it in the other regions after the lag and not before', async () => {
    const global = await globalOf('eventual');
    expect((await global.write('a', put('order', 1))).status).toBe(200);
    await clock.advance(999);
    expect(everywhere('order')).toEqual(['1', undefined, undefined]);
    await clock.advance(1);
    await global.settle();
    expect(everywhere('order')).toEqual(['1', '1', '1']);
  });

  it('carries deletions too', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('order', 1));
    await clock.advance(1000);
    await global.write('b', remove('order'));
    await clock.advance(1000);
    await global.settle();
    expect(everywhere('order')).toEqual([undefined, undefined, undefined]);
  });

  it('has the later of two writes to one item everywhere, from whichever region it came', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('stock', 1));
    await clock.advance(500);
    await global.write('b', put('stock', 2));
    await clock.advance(1000);
    await global.settle();
    expect(everywhere('stock')).toEqual(['2', '2', '2']);
  });

  it('carries nothing of a write that was refused', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('order', 1));
    await clock.advance(1000);
    expect((await global.write('b', put('order', 2, { OnlyNew: true }))).status).toBe(400);
    await clock.advance(1000);
    await global.settle();
    expect(everywhere('order')).toEqual(['1', '1', '1']);
  });

  it('loses with a region what that had not handed on, and has it when the region is back', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('early', 1));
    await clock.advance(600);
    await global.write('a', put('late', 2));
    await clock.advance(400);
    global.lose('a');
    await clock.advance(1000);
    await global.settle();
    expect(everywhere('early', ['b', 'c'])).toEqual(['1', '1']);
    expect(everywhere('late', ['b', 'c'])).toEqual([undefined, undefined]);
    expect(global.heldBack).toBe(1);
    await global.write('b', put('meanwhile', 3));
    await clock.advance(1000);
    tables['a'] = memoryTable();
    await global.join('a', table('a'));
    expect(['early', 'late', 'meanwhile'].map((pk) => everywhere(pk))).toEqual([
      ['1', '1', '1'],
      ['2', '2', '2'],
      ['3', '3', '3'],
    ]);
    expect(global.heldBack).toBe(0);
  });

  it('keeps what was written since, when a region that is back hands on an earlier write to the same item', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('stock', 1));
    global.lose('a');
    await global.write('b', put('stock', 2));
    await clock.advance(1000);
    tables['a'] = memoryTable();
    await global.join('a', table('a'));
    expect(everywhere('stock')).toEqual(['2', '2', '2']);
  });

  it('tells of a copy that could not be made to a region that is there', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('order', 1));
    table('b').broken = true;
    await clock.advance(1000);
    await global.settle();
    expect(errors).toEqual([expect.objectContaining({ message: 'fetch failed' })]);
    expect(valueIn('c', 'order')).toBe('1');
  });

  it('leaves no wait behind when it is closed', async () => {
    const global = await globalOf('eventual');
    await global.write('a', put('order', 1));
    await global.close();
    expect(clock.pendingTimers()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('has the same items in all regions once it is quiet, whatever was written where and when', async () => {
    const step = fc.record({
      region: fc.constantFrom(...NAMES),
      pk: fc.constantFrom('x', 'y'),
      value: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
      waitMs: fc.constantFrom(0, 0, 1, 400, 1000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        clock = createFakeClock();
        tables = {};
        const global = await globalOf('eventual');
        for (const { region, pk, value, waitMs } of steps) {
          const writing = global.write(region, value === undefined ? remove(pk) : put(pk, value));
          if (waitMs > 0) await writing;
          await clock.advance(waitMs);
        }
        await clock.advance(5000);
        await global.settle();
        const [first, ...others] = NAMES.map((name) => Object.fromEntries([...table(name).items].sort()));
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a table with strong consistency over regions', () => {
  it('has a write in every region before it is answered', async () => {
    const global = await globalOf('strong');
    expect((await global.write('b', put('order', 1))).status).toBe(200);
    expect(everywhere('order')).toEqual(['1', '1', '1']);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('lets one of two writes win that both want to be the first, in whichever regions they are made', async () => {
    const global = await globalOf('strong');
    const onlyNew = { OnlyNew: true };
    const both = await Promise.all([
      global.write('a', put('key', 1, onlyNew)),
      global.write('c', put('key', 2, onlyNew)),
    ]);
    expect(both.map(({ status }) => status)).toEqual([200, 400]);
    expect(everywhere('key')).toEqual(['1', '1', '1']);
  });

  it('has lost nothing that was answered when a region is lost, and goes on without it', async () => {
    const global = await globalOf('strong');
    await global.write('a', put('before', 1));
    global.lose('a');
    expect((await global.write('b', put('after', 2))).status).toBe(200);
    expect(everywhere('before', ['b', 'c'])).toEqual(['1', '1']);
    expect(everywhere('after', ['b', 'c'])).toEqual(['2', '2']);
  });

  it('carries a write out anew when the region that had begun it is lost over it', async () => {
    const global = await globalOf('strong');
    table('a').broken = true;
    const writing = global.write('b', put('order', 1, { OnlyNew: true }));
    global.lose('a');
    expect((await writing).status).toBe(200);
    expect(everywhere('order', ['b', 'c'])).toEqual(['1', '1']);
  });

  it('refuses writes without a majority, and has carried none of them out', async () => {
    const global = await globalOf('strong');
    global.lose('a');
    global.lose('b');
    const refused = await global.write('c', put('order', 1));
    expect([refused.status, refused.body]).toEqual([500, expect.stringContaining('InternalServerError')]);
    expect(valueIn('c', 'order')).toBeUndefined();
  });

  it('refuses transactions, and has carried none of them out', async () => {
    const global = await globalOf('strong');
    const transaction = { ...put('order', 1), operation: 'TransactWriteItems' };
    const refused = await global.write('a', transaction);
    expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('ValidationException')]);
    expect(table('a').sent).toEqual([]);
  });

  it('gives no answer to a region that is gone', async () => {
    const global = await globalOf('strong');
    global.lose('a');
    await expect(global.write('a', put('order', 1))).rejects.toMatchObject({ code: 'region-lost' });
  });

  it('does not hide the failure of a region that is there', async () => {
    const global = await globalOf('strong');
    table('b').broken = true;
    await expect(global.write('a', put('order', 1))).rejects.toThrow('fetch failed');
  });

  it('lets writes to one item wait for each other, and not those to another', async () => {
    const global = await globalOf('strong');
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const { send } = table('a');
    Object.assign(table('a'), {
      send: async (request: TableRequest) => {
        if (request.body.includes('"slow"')) await held;
        return send(request);
      },
    });
    const slow = global.write('b', put('slow', 1));
    const next = global.write('c', put('slow', 2));
    expect((await global.write('b', put('quick', 3))).status).toBe(200);
    expect([everywhere('slow'), everywhere('quick')]).toEqual([
      [undefined, undefined, undefined],
      ['3', '3', '3'],
    ]);
    letGo();
    await Promise.all([slow, next]);
    expect(everywhere('slow')).toEqual(['2', '2', '2']);
  });

  it('fills a region that is back with what the others have before it takes part', async () => {
    const global = await globalOf('strong');
    global.lose('a');
    await global.write('b', put('order', 1));
    tables['a'] = memoryTable();
    await Promise.all([global.join('a', table('a')), global.write('c', put('next', 2))]);
    expect([everywhere('order'), everywhere('next')]).toEqual([
      ['1', '1', '1'],
      ['2', '2', '2'],
    ]);
  });

  it('does not copy what is written into other tables', async () => {
    const global = await globalOf('strong');
    const other = { ...put('order', 1), body: JSON.stringify({ TableName: 'other', Item: keyOf('order') }) };
    await global.write('a', other);
    expect(NAMES.map((name) => table(name).items.has('order'))).toEqual([true, false, false]);
  });
});
