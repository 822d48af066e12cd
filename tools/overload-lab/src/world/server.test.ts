import { createFakeRandom } from '@nines/testing';
import { describe, expect, it } from 'vitest';
import { createFifoServer, createSheddingServer } from './server.ts';
import type { Condition, ServerOptions } from './server.ts';
import { createVirtualTime } from './virtual-time.ts';

/** -ln(1 - r) is 1 for this r: the request takes exactly the mean. */
const MEAN = 1 - Math.exp(-1);
/** And here 2: twice the mean. */
const TWICE = 1 - Math.exp(-2);

type Script = readonly (readonly [atMs: number, what: string | { become: Condition }])[];

/** Sends named requests at their moments, and notes what comes back when, to a tenth of a millisecond. */
async function play(
  script: Script,
  options: Partial<ServerOptions> & { draws?: readonly number[] },
  create = createFifoServer,
) {
  const time = createVirtualTime();
  const { draws = Array.from(script, () => MEAN), ...rest } = options;
  const random = createFakeRandom(draws);
  const server = create({ time, random, workers: 1, serviceMs: 50, queueLength: 10, ...rest });
  const answers: string[] = [];
  for (const [atMs, what] of script) {
    time.schedule(() => {
      if (typeof what !== 'string') server.become(what.become);
      else
        server.serve((answer) =>
          answers.push(`${what} ${answer} @${String(Math.round(time.now() * 10) / 10)}`),
        );
    }, atMs);
  }
  await time.runUntil(10_000);
  return answers;
}

const THREE: Script = [
  [0, 'a'],
  [10, 'b'],
  [20, 'c'],
];

describe('a server with a queue', () => {
  it('with one worker takes three requests one after the other', async () => {
    // a: 0 to 50. b waits from 10 and is done at 100; c waits from 20 and takes twice as long: 100 to 200.
    expect(await play(THREE, { draws: [MEAN, MEAN, TWICE] })).toEqual(['a ok @50', 'b ok @100', 'c ok @200']);
  });

  it('with two workers takes two at once', async () => {
    // c starts when a is done: 50 to 100.
    expect(await play(THREE, { workers: 2 })).toEqual(['a ok @50', 'b ok @60', 'c ok @100']);
  });

  it('refuses at once what finds the queue full', async () => {
    expect(await play(THREE, { queueLength: 1 })).toEqual(['c refused @20', 'a ok @50', 'b ok @100']);
  });

  it('keeps its order and its length when it has long been in use', async () => {
    const many = Array.from({ length: 30 }, (_, index) => [index * 50 + 1, `r${String(index)}`] as const);
    const expected = many.map(([, name], index) => `${name} ok @${String(index * 50 + 71)}`);
    // One request of 70 ms before (1.4 times the mean) keeps one waiting at any time.
    const draws = [1 - Math.exp(-1.4), ...many.map(() => MEAN)];
    const answers = await play([[0, 'first'], ...many], { draws, queueLength: 2, serviceMs: 50 });
    expect(answers).toEqual([
      'first ok @70',
      ...expected.map((text, index) => text.replace(/@.*/, `@${String(120 + index * 50)}`)),
    ]);
  });
});

describe('a server that hangs', () => {
  it('answers nobody until it is well again, then whom it had begun, then those who waited', async () => {
    const script: Script = [
      [0, 'a'],
      [10, { become: 'hanging' }],
      [20, 'b'],
      [200, { become: 'well' }],
      [210, 'c'],
    ];
    expect(await play(script, {})).toEqual(['a ok @200', 'b ok @250', 'c ok @300']);
  });

  it('uses its idle workers for those who came meanwhile', async () => {
    const script: Script = [
      [0, { become: 'hanging' }],
      [10, 'a'],
      [20, 'b'],
      [30, 'c'],
      [100, { become: 'well' }],
    ];
    expect(await play(script, { workers: 2 })).toEqual(['a ok @150', 'b ok @150', 'c ok @200']);
  });

  it('refuses what finds its queue full', async () => {
    const script: Script = [
      [0, { become: 'hanging' }],
      [10, 'a'],
      [20, 'b'],
    ];
    expect(await play(script, { queueLength: 1 })).toEqual(['b refused @20']);
  });
});

describe('a server that fails', () => {
  it('answers newcomers with an error at once, and finishes what it had begun', async () => {
    const script: Script = [
      [0, 'a'],
      [10, { become: 'failing' }],
      [20, 'b'],
      [30, { become: 'well' }],
      [40, 'c'],
    ];
    expect(await play(script, {})).toEqual(['b error @20', 'a ok @50', 'c ok @100']);
  });
});

describe('a server that sheds', () => {
  it('takes as many as the shedder starts with, and refuses those who waited for a tenth of a second', async () => {
    // 20 permits at first (the shedder's default): the other five wait 100 ms in its queue, and no answer comes before.
    const script = Array.from({ length: 25 }, (_, index) => [0, `r${String(index)}`] as const);
    const answers = await play(script, { workers: 20, serviceMs: 5000 }, createSheddingServer);
    expect(answers.filter((text) => text.includes('shed'))).toHaveLength(5);
    expect(answers.filter((text) => text.includes('ok @5000'))).toHaveLength(20);
  });

  it('passes on the errors of the server behind it as they are', async () => {
    const script: Script = [
      [0, { become: 'failing' }],
      [10, 'a'],
    ];
    expect(await play(script, {}, createSheddingServer)).toEqual(['a error @10']);
  });
});
