import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pipeline } from './pipeline.ts';
import type { CallContext, Fn, Policy } from './pipeline.ts';

/** Lets every promise that can settle do so. */
const settle = async () => {
  for (let turn = 0; turn < 30; turn++) await null;
};

/** A policy that writes down when it is entered and left. */
const traced =
  (name: string, trace: string[]): Policy =>
  async (fn, context) => {
    trace.push(`${name} in`);
    try {
      return await fn(context);
    } finally {
      trace.push(`${name} out`);
    }
  };

/** The same, as a policy that only watches and needs no promise (a circuit breaker is one). */
const watching = (name: string, trace: string[]) =>
  Object.assign(traced(name, trace), {
    enter: () => {
      trace.push(`${name} in`);
      return () => {
        trace.push(`${name} out`);
      };
    },
  });

interface Caller {
  settle(ok: boolean, value: unknown): void;
}

/** The same, as a policy that gives the call a context of its own and needs no promise (a timeout is one). */
const timing = (name: string, trace: string[], deadline?: number) =>
  Object.assign(traced(name, trace), {
    start: (context: CallContext | undefined, caller: Caller): CallContext & Caller => {
      trace.push(`${name} in`);
      return {
        signal: context?.signal,
        deadline: deadline ?? context?.deadline,
        settle: (ok, value) => {
          trace.push(`${name} out`);
          caller.settle(ok, value);
        },
      };
    },
  });

/** A policy that makes up to `attempts` attempts, and is paid for each call that goes well at once. */
const retrying = (attempts: number) => {
  const policy: Policy = async (fn, context) => {
    for (let attempt = 1; ; attempt++) {
      context.signal?.throwIfAborted();
      try {
        return await fn(context);
      } catch (error) {
        if (attempt === attempts) throw error;
      }
    }
  };
  const paid = { times: 0 };
  return Object.assign(policy, { paid, budget: { put: () => void paid.times++ } });
};

/** Counts the abort listeners that a signal has. */
const countListeners = (signal: AbortSignal) => {
  const listeners = { now: 0 };
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = (...all: Parameters<typeof add>) => (listeners.now++, add.apply(signal, all));
  signal.removeEventListener = (...all: Parameters<typeof remove>) => (
    listeners.now--,
    remove.apply(signal, all)
  );
  return listeners;
};

const failing = (message: string): Fn<never> => {
  return () => Promise.reject(new Error(message));
};

