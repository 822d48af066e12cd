import { describe, expect, it } from 'vitest';
import { createVirtualTime, paceOf } from '../test/virtual-time.ts';
import type { Instance } from './instance.ts';
import { awaitWhole } from './whole.ts';

const NEVER = (signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal?.addEventListener('abort', () => {
      resolve();
    });
  });
const instances = [{ id: 'instance-1', lastOutput: 'no database' }] as unknown as readonly Instance[];
const FULL = paceOf(1000);

function waitFor(settle: (signal?: AbortSignal) => Promise<void>, signal = new AbortController().signal) {
  const { clock, advance } = createVirtualTime();
  let outcome = 'waiting';
  awaitWhole({ settle, instances }, { pace: FULL, clock, signal }).then(
    () => (outcome = 'resolved'),
    (error: unknown) => (outcome = String(error)),
  );
  return { advance, outcome: () => outcome };
}

describe('waiting for a topology to be whole', () => {
  it('ends when it is', async () => {
    const { advance, outcome } = waitFor(() => Promise.resolve());
    await advance(0);
    expect(outcome()).toBe('resolved');
  });

  it('fails after 400 s of AWS and a minute, and shows what the instances said', async () => {
    const { advance, outcome } = waitFor(NEVER);
    await advance(459_999);
    expect(outcome()).toBe('waiting');
    await advance(1);
    expect(outcome()).toContain('was not whole within 460 s');
    expect(outcome()).toContain('instance-1: no database');
  });

  it('ends without an error when the user ends it', async () => {
    const interruption = new AbortController();
    const { advance, outcome } = waitFor(NEVER, interruption.signal);
    await advance(1000);
    interruption.abort();
    await advance(0);
    expect(outcome()).toBe('resolved');
  });
});
