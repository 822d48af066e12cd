/**
 * The contract of an idempotency store, as executable cases.
 *
 * Use it to prove a store of your own, with any test runner:
 *
 *     for (const { name, run } of idempotencyContract) test(name, async () => run(await makeHarness()));
 *
 * A case throws an error that says what it expected. What a sequence of calls cannot show, two calls at the same
 * moment and crashes between any two steps, is searched by `idempotency-interleavings.ts` with the same harness.
 */

export interface StoreUnderTest<Tx> {
  acquire(request: { key: string; fingerprint: string; leaseMs: number; retentionMs: number }): Promise<{
    readonly fence?: number | undefined;
    readonly reply?: string | undefined;
    readonly fingerprint?: string | undefined;
    readonly leaseLeftMs?: number | undefined;
  }>;
  complete(
    record: { key: string; fence: number; reply: string; retentionMs: number },
    transaction?: Tx,
  ): Promise<boolean>;
  release(record: { key: string; fence: number }): Promise<boolean>;
}

/** A store, empty or with keys that no other harness uses, and what a test must be able to do around it. */
export interface StoreHarness<Tx> {
  readonly store: StoreUnderTest<Tx>;
  /** Added to every key, so that harnesses can share a table. @default none */
  readonly keyPrefix?: string;
  /** Makes the store believe that so much time has passed: by its clock, or by moving its records back. */
  passTime(ms: number): void | Promise<void>;
  /**
   * Begins a transaction with an effect in it and gives the transaction to `work`. Both are kept when `work`
   * fulfils and neither when it rejects, and it rejects when the transaction could not be carried out.
   */
  transact(effect: string, work: (transaction: Tx) => Promise<unknown>): Promise<void>;
  /** The effects that were kept. */
  effects(): readonly string[] | Promise<readonly string[]>;
}

export interface ContractCase {
  readonly name: string;
  readonly run: <Tx>(harness: StoreHarness<Tx>) => Promise<void>;
}

const LEASE_MS = 60_000;
const RETENTION_MS = 3_600_000;

