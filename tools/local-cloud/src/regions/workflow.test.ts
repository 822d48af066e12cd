import { describe, expect, it } from 'vitest';
import { createVirtualTime, paceOf } from '../../test/virtual-time.ts';
import { callsService, runWorkflow } from './workflow.ts';
import type { Execution, Service } from './workflow.ts';

const task = (call: string, more: Record<string, unknown> = {}) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::aws-sdk:${call}`,
  Arguments: {},
  End: true,
  ...more,
});

interface Started {
  readonly done: Promise<Execution>;
  readonly calls: string[];
  readonly abort: () => void;
  readonly advance: (ms: number) => Promise<void>;
}

function start(definition: Record<string, unknown>, answer: Service = () => ({})): Started {
  const { clock, advance } = createVirtualTime();
  const calls: string[] = [];
  const abort = new AbortController();
  const done = runWorkflow({
    definition,
    service: (call, parameters) => {
      calls.push(`${String(clock.now())} ${call} ${JSON.stringify(parameters)}`);
      return answer(call, parameters);
    },
    pace: paceOf(1000),
    clock,
    signal: abort.signal,
  });
  return {
    done,
    calls,
    abort: () => {
      abort.abort();
    },
    // JSONata and promises take turns of their own between two moments.
    advance: async (ms) => {
      for (let left = ms; left > 0; left -= 1000) {
        await new Promise((resolve) => setImmediate(resolve));
        await advance(Math.min(1000, left));
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Asks, waits ten seconds and asks again until the answer is 3. */
const POLLING = {
  StartAt: 'Ask',
  TimeoutSeconds: 60,
  States: {
    Ask: task('a:ask', {
      End: undefined,
      Output: { ready: '{% $states.result.count %}' },
      Next: 'Enough',
    }),
    Enough: {
      Type: 'Choice',
      Choices: [
        {
          Condition: '{% $states.input.ready >= 3 %}',
          Assign: { found: '{% $states.input.ready %}' },
          Next: 'Tell',
        },
      ],
      Default: 'Wait',
    },
    Wait: { Type: 'Wait', Seconds: 10, Next: 'Ask' },
    Tell: task('a:tell', { Arguments: { found: '{% $found %}' } }),
  },
};

describe('a workflow', () => {
  it('asks again after each wait, chooses by the answer and hands variables on', async () => {
    let count = 0;
    const { done, calls, advance } = start(POLLING, () => ({ count: ++count }));
    await advance(25_000);
    expect(await done).toEqual({ status: 'succeeded' });
    expect(calls).toEqual(['0 a:ask {}', '10000 a:ask {}', '20000 a:ask {}', '20000 a:tell {"found":3}']);
  });

  it('times out when it waits for longer than it allows itself', async () => {
    const { done, advance } = start(POLLING, () => ({ count: 0 }));
    await advance(61_000);
    expect(await done).toEqual({ status: 'timed-out' });
  });

  it('ends where it stands when its region is lost', async () => {
    const { done, calls, advance, abort } = start(POLLING, () => ({ count: 0 }));
    await advance(5_000);
    abort();
    await advance(20_000);
    expect(await done).toEqual({ status: 'aborted' });
    expect(calls).toEqual(['0 a:ask {}']);
  });

  it('runs branches side by side, and a map for each of its items', async () => {
    const wait = (seconds: number, call: string) => ({
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: seconds, Next: 'Call' }, Call: task(call) },
    });
    const each = {
      Type: 'Map',
      Items: ['one', 'two'],
      ItemProcessor: {
        StartAt: 'Call',
        States: { Call: task('a:each', { Arguments: { item: '{% $states.input %}' } }) },
      },
      End: true,
    };
    const { done, calls, advance } = start({
      StartAt: 'Both',
      States: {
        Both: { Type: 'Parallel', Branches: [wait(20, 'a:slow'), wait(10, 'a:fast')], Next: 'Each' },
        Each: each,
      },
    });
    await advance(21_000);
    expect(await done).toEqual({ status: 'succeeded' });
    expect(calls).toEqual([
      '10000 a:fast {}',
      '20000 a:slow {}',
      '20000 a:each {"item":"one"}',
      '20000 a:each {"item":"two"}',
    ]);
  });

  it('tries a call again after growing pauses, and goes on elsewhere when it is caught', async () => {
    const { done, calls, advance } = start(
      {
        StartAt: 'Try',
        States: {
          Try: task('a:try', {
            Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 3, MaxAttempts: 2, BackoffRate: 2 }],
            Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Other' }],
          }),
          Other: task('a:other'),
        },
      },
      (call) => {
        if (call === 'a:try') throw new Error('throttled');
        return {};
      },
    );
    await advance(10_000);
    expect(await done).toEqual({ status: 'succeeded' });
    expect(calls).toEqual(['0 a:try {}', '3000 a:try {}', '9000 a:try {}', '9000 a:other {}']);
  });

  it.each([
    [{ Type: 'Fail', Error: 'region-does-not-write' }, 'region-does-not-write'],
    [
      task('a:call', { Arguments: { nothing: '{% $states.input.unknown %}' } }),
      'States.QueryEvaluationError',
    ],
    [task('a:call'), 'refused'],
  ])('fails with what %j says', async (state, error) => {
    const { done, advance } = start({ StartAt: 'Only', States: { Only: state } }, () => {
      throw new Error('refused');
    });
    await advance(1000);
    expect(await done).toEqual({ status: 'failed', error });
  });

  it('is known by the calls that it makes', () => {
    expect(callsService(POLLING, 'a:ask')).toBe(true);
    expect(callsService(POLLING, 'a:as')).toBe(false);
  });
});
