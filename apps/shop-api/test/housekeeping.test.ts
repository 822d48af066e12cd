import { expect, it } from 'vitest';
import { createHousekeeping } from '../src/core/housekeeping.ts';
import { createMemoryLog } from './stand-ins.ts';

/** A storage with so many attempts that were abandoned and keys that have expired, which says what it was asked. */
function createStorage(work: { attempts: number; keys: number }) {
  const asked: string[] = [];
  const take = (kind: 'attempts' | 'keys', limit: number) => {
    asked.push(kind);
    const taken = Math.min(limit, work[kind]);
    work[kind] -= taken;
    return Promise.resolve(taken);
  };
  return {
    asked,
    settleReservations: ({ limit }: { limit: number }) => take('attempts', limit),
    forgetIdempotencyKeys: ({ olderThanMs, limit }: { olderThanMs: number; limit: number }) => {
      expect(olderThanMs).toBe(86_400_000);
      return take('keys', limit);
    },
  };
}

const always = () => true;

it('ends what is abandoned to the last, then forgets what has expired', async () => {
  const storage = createStorage({ attempts: 30, keys: 600 });
  const log = createMemoryLog();
  const result = await createHousekeeping({ storage, log })(always);
  expect(result).toEqual({ settled: 30, forgotten: 600 });
  // 25 and 5; 250, 250 and 100.
  expect(storage.asked).toEqual(['attempts', 'attempts', 'keys', 'keys', 'keys']);
  expect(log.lines).toHaveLength(1);
});

it('says nothing when nobody was in trouble', async () => {
  const log = createMemoryLog();
  await createHousekeeping({ storage: createStorage({ attempts: 0, keys: 10 }), log })(always);
  expect(log.lines).toEqual([]);
});

it('forgets no key while something abandoned is left, whose only witness it may be', async () => {
  const storage = createStorage({ attempts: 1_000, keys: 10 });
  let steps = 3;
  const result = await createHousekeeping({ storage, log: createMemoryLog() })(() => steps-- > 0);
  expect(result).toEqual({ settled: 75, forgotten: 0 });
  expect(storage.asked).not.toContain('keys');
});

it('forgets no key when what is abandoned cannot be ended', async () => {
  const storage = createStorage({ attempts: 1, keys: 10 });
  const broken = new Error('the table is away');
  storage.settleReservations = () => Promise.reject(broken);
  await expect(createHousekeeping({ storage, log: createMemoryLog() })(always)).rejects.toBe(broken);
  expect(storage.asked).toEqual([]);
});