describe('the order', () => {
  test('is outermost first on the way in, and innermost first on the way out', async () => {
    const trace: string[] = [];
    const call = pipeline(traced('a', trace), traced('b', trace), traced('c', trace));
    await call(() => trace.push('fn'));
    expect(trace).toEqual(['a in', 'b in', 'c in', 'fn', 'c out', 'b out', 'a out']);
  });

  test('holds for every mix of plain, watching and timing policies, whether the call goes well or not', async () => {
    const kind = fc.constantFrom(traced, watching, timing);
    await fc.assert(
      fc.asyncProperty(
        fc.array(kind, { maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
        async (kinds, good, retry) => {
          const trace: string[] = [];
          const layers = kinds.map((make, index) => make(String(index), trace));
          const call = retry ? pipeline(retrying(1), ...layers) : pipeline(...layers);
          const result = await call.try(() => {
            trace.push('fn');
            if (!good) throw new Error('bad');
            return 7;
          });
          const names = kinds.map((_, index) => String(index));
          expect(trace).toEqual([
            ...names.map((name) => `${name} in`),
            'fn',
            ...names.reverse().map((name) => `${name} out`),
          ]);
          expect(result).toEqual(good ? { ok: true, value: 7 } : { ok: false, error: new Error('bad') });
        },
      ),
      { numRuns: 200 },
    );
  });

  test('sends each attempt of an outer retry through all that is inside it, and none twice', async () => {
    const trace: string[] = [];
    const call = pipeline(retrying(3), watching('breaker', trace), traced('bulkhead', trace));
    let attempts = 0;
    const value = await call(() => {
      trace.push('fn');
      if (++attempts < 3) throw new Error('not yet');
      return attempts;
    });
    const one = ['breaker in', 'bulkhead in', 'fn', 'bulkhead out', 'breaker out'];
    expect(value).toBe(3);
    expect(trace).toEqual([...one, ...one, ...one]);
  });

  test('lets a policy outside the retry see one call, where the retry makes three', async () => {
    const trace: string[] = [];
    const call = pipeline(watching('breaker', trace), retrying(3), traced('bulkhead', trace));
    await call.try(failing('away'));
    expect(trace.filter((entry) => entry === 'breaker in')).toHaveLength(1);
    expect(trace.filter((entry) => entry === 'bulkhead in')).toHaveLength(3);
  });

  test('takes a pipeline as a policy of another', async () => {
    const trace: string[] = [];
    const inner = pipeline(traced('b', trace), traced('c', trace));
    await expect(pipeline(traced('a', trace), inner)(() => 7)).resolves.toBe(7);
    expect(trace).toEqual(['a in', 'b in', 'c in', 'c out', 'b out', 'a out']);
  });

  test('keeps no state between calls that run at the same time', async () => {
    const call = pipeline(retrying(2), watching('a', []), timing('b', []));
    const calls = Array.from({ length: 50 }, (_, index) =>
      call(async () => {
        await null;
        return index;
      }),
    );
    await expect(Promise.all(calls)).resolves.toEqual(Array.from({ length: 50 }, (_, index) => index));
  });
});

describe('a policy', () => {
  test('that refuses keeps all that is inside it from being called', async () => {
    const trace: string[] = [];
    const refuse: Policy = () => Promise.reject(new Error('full'));
    await expect(pipeline(refuse, traced('b', trace))(() => trace.push('fn'))).rejects.toThrow('full');
    expect(trace).toEqual([]);
  });

  test.each(['outermost', 'inside another'])('that watches, %s, refuses by an error', async (place) => {
    const trace: string[] = [];
    const refuse = Object.assign(traced('breaker', trace), { enter: () => new Error('open') });
    const call = place === 'outermost' ? pipeline(refuse) : pipeline(traced('a', []), refuse);
    await expect(call(() => trace.push('fn'))).rejects.toThrow('open');
    expect(trace).toEqual([]);
  });

  test('that watches hears how the call ended, and why', async () => {
    const heard: unknown[] = [];
    const watcher = Object.assign(traced('breaker', []), {
      enter: () => (ok: boolean, value?: unknown) => heard.push([ok, value]),
    });
    for (const call of [pipeline(watcher), pipeline(traced('a', []), watcher)]) {
      await call(() => 7);
      await call.try(failing('away'));
    }
    const each = [
      [true, 7],
      [false, new Error('away')],
    ];
    expect(heard).toEqual([...each, ...each]);
  });

  test('may answer in the place of the function', async () => {
    const fallback: Policy = async <T>(fn: Fn<T>, context: CallContext) => {
      try {
        return await fn(context);
      } catch {
        return 'last known' as T;
      }
    };
    await expect(pipeline(fallback, retrying(2))(failing('away'))).resolves.toBe('last known');
  });

  test('with a budget is paid once for each call that goes well at the first attempt, and for no other', async () => {
    const retry = retrying(2);
    const call = pipeline(retry, watching('breaker', []));
    await call(() => 1);
    await call(() => 2);
    expect(retry.paid.times).toBe(2);
    await call.try(failing('away'));
    expect(retry.paid.times).toBe(2);
  });

  test('that throws at once, and not by its promise, is a failed call and leaves no listener', async () => {
    const broken: Policy = () => {
      throw new Error('broken');
    };
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    await expect(pipeline(broken)(() => 1, { signal })).rejects.toThrow('broken');
    await expect(pipeline(broken).try(() => 1, { signal })).resolves.toMatchObject({
      ok: false,
      error: { message: 'broken' },
    });
    expect(listeners.now).toBe(0);
  });
});

test('a retry that is no async function may throw at once', async () => {
  const error = new Error('away');
  const once: Policy = (fn, context) => Promise.resolve(fn(context));
  const retry = Object.assign(once, { budget: { put: () => undefined } });
  expect(await pipeline(retry).try(() => Promise.reject(error))).toEqual({ ok: false, error });
});

describe('a policy whose callback throws', () => {
  const bug = new TypeError('no such field');
  const throwing = () => {
    throw bug;
  };

  test.each([
    ['enter', 'outermost', { enter: throwing }],
    ['enter', 'inside', { enter: throwing }],
    ['start', 'outermost', { start: throwing }],
    ['start', 'inside', { start: throwing }],
    ['the function that enter gave', 'outermost', { enter: () => throwing }],
    ['the function that enter gave', 'inside', { enter: () => throwing }],
  ])('in %s, %s, fails its call, and those around it hear of it once', async (_what, place, shortcut) => {
    const policy = Object.assign(traced('b', []), shortcut);
    const heard: unknown[] = [];
    const outside = Object.assign(traced('a', []), {
      enter: () => (ok: boolean, value?: unknown) => heard.push([ok, value]),
    });
    const call = place === 'outermost' ? pipeline(policy) : pipeline(outside, policy);
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    await expect(call(() => 7, { signal })).rejects.toBe(bug);
    await expect(call.try(failing('away'), { signal })).resolves.toEqual({ ok: false, error: bug });
    expect(heard).toEqual(
      place === 'outermost'
        ? []
        : [
            [false, bug],
            [false, bug],
          ],
    );
    expect(listeners.now).toBe(0);
  });

  test('may be called again by the retry outside it', async () => {
    let times = 0;
    const unlucky = Object.assign(traced('b', []), {
      enter: () => {
        if (++times < 3) throw bug;
        return () => undefined;
      },
    });
    await expect(pipeline(retrying(3), unlucky)(() => 7)).resolves.toBe(7);
  });

  test('in what pays a retry, fails the call too', async () => {
    const retry = Object.assign(retrying(1), { budget: { put: throwing } });
    await expect(pipeline(retry)(() => 7)).rejects.toBe(bug);
  });
});

describe('a call', () => {
  test('gives what the function gives, now or later, when there are no policies', async () => {
    await expect(pipeline()(() => 7)).resolves.toBe(7);
    await expect(pipeline()(() => Promise.resolve(7))).resolves.toBe(7);
  });

  test('passes on what the function throws, at once or later, unchanged', async () => {
    const error = new Error('boom');
    const call = pipeline(traced('a', []), watching('b', []));
    const atOnce = () => {
      throw error;
    };
    await expect(call(atOnce)).rejects.toBe(error);
    await expect(call(() => Promise.reject(error))).rejects.toBe(error);
  });

  test('gives its outcome as a typed value with try', async () => {
    const call = pipeline(traced('a', []));
    const good = await call.try(() => 7);
    // The value has the type of the function's, which the addition needs.
    expect(good.ok && good.value + 1).toBe(8);
    const bad = await call.try(failing('boom'));
    expect(bad).toEqual({ ok: false, error: new Error('boom') });
    expect(Object.keys(good)).toEqual(['ok', 'value']);
    expect(Object.keys(bad)).toEqual(['ok', 'error']);
  });

  test('gives undefined as a good value', async () => {
    await expect(pipeline().try(() => undefined)).resolves.toEqual({ ok: true, value: undefined });
  });
});

describe('the context', () => {
  test('of the caller comes to the function through every policy', async () => {
    const { signal } = new AbortController();
    const given = { signal, deadline: 5000, idempotent: true, priority: 'critical' } as const;
    const call = pipeline(retrying(2), watching('a', []), traced('b', []));
    const seen = await call((context) => context, given);
    expect(seen.signal).toBe(signal);
    expect([seen.deadline, seen.idempotent, seen.priority]).toEqual([5000, true, 'critical']);
  });

  test('is empty when the caller gives none, and the very one that the caller gives', async () => {
    const call = pipeline(retrying(2), watching('a', []), traced('b', []));
    expect(await call((context) => context)).toEqual({});
    const given = { deadline: 5000, tenant: 'blue' };
    expect(await call((context) => context, given)).toBe(given);
    expect(await call.try((context) => context, given)).toEqual({ ok: true, value: given });
  });

  test('is narrowed by a policy for what is inside it, and for nothing else', async () => {
    const seen: unknown[] = [];
    const note: Policy = async (fn, context) => {
      seen.push(context.deadline);
      return fn(context);
    };
    await pipeline(
      note,
      timing('timeout', [], 800),
      note,
    )((context) => seen.push(context.deadline), { deadline: 5000 });
    expect(seen).toEqual([5000, 800, 800]);
  });

  test('takes the signal that a policy puts in the place of the caller', async () => {
    const controller = new AbortController();
    const own: Policy = (fn, { deadline }) => {
      return Promise.resolve(fn({ deadline, signal: controller.signal }));
    };
    await pipeline(own, watching('b', []))(
      ({ signal, deadline }: CallContext) => {
        controller.abort();
        expect([signal?.aborted, deadline]).toEqual([true, 5000]);
      },
      { deadline: 5000 },
    );
  });

  test('carries what a policy adds, such as the number of the attempt', async () => {
    const attempts: unknown[] = [];
    const counting: Policy = async (fn, { signal }) => {
      for (let attempt = 1; ; attempt++) {
        try {
          const own = { signal, attempt };
          return await fn(own);
        } catch (error) {
          if (attempt === 3) throw error;
        }
      }
    };
    await pipeline(counting, watching('breaker', [])).try((context: CallContext & { attempt?: number }) => {
      attempts.push(context.attempt);
      throw new Error('again');
    });
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('carries what the caller adds, such as the number of the attempt', async () => {
    const given = { deadline: 5000, attempt: 2 };
    await pipeline(traced('a', []))((context: CallContext & { attempt?: number }) => {
      expect(context.attempt).toBe(2);
    }, given);
  });

  test('still has its signal when a policy narrows it by a copy', async () => {
    const { signal } = new AbortController();
    const copying: Policy = (fn, context) => Promise.resolve(fn({ ...context, deadline: 800 }));
    await pipeline(copying)(
      (context: CallContext) => {
        expect(context.deadline).toBe(800);
        expect(context.signal).toBe(signal);
      },
      { signal },
    );
  });
});

describe('an abort', () => {
  const forever = () => new Promise<never>(() => undefined);

  test('settles a call at once, whatever the function does with the signal', async () => {
    const controller = new AbortController();
    const call = pipeline(retrying(3), traced('a', []));
    const plain = call(forever, { signal: controller.signal });
    const asValue = call.try(forever, { signal: controller.signal });
    const reason = new Error('gone');
    controller.abort(reason);
    await expect(plain).rejects.toBe(reason);
    await expect(asValue).resolves.toEqual({ ok: false, error: reason });
  });

  test('during the first attempt keeps the retry from making another when that fails later', async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<never>();
    let calls = 0;
    const again: Policy = () => {
      calls++;
      return Promise.reject(new Error('called'));
    };
    const retry = Object.assign(again, { budget: { put: () => undefined } });
    const result = pipeline(retry).try(() => work.promise, { signal: controller.signal });
    controller.abort();
    await result;
    work.reject(new Error('away'));
    await settle();
    expect(calls).toBe(0);
  });

  test('that came before the call keeps every policy and the function from being called', async () => {
    const trace: string[] = [];
    const call = pipeline(watching('a', trace), traced('b', trace));
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(call(() => trace.push('fn'), { signal })).rejects.toThrow('gone');
    await expect(call.try(() => trace.push('fn'), { signal })).resolves.toMatchObject({ ok: false });
    expect(trace).toEqual([]);
  });

  test('is seen by the function', async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const call = pipeline(watching('a', []), traced('b', []));
    const result = call.try(({ signal }) => ((seen = signal), forever()), { signal: controller.signal });
    expect(seen?.aborted).toBe(false);
    controller.abort();
    expect(seen?.aborted).toBe(true);
    await result;
  });

  test('leaves the policies inside until the work has really ended', async () => {
    const trace: string[] = [];
    const controller = new AbortController();
    const work = Promise.withResolvers<number>();
    const call = pipeline(watching('breaker', trace), traced('bulkhead', trace));
    const result = call.try(() => work.promise, { signal: controller.signal });
    controller.abort();
    expect(await result).toMatchObject({ ok: false });
    expect(trace).toEqual(['breaker in', 'bulkhead in']);
    work.resolve(1);
    await settle();
    expect(trace).toEqual(['breaker in', 'bulkhead in', 'bulkhead out', 'breaker out']);
  });

  test('after which the first attempt fails is followed by no second one', async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<number>();
    let attempts = 0;
    const call = pipeline(retrying(3), watching('a', []));
    const result = call.try(() => (attempts++, work.promise), { signal: controller.signal });
    controller.abort();
    await result;
    work.reject(new Error('late'));
    await settle();
    expect(attempts).toBe(1);
  });

  test('leaves no listener behind on a shared signal, however the calls end', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = countListeners(signal);
    const call = pipeline(retrying(2), watching('a', []), traced('b', []));
    const calls = [call(() => 1, { signal }), call.try(failing('away'), { signal })];
    expect(listeners.now).toBe(2);
    await Promise.all(calls);
    expect(listeners.now).toBe(0);
    const gone = call.try(forever, { signal });
    expect(listeners.now).toBe(1);
    controller.abort();
    await gone;
    expect(listeners.now).toBe(0);
  });
});