const expect = (what: string, seen: unknown, wanted: unknown) => {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${what}: expected ${right}, was ${left}`);
};

/** The store with the constants filled in, and with what every case says of it. */
const shorthand = <Tx>({ store, keyPrefix = '' }: StoreHarness<Tx>) => {
  const acquire = (key = 'k', fingerprint = 'f') =>
    store.acquire({ key: keyPrefix + key, fingerprint, leaseMs: LEASE_MS, retentionMs: RETENTION_MS });
  const take = async (key?: string, fingerprint?: string) => {
    const { fence } = await acquire(key, fingerprint);
    if (fence === undefined) throw new Error('the key should have been free');
    return fence;
  };
  return {
    acquire,
    take,
    complete: (fence: number, reply: string, transaction?: Tx, key = 'k') =>
      store.complete({ key: keyPrefix + key, fence, reply, retentionMs: RETENTION_MS }, transaction),
    release: (fence: number, key = 'k') => store.release({ key: keyPrefix + key, fence }),
  };
};

const holding: readonly ContractCase[] = [
  {
    name: 'gives a free key to the first and tells the second whose it is and for how long',
    async run(harness) {
      const { acquire, take } = shorthand(harness);
      await take();
      const { leaseLeftMs = -1, ...second } = await acquire('k', 'g');
      expect('second', [second.fence, second.reply, second.fingerprint], [undefined, undefined, 'f']);
      expect('lease left above 0', leaseLeftMs > 0, true);
      expect('lease left at most the lease', leaseLeftMs <= LEASE_MS, true);
    },
  },
  {
    name: 'gives the key to one of fifty who ask at once',
    async run(harness) {
      const { acquire } = shorthand(harness);
      const found = await Promise.all(Array.from({ length: 50 }, () => acquire()));
      expect('holders', found.filter(({ fence }) => fence !== undefined).length, 1);
    },
  },
  {
    name: 'keeps keys apart that look alike',
    async run(harness) {
      const { take } = shorthand(harness);
      for (const key of ['a', 'A', 'a ', 'a#b', 'ä', "a'b", 'a%', '😀', 'x'.repeat(500)]) await take(key);
    },
  },
  {
    name: 'frees a released key at once, for another payload too, under a higher fence',
    async run(harness) {
      const { take, release, complete } = shorthand(harness);
      const first = await take();
      expect('release', await release(first), true);
      expect('a second release', await release(first), false);
      expect('complete after release', await complete(first, 'late'), false);
      const second = await take('k', 'g');
      expect('fence is higher', second > first, true);
      expect('complete by the former holder', await complete(first, 'late'), false);
      expect('release by the former holder', await release(first), false);
      expect('complete by the holder', await complete(second, 'r'), true);
    },
  },
];

const leases: readonly ContractCase[] = [
  {
    name: 'gives a key whose lease has ended to a successor, and nothing to its former holder',
    async run(harness) {
      const { acquire, take, release, complete } = shorthand(harness);
      const first = await take();
      await harness.passTime(LEASE_MS + 1);
      const second = await take();
      expect('fence is higher', second > first, true);
      expect('complete by the former holder', await complete(first, 'stale'), false);
      expect('release by the former holder', await release(first), false);
      expect('the key is held', (await acquire()).fence, undefined);
      expect('complete by the successor', await complete(second, 'r'), true);
      expect('complete after the successor', await complete(first, 'stale'), false);
      expect('reply', (await acquire()).reply, 'r');
    },
  },
  {
    name: 'keeps a key whose lease has ended from another payload',
    async run(harness) {
      const { acquire, take } = shorthand(harness);
      await take('k', 'f');
      await harness.passTime(LEASE_MS + 1);
      const { fence, fingerprint } = await acquire('k', 'g');
      expect('other payload', [fence, fingerprint], [undefined, 'f']);
    },
  },
  {
    name: 'lets a holder complete after its lease has ended while nobody took over',
    async run(harness) {
      const { take, complete } = shorthand(harness);
      const fence = await take();
      await harness.passTime(LEASE_MS + 1);
      expect('complete', await complete(fence, 'r'), true);
    },
  },
  {
    name: 'frees a key past its retention, done or left behind, under a higher fence',
    async run(harness) {
      const { acquire, take, complete } = shorthand(harness);
      const done = await take('done');
      await complete(done, 'r', undefined, 'done');
      const left = await take('left');
      await harness.passTime(RETENTION_MS - 5000);
      expect('before', (await acquire('done')).reply, 'r');
      await harness.passTime(7000);
      expect('fence after done', (await take('done', 'g')) > done, true);
      expect('fence after left', (await take('left', 'g')) > left, true);
    },
  },
];

const replies: readonly ContractCase[] = [
  {
    name: 'gives everybody the reply as it was recorded, long after the lease',
    async run(harness) {
      const { acquire, take, complete } = shorthand(harness);
      const reply = '{"text":"\\"quoted\\" \'too\' \\u0000? ä 😀 %s $1"}';
      expect('complete', await complete(await take(), reply), true);
      await harness.passTime(LEASE_MS * 2);
      for (const fingerprint of ['f', 'g']) {
        const found = await acquire('k', fingerprint);
        expect('found', [found.fence, found.reply, found.fingerprint], [undefined, reply, 'f']);
      }
    },
  },
  {
    name: 'keeps an empty reply as done',
    async run(harness) {
      const { acquire, take, complete } = shorthand(harness);
      await complete(await take(), '');
      const { fence, reply } = await acquire();
      expect('found', [fence, reply], [undefined, '']);
    },
  },
  {
    name: 'records a reply once: the same again is true, another is false and not written',
    async run(harness) {
      const { acquire, take, complete, release } = shorthand(harness);
      const fence = await take();
      expect('first', await complete(fence, 'r'), true);
      expect('same', await complete(fence, 'r'), true);
      expect('other', await complete(fence, 's'), false);
      expect('release', await release(fence), false);
      expect('reply', (await acquire()).reply, 'r');
    },
  },
];

const transactions: readonly ContractCase[] = [
  {
    name: 'records the reply together with the effect',
    async run(harness) {
      const { acquire, take, complete } = shorthand(harness);
      const fence = await take();
      await harness.transact('effect', (transaction) => complete(fence, 'r', transaction));
      expect('effects', await harness.effects(), ['effect']);
      expect('reply', (await acquire()).reply, 'r');
    },
  },
  {
    name: 'keeps neither when the transaction is undone, and the key stays held',
    async run(harness) {
      const { acquire, take, complete } = shorthand(harness);
      const fence = await take();
      const undone = harness.transact('effect', async (transaction) => {
        await complete(fence, 'r', transaction);
        throw new Error('undo');
      });
      await undone.catch(() => undefined);
      expect('effects', await harness.effects(), []);
      const { fence: second, reply } = await acquire();
      expect('found', [second, reply], [undefined, undefined]);
    },
  },
  {
    name: 'keeps neither when a successor took over',
    async run(harness) {
      const { acquire, take, complete } = shorthand(harness);
      const first = await take();
      await harness.passTime(LEASE_MS + 1);
      const second = await take();
      const late = harness.transact('stale', async (transaction) => {
        if (!(await complete(first, 'stale', transaction))) throw new Error('lease lost');
      });
      const outcome = await late.then(
        () => 'kept',
        () => 'undone',
      );
      expect('late transaction', outcome, 'undone');
      await harness.transact('effect', (transaction) => complete(second, 'r', transaction));
      expect('effects', await harness.effects(), ['effect']);
      expect('reply', (await acquire()).reply, 'r');
    },
  },
];

export const idempotencyContract: readonly ContractCase[] = [
  ...holding,
  ...leases,
  ...replies,
  ...transactions,
];
