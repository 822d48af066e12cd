import type { ServerlessCloud } from '@nines/emulator';
import { createFakeClock } from '@nines/testing';
import type { FakeClock } from '@nines/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createLedger } from '../ledger.ts';
import { countWithoutEnd, createOrderWatch } from './order-watch.ts';

describe('orders without an end', () => {
  const span = { fromMs: 1_000, toMs: 2_000 };

  it('are those of the span whose reference has none, each once', () => {
    const orders = [
      { reference: 'before', atMs: 999 },
      { reference: 'open', atMs: 1_000 },
      { reference: 'open', atMs: 1_500 },
      { reference: 'ended', atMs: 1_999 },
      { reference: 'after', atMs: 2_000 },
    ];
    expect(countWithoutEnd(orders, ['ended'], span)).toBe(1);
    expect(countWithoutEnd(orders, ['ended', 'open'], span)).toBe(0);
  });
});

describe('a watch on orders', () => {
  let fake: FakeClock;
  let charged: string[];
  let stored: string[];
  let refused: string[];

  beforeEach(() => {
    fake = createFakeClock();
    charged = [];
    stored = [];
    refused = [];
    vi.stubGlobal('fetch', () =>
      Promise.resolve(Response.json({ items: charged.map((reference) => ({ reference })) })),
    );
    return () => {
      vi.unstubAllGlobals();
    };
  });

  const cloud = (): ServerlessCloud =>
    ({
      services: new Map([['payment', { url: 'http://payment' }]]),
      outputs: { TableName: 'shop' },
      emulator: {
        call: (_: string, { ProjectionExpression }: { ProjectionExpression: string }) =>
          Promise.resolve({
            Items:
              ProjectionExpression === 'pk'
                ? refused.map((id) => ({ pk: { S: `intake#${id}` } }))
                : stored.map((reference) => ({ sk: { S: reference }, reference: { S: reference } })),
          }),
      },
    }) as unknown as ServerlessCloud;

  const clock = () => ({ now: fake.now, epochNow: fake.now, sleep: fake.sleep });
  const ends = (watch: ReturnType<typeof createOrderWatch>, span = { fromMs: 0, toMs: 10 }) =>
    watch.awaitEnds(cloud(), {
      ...span,
      visibilitySeconds: 18,
      clock: clock(),
      signal: new AbortController().signal,
    });

  it('waits until payments are taken and kept orders are stored', async () => {
    const watch = createOrderWatch(createLedger());
    watch.acknowledge({ orderId: '1', reference: 'taken', atMs: 5 });
    watch.keep({ reference: 'kept', intakeId: 'i', atMs: 5 });
    let result: unknown;
    void ends(watch).then((value) => {
      result = value;
    });
    await fake.advance(4_000);
    expect(result).toBeUndefined();
    charged.push('taken');
    await fake.advance(2_000);
    expect(result).toBeUndefined();
    stored.push('kept');
    await fake.advance(2_000);
    // What was kept is to be paid too.
    expect(result).toBeUndefined();
    charged.push('kept');
    await fake.advance(2_000);
    expect(result).toEqual({ untakenPayments: 0, unstoredOrders: 0 });
  });

  it('waits for what was kept before the span too, and does not count it', async () => {
    const watch = createOrderWatch(createLedger());
    watch.keep({ reference: 'kept before', intakeId: 'i', atMs: 2 });
    watch.keep({ reference: 'kept after', intakeId: 'j', atMs: 15 });
    let result: unknown;
    void ends(watch, { fromMs: 5, toMs: 10 }).then((value) => {
      result = value;
    });
    await fake.advance(4_000);
    expect(result).toBeUndefined();
    stored.push('kept before');
    await fake.advance(2_000);
    expect(result).toEqual({ untakenPayments: 0, unstoredOrders: 0 });
  });

  it('does not wait for an order that was refused, and counts it as not stored', async () => {
    const watch = createOrderWatch(createLedger());
    watch.keep({ reference: 'sold out', intakeId: 'i', atMs: 5 });
    refused.push('i');
    expect(await ends(watch)).toEqual({ untakenPayments: 0, unstoredOrders: 1 });
  });

  it('gives up after two deliveries and a sweep, and counts what is left', async () => {
    const watch = createOrderWatch(createLedger());
    watch.acknowledge({ orderId: '1', reference: 'untaken', atMs: 5 });
    watch.keep({ reference: 'unstored', intakeId: 'i', atMs: 5 });
    let result: unknown;
    void ends(watch).then((value) => {
      result = value;
    });
    await fake.advance(110_000);
    expect(result).toBeUndefined();
    await fake.advance(4_000);
    expect(result).toEqual({ untakenPayments: 1, unstoredOrders: 1 });
  });

  it('hands each acknowledgement to the ledger, and remembers an order once', () => {
    const ledger = createLedger();
    const watch = createOrderWatch(ledger);
    watch.acknowledge({ orderId: '1', reference: 'a', atMs: 5 });
    watch.acknowledge({ orderId: '1', reference: 'a', atMs: 7 });
    expect(watch.acknowledgedSince(5)).toEqual([{ orderId: '1', reference: 'a', atMs: 5 }]);
    expect(watch.acknowledgedSince(6)).toEqual([]);
    expect(ledger.acknowledgedBetween(0, 10)).toBe(1);
  });

  it('hands each kept order to the ledger', () => {
    const ledger = createLedger();
    createOrderWatch(ledger).keep({ reference: 'a', intakeId: 'i', atMs: 5 });
    const record = { readAtMs: 10, orders: [], chargedReferences: [] };
    expect(ledger.audit(record).lost).toEqual([{ reference: 'a', intakeId: 'i', atMs: 5 }]);
  });
});
