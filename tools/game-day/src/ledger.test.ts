import { describe, expect, it } from 'vitest';
import { createLedger } from './ledger.ts';

const ack = (reference: string, orderId: string, atMs = 0) => ({ reference, orderId, atMs });

/** After everything that these tests acknowledge. */
const LATER = 1_000_000;

describe('the ledger', () => {
  it('finds nothing wrong when every acknowledged order is there once', () => {
    const ledger = createLedger();
    ledger.acknowledge(ack('a', '1'));
    expect(
      ledger.audit({ orders: [{ id: '1', reference: 'a' }], chargedReferences: ['a'], readAtMs: LATER }),
    ).toEqual({
      lost: [],
      doubled: [],
    });
  });

  it('calls an acknowledged order that is not there lost, and says so once', () => {
    const ledger = createLedger();
    ledger.acknowledge(ack('a', '1', 500));
    const record = { orders: [], chargedReferences: [], readAtMs: LATER };
    expect(ledger.audit(record).lost).toEqual([ack('a', '1', 500)]);
    expect(ledger.audit(record).lost).toEqual([]);
  });

  it('does not call lost what was acknowledged while the record was being read', () => {
    const ledger = createLedger();
    ledger.acknowledge(ack('a', '1', 500));
    expect(ledger.audit({ orders: [], chargedReferences: [], readAtMs: 500 }).lost).toEqual([]);
    expect(ledger.audit({ orders: [], chargedReferences: [], readAtMs: 501 }).lost).toEqual([
      ack('a', '1', 500),
    ]);
  });

  it('does not mind an order that is there without having been acknowledged', () => {
    const record = { orders: [{ id: '9', reference: 'z' }], chargedReferences: [], readAtMs: LATER };
    expect(createLedger().audit(record)).toEqual({ lost: [], doubled: [] });
  });

  it('calls two orders for one intent doubled', () => {
    const orders = [
      { id: '1', reference: 'a' },
      { id: '2', reference: 'a' },
    ];
    expect(createLedger().audit({ orders, chargedReferences: [], readAtMs: LATER }).doubled).toEqual(['a']);
  });

  it('calls one intent acknowledged under two ids doubled, even when one of them is gone', () => {
    const ledger = createLedger();
    ledger.acknowledge(ack('a', '1'));
    ledger.acknowledge(ack('a', '2'));
    expect(
      ledger.audit({ orders: [{ id: '2', reference: 'a' }], chargedReferences: [], readAtMs: LATER }),
    ).toEqual({
      lost: [ack('a', '1')],
      doubled: ['a'],
    });
  });

  it('calls two charges for one intent doubled, once', () => {
    const ledger = createLedger();
    const record = { orders: [{ id: '1', reference: 'a' }], chargedReferences: ['a', 'a'], readAtMs: LATER };
    expect(ledger.audit(record).doubled).toEqual(['a']);
    expect(ledger.audit(record).doubled).toEqual([]);
  });

  it('takes a replay for the same order', () => {
    const ledger = createLedger();
    ledger.acknowledge(ack('a', '1', 100));
    ledger.acknowledge(ack('a', '1', 9000));
    expect(ledger.acknowledgedBetween(0, 1000)).toBe(1);
    expect(ledger.acknowledgedBetween(1000, 10_000)).toBe(0);
  });

  const keep = (reference: string, atMs = 0) => ({ reference, intakeId: `intake-${reference}`, atMs });
  const empty = { orders: [], chargedReferences: [], readAtMs: LATER };

  it('finds a kept order by its reference, whatever id it was stored under', () => {
    const ledger = createLedger();
    ledger.keep(keep('a'));
    expect(ledger.audit({ ...empty, orders: [{ id: '1', reference: 'a' }] }).lost).toEqual([]);
  });

  it('takes a refusal under the id of its intake for an end of a kept order', () => {
    const ledger = createLedger();
    ledger.keep(keep('a'));
    ledger.keep(keep('b'));
    expect(ledger.audit({ ...empty, refusedIntakes: ['intake-a'] }).lost).toEqual([keep('b')]);
  });

  it('calls a kept order that was neither stored nor refused lost, and says so once', () => {
    const ledger = createLedger();
    ledger.keep(keep('a', 500));
    ledger.keep(keep('a', 900));
    expect(ledger.audit(empty).lost).toEqual([keep('a', 500)]);
    expect(ledger.audit(empty).lost).toEqual([]);
  });

  it('does not judge a kept order that has not had the time to come to its end', () => {
    const ledger = createLedger();
    ledger.keep(keep('a', 500));
    expect(ledger.audit({ ...empty, keptBeforeMs: 500 }).lost).toEqual([]);
    expect(ledger.audit({ ...empty, readAtMs: 500 }).lost).toEqual([]);
    expect(ledger.audit({ ...empty, keptBeforeMs: 501 }).lost).toEqual([keep('a', 500)]);
  });

  it('judges a kept order by its own id once a repetition has told it', () => {
    const ledger = createLedger();
    ledger.keep(keep('a', 500));
    ledger.acknowledge(ack('a', '1', 900));
    expect(ledger.audit(empty).lost).toEqual([ack('a', '1', 900)]);
    expect(ledger.audit(empty).lost).toEqual([]);
  });

  it('calls a kept order that was stored twice doubled', () => {
    const ledger = createLedger();
    ledger.keep(keep('a'));
    const orders = [
      { id: '1', reference: 'a' },
      { id: '2', reference: 'a' },
    ];
    expect(ledger.audit({ ...empty, orders })).toEqual({ lost: [], doubled: ['a'] });
  });

  it('counts an order that was kept and then stored when it was first heard of', () => {
    const ledger = createLedger();
    ledger.keep(keep('a', 100));
    ledger.acknowledge(ack('a', '1', 9000));
    expect(ledger.acknowledgedBetween(0, 1000)).toBe(1);
    expect(ledger.acknowledgedBetween(1000, 10_000)).toBe(0);
  });

  it('tells which kept orders are still undecided as often as it is asked, and which were kept in a span', () => {
    const ledger = createLedger();
    for (const [reference, atMs] of [
      ['a', 100],
      ['b', 200],
      ['c', 300],
    ] as const)
      ledger.keep(keep(reference, atMs));
    const record = { ...empty, orders: [{ id: '1', reference: 'a' }], keptBeforeMs: 300 };
    expect(ledger.undecided(record)).toEqual([keep('b', 200)]);
    expect(ledger.undecided(record)).toEqual([keep('b', 200)]);
    expect(ledger.audit(record).lost).toEqual([keep('b', 200)]);
    expect(ledger.keptBetween(200, 300)).toEqual([keep('b', 200)]);
  });
});
