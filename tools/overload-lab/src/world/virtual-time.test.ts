import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualTime } from './virtual-time.ts';

describe('virtual time', () => {
  it('jumps from one event to the next, equal moments in the order in which they were set', async () => {
    const time = createVirtualTime();
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${String(time.now())}`);
    time.schedule(note('late'), 3_600_000);
    time.schedule(note('first'), 10);
    time.schedule(note('second'), 10);
    await time.runUntil(3_599_999);
    expect(seen).toEqual(['first@10', 'second@10']);
    expect(time.now()).toBe(3_599_999);
    await time.runUntil(3_600_000);
    expect(seen).toEqual(['first@10', 'second@10', 'late@3600000']);
  });

  it('lets promises finish, however many they are, before the next event of the same moment', async () => {
    const time = createVirtualTime();
    const seen: string[] = [];
    time.schedule(() => {
      void (async () => {
        for (let hop = 0; hop < 100; hop++) await Promise.resolve();
        seen.push('after a hundred promises');
      })();
    }, 5);
    time.schedule(() => seen.push('next event'), 5);
    await time.runUntil(5);
    expect(seen).toEqual(['after a hundred promises', 'next event']);
  });

  it('runs no event that was cancelled, and takes a late or double cancel', async () => {
    const time = createVirtualTime();
    const seen: string[] = [];
    const cancel = time.schedule(() => seen.push('cancelled'), 10);
    const late = time.schedule(() => seen.push('ran'), 5);
    cancel();
    cancel();
    await time.runUntil(20);
    late();
    expect(seen).toEqual(['ran']);
  });

  it('takes a negative delay for none', () => {
    const time = createVirtualTime();
    const seen: number[] = [];
    time.schedule(() => {
      time.schedule(() => seen.push(time.now()), -3);
    }, 10);
    while (time.step(100));
    expect(seen).toEqual([10]);
  });

  it('ends with what an event threw, and with the reason of its signal', async () => {
    const time = createVirtualTime();
    time.schedule(() => {
      throw new Error('broken event');
    }, 1);
    await expect(time.runUntil(2)).rejects.toThrow('broken event');
    await expect(time.runUntil(3, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('never goes back, whatever is scheduled and cancelled when', () => {
    const action = fc.record({ delayMs: fc.integer({ min: 0, max: 50 }), cancels: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 60 }),
        fc.array(action, { maxLength: 60 }),
        (before, during) => {
          const time = createVirtualTime();
          const ran: number[] = [];
          let expected = 0;
          const add = ({ delayMs, cancels }: { delayMs: number; cancels: boolean }, next?: () => void) => {
            const due = time.now() + delayMs;
            const cancel = time.schedule(() => {
              expect(time.now()).toBe(due);
              ran.push(time.now());
              next?.();
            }, delayMs);
            if (cancels) cancel();
            else expected++;
          };
          const later = [...during];
          const addLater = () => {
            const one = later.pop();
            if (one) add(one, addLater);
          };
          for (const one of before) add(one, addLater);
          while (time.step(Infinity));
          expect(ran).toEqual([...ran].sort((one, other) => one - other));
          expect(ran).toHaveLength(expected);
        },
      ),
    );
  });
});
